/// Where a service answers: `https://host:port/path`.
struct S3Endpoint: Hashable, Sendable {
    /// `http` or `https`.
    let scheme: String
    /// The host, an IPv6 address in its brackets.
    let host: String
    /// A colon and the port, or nothing.
    let port: String
    /// What stands before bucket and key: empty, or beginning with a "/" and not ending in one.
    let path: String

    /// Reads an endpoint as a user writes it.
    ///
    /// - Returns: `nil` for what is none. What holds a user's name or a query is none.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && !"@?#\\\"<>".utf8.contains($0) }),
            let mark = bytes.firstRange(of: Array("://".utf8))
        else { return nil }
        scheme = Self.text(bytes[..<mark.lowerBound]).lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = bytes[mark.upperBound...]
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let authority = rest[..<slash]
        let isBracketed = authority.first == UInt8(ascii: "[")
        let hostEnd =
            isBracketed
            ? authority.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 }
            : authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        guard let hostEnd, hostEnd > authority.startIndex else { return nil }
        host = Self.text(authority[..<hostEnd]).lowercased()
        port = Self.text(authority[hostEnd...])
        guard Self.isHost(host), port.isEmpty || Self.isPort(port) else { return nil }
        let end = rest.lastIndex { $0 != UInt8(ascii: "/") } ?? rest.startIndex
        path = end >= slash ? Self.text(rest[slash...end]) : ""
    }

    /// One of Amazon's.
    init(service: String = "s3", region: String, usesTLS: Bool = true) {
        scheme = usesTLS ? "https" : "http"
        host = "\(service).\(region).\(Self.domain(of: region))"
        port = ""
        path = ""
    }

    /// True for an address in numbers, before which no name of a bucket can stand.
    var isAddress: Bool {
        host.utf8.first == UInt8(ascii: "[")
            || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }

    /// The region in the name of one of Amazon's usual endpoints, empty for the one without any; `nil` for all others.
    var amazonRegion: String? {
        guard port.isEmpty, path.isEmpty else { return nil }
        if host == "s3.amazonaws.com" { return "" }
        let parts = host.utf8.split(separator: UInt8(ascii: "."), maxSplits: 2).map { Self.text($0) }
        guard parts.count == 3, parts[0] == "s3", parts[2] == Self.domain(of: parts[1]) else { return nil }
        return parts[1]
    }

    /// True if a service may send us from this endpoint to that one: somewhere below the same domain, and not from TLS to none.
    func mayLead(to other: S3Endpoint) -> Bool {
        func domain(_ host: String) -> [Substring] {
            Array(host.split(separator: ".", omittingEmptySubsequences: false).suffix(2))
        }
        guard scheme == other.scheme || other.scheme == "https" else { return false }
        if isAddress || other.isAddress || domain(host).count < 2 { return host == other.host }
        return domain(host) == domain(other.host)
    }

    private static func domain(of region: String) -> String {
        switch region.split(separator: "-").prefix(2).joined(separator: "-") {
        case let start where start.hasPrefix("cn-"): "amazonaws.com.cn"
        case "us-iso": "c2s.ic.gov"
        case "us-isob": "sc2s.sgov.gov"
        case "us-isof", "eu-isoe": region.hasPrefix("eu-") ? "cloud.adc-e.uk" : "csp.hci.ic.gov"
        default: "amazonaws.com"
        }
    }

    private static func isHost(_ host: String) -> Bool {
        if host.utf8.first == UInt8(ascii: "[") {
            return host.utf8.count > 3
                && host.utf8.dropFirst().dropLast().allSatisfy { isHexDigit($0) || ":.%".utf8.contains($0) }
        }
        return host.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || "-._".utf8.contains($0)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isPort(_ text: String) -> Bool {
        guard let number = UInt16(text.dropFirst()), number > 0 else { return false }
        return text.utf8.first == UInt8(ascii: ":")
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension S3Endpoint: CustomStringConvertible {
    /// As a user writes it.
    var description: String { "\(scheme)://\(host)\(port)\(path)" }
}
