internal import CLibCurl

extension RemoteError {
    /// What the end of a transfer means; https://curl.se/libcurl/c/libcurl-errors.html
    init(_ code: CURLcode, _ easy: CurlEasy, _ request: HTTPRequest) {
        let host = request.host
        let reason: Reason =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .unreachable("the name of \(host) is not known")
            case CURLE_COULDNT_RESOLVE_PROXY: .unreachable("the name of the proxy for \(host) is not known")
            case CURLE_COULDNT_CONNECT: .unreachable(Self.nobody(at: host, easy.failureWords))
            case CURLE_OPERATION_TIMEDOUT:
                cairn_curl_number(easy.raw, CURLINFO_PRETRANSFER_TIME_T) == 0
                    ? .unreachable("no connection to \(host) was made in time")
                    : .temporary("\(host) has stopped answering")
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                .untrusted("\(host): \(Self.shown(easy.failureWords))")
            case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE:
                .untrusted("\(host): the certificates of the authorities cannot be read")
            case CURLE_SSL_CONNECT_ERROR:
                .unreachable("no secure connection to \(host): \(Self.shown(easy.failureWords))")
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
                .unusable("what \(host) answers is not HTTP")
            case CURLE_URL_MALFORMAT: .unusable("the URL is not one for HTTP")
            case CURLE_LOGIN_DENIED: .unusable("the URL has a user in it")
            case CURLE_OUT_OF_MEMORY: .io(.noMemory)
            case CURLE_RECV_ERROR, CURLE_PROXY: Self.proxyRefusal(easy, host) ?? .temporary(Self.broken(host))
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2, CURLE_HTTP2_STREAM:
                .temporary(Self.broken(host))
            case CURLE_PARTIAL_FILE: .temporary("\(host) sent less than it said")
            default: .temporary("\(host): \(String(cString: cairn_curl_easy_words(code)))")
            }
        self.init(reason)
    }

    private static func broken(_ host: String) -> String { "the connection to \(host) was broken" }

    /// Words for a connection that was refused: by the host, or by a proxy, of which libcurl speaks then.
    private static func nobody(at host: String, _ words: String) -> String {
        let name = String(decoding: host.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        return words.isEmpty || words.contains(name)
            ? "nothing answers at \(host)" : "the proxy for \(host) does not answer"
    }

    /// What a proxy that does not let a secure connection through means.
    private static func proxyRefusal(_ easy: CurlEasy, _ host: String) -> Reason? {
        let status = cairn_curl_number(easy.raw, CURLINFO_HTTP_CONNECTCODE)
        guard status >= 300 else { return nil }
        let words = "the proxy for \(host) answers with status \(status)"
        return status >= 500 ? .temporary(words) : .unusable(words)
    }

    /// A text as it may be shown.
    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}

extension HTTPRequest {
    /// The machine that is asked, with its port where the URL has one; nothing else of the URL, which may hold a secret.
    var host: String {
        guard let start = url.utf8.firstRange(of: "://".utf8)?.upperBound else { return "" }
        let authority = url.utf8[start...].prefix { !"/?#".utf8.contains($0) }
        let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[authority.index(after: $0)...] }
        return String(decoding: host ?? authority, as: UTF8.self)
    }
}
