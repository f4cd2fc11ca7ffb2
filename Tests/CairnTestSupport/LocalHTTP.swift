import Glibc

/// Requests to servers of this machine, over a socket: no library and no setting of the environment has a part in it.
public enum LocalHTTP {
    /// Sends one request and reads the answer.
    ///
    /// - Parameters:
    ///   - url: as `http://127.0.0.1:8000/path`.
    ///   - target: what is asked for in place of the path, as one asks a proxy.
    /// - Returns: the status and the body.
    /// - Throws: `SupportError` when nobody answers.
    public static func send(_ method: String, _ url: String, target: String? = nil, body: [UInt8] = []) throws
        -> (Int, [UInt8])
    {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, let colon = parts[2].lastIndex(of: ":"),
            let port = UInt16(parts[2][parts[2].index(after: colon)...])
        else { throw SupportError("no address: \(url)") }
        let path = target ?? (parts.count > 3 ? "/\(parts[3])" : "/")
        let head =
            "\(method) \(path) HTTP/1.0\r\nHost: \(parts[2])\r\nContent-Length: \(body.count)\r\n\r\n"
        let answer = try exchange(port, Array(head.utf8) + body)
        let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
        let first = String(decoding: answer.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
        guard let end, first.count > 1, let status = Int(first[1]) else {
            throw SupportError("\(url): no answer")
        }
        return (status, Array(answer[end.upperBound...]))
    }

    /// Whether somebody accepts connections at a port.
    public static func isOpen(_ port: UInt16) -> Bool {
        guard let file = try? connected(port) else { return false }
        close(file)
        return true
    }

    private static func exchange(_ port: UInt16, _ request: [UInt8]) throws -> [UInt8] {
        let file = try connected(port)
        defer { close(file) }
        var rest = request[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SupportError("port \(port): \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
        return try Files.readAll(file, "port \(port)")
    }

    private static func connected(_ port: UInt16) throws -> Int32 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            defer { close(file) }
            throw SupportError("port \(port): \(String(cString: strerror(errno)))")
        }
        return file
    }
}
