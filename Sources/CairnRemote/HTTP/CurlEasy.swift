internal import CLibCurl
import CairnSystem

/// A handle of libcurl's for one transfer at a time.
///
/// https://curl.se/libcurl/c/curl_easy_setopt.html
final class CurlEasy {
    /// Bodies of more than this get large buffers, and ask for leave before they are sent.
    static let largeBody: Int64 = 1 << 20
    private static let largeBuffer = 512 << 10

    let raw: UnsafeMutableRawPointer
    private let words: UnsafeMutablePointer<CChar>
    private var lines: UnsafeMutablePointer<curl_slist>?
    private var failure = CURLE_OK

    /// Makes a handle; `nil` if there is no memory.
    init?() {
        guard let raw = cairn_curl_easy() else { return nil }
        self.raw = raw
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        cairn_curl_easy_end(raw)
        cairn_curl_list_end(lines)
        words.deallocate()
    }

    /// What libcurl says of a failure; it may name hosts, and whom a certificate is for.
    var failureWords: String { String(cString: words) }

    /// Makes the handle ready for a transfer, which has to live as long as that lasts.
    ///
    /// - Parameters:
    ///   - bytesPerSecond: what all transfers together keep to.
    ///   - asksLeave: whether a large body waits for the server to want it.
    /// - Returns: `CURLE_OK`, or why it cannot be.
    func prepare(
        _ transfer: CurlTransfer, _ settings: HTTPSettings, bytesPerSecond: Double?, asksLeave: Bool
    ) -> CURLcode {
        failure = CURLE_OK
        words.pointee = 0
        let request = transfer.request
        note(cairn_curl_fence(raw))
        note(cairn_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, words))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_URL, request.url)
        // Names of objects may look like steps through folders.
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        set(CURLOPT_USERAGENT, "cairn")
        setVersion(isSecure: request.url.utf8.starts(with: "https:".utf8))
        setTimeouts(settings, bytesPerSecond)
        if bytesPerSecond ?? .infinity >= TransferRate.fast { setBuffers(request) }
        setTrust(settings.trust)
        if let login = request.login { setLogin(login) }
        setMethod(request)
        setHeaders(request.headers, asksLeave: asksLeave)
        transfer.attach(to: self)
        return failure
    }

    /// Forgets the transfer.
    func reset() {
        cairn_curl_easy_reset(raw)
        cairn_curl_list_end(lines)
        lines = nil
    }

    func set(_ option: CURLoption, _ value: Int) { note(cairn_curl_set_long(raw, option, value)) }

    func set(_ option: CURLoption, _ text: String?) { note(cairn_curl_set_text(raw, option, text)) }

    private func set(_ option: CURLoption, bytes count: Int64) {
        note(cairn_curl_set_offset(raw, option, count))
    }

    private func note(_ code: CURLcode) {
        if failure == CURLE_OK { failure = code }
    }

    private func setVersion(isSecure: Bool) {
        // A library without HTTP/2 does not know these, and does well without.
        _ = cairn_curl_set_long(raw, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // Wait whether a connection that is being made can take many requests; in clear none does.
        if isSecure { _ = cairn_curl_set_long(raw, CURLOPT_PIPEWAIT, 1) }
    }

    private func setTimeouts(_ settings: HTTPSettings, _ bytesPerSecond: Double?) {
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, settings.connectTimeout.milliseconds))
        if !settings.usesProxies { set(CURLOPT_NOPROXY, "*") }
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        // Who waits for his turn does not stall.
        let turn = bytesPerSecond.map {
            TransferRate.longestTurn($0, transfers: settings.requestsAtATime)
        }
        let patience = max(settings.stallTimeout, turn ?? .zero)
        set(CURLOPT_LOW_SPEED_TIME, min(1 << 20, max(1, patience.milliseconds / 1000)))
    }

    private func setTrust(_ trust: HTTPSettings.Trust) {
        switch trust {
        case .system: break
        case .authorities(let path):
            // These and no others: what the library came with is put away.
            let isFolder = (try? path.status())?.kind == .folder
            set(CURLOPT_CAINFO, isFolder ? nil : path.string)
            set(CURLOPT_CAPATH, isFolder ? path.string : nil)
        case .everybody:
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    private func setLogin(_ login: HTTPLogin) {
        // CURLAUTH_BASIC and CURLAUTH_DIGEST are macros that Swift does not see.
        set(CURLOPT_HTTPAUTH, login.method == .digest ? 2 : 1)
        set(CURLOPT_USERNAME, login.user)
        set(CURLOPT_PASSWORD, login.password)
    }

    private func setMethod(_ request: HTTPRequest) {
        switch (request.method, request.body) {
        case (.get, .none): set(CURLOPT_HTTPGET, 1)
        case (.head, _): set(CURLOPT_NOBODY, 1)
        case (.delete, .none): set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        default:
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            set(CURLOPT_INFILESIZE_LARGE, bytes: request.body.count)
        }
    }

    private func setBuffers(_ request: HTTPRequest) {
        // A handle that still has the buffer of a transfer that failed refuses another size, and does well with the one that it has.
        if request.body.count > Self.largeBody {
            _ = cairn_curl_set_long(raw, CURLOPT_UPLOAD_BUFFERSIZE, Self.largeBuffer)
        }
        if request.limit > Self.largeBody {
            _ = cairn_curl_set_long(raw, CURLOPT_BUFFERSIZE, Self.largeBuffer)
        }
    }

    private func setHeaders(_ headers: HTTPHeaders, asksLeave: Bool) {
        for field in headers.fields {
            // Without a value and with a colon it would be left out.
            add(line: field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        if !asksLeave { add(line: "Expect:") }
        note(cairn_curl_set_list(raw, CURLOPT_HTTPHEADER, lines))
    }

    private func add(line: String) {
        guard let longer = cairn_curl_list_add(lines, line) else { return note(CURLE_OUT_OF_MEMORY) }
        lines = longer
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int {
        Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
