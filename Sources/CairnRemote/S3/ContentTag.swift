import CairnCore
import CairnSystem

/// What a service is told of a body, and what it should tell of it afterwards.
struct ContentTag: Sendable {
    /// The MD5 of the bytes.
    let md5: Digest
    /// Their SHA-256.
    let sha256: Digest

    private static let pieceSize = 256 << 10

    /// Reads a body once.
    ///
    /// - Throws: `RemoteError` if it cannot be read, with `.truncated` for a file that ends too soon.
    init(_ body: HTTPRequest.Body, _ key: String) throws(RemoteError) {
        switch body {
        case .none: (md5, sha256) = (MD5.digest(of: []), SHA256.digest(of: []))
        case .bytes(let bytes): (md5, sha256) = (MD5.digest(of: bytes), SHA256.digest(of: bytes))
        case .file(let path, let range): (md5, sha256) = try Self.digests(path, range, key)
        }
    }

    /// The entity tag that a service gives these bytes if its tags are digests, without quotes.
    var entityTag: String { md5.hex }

    private static func digests(
        _ path: FilePath, _ range: Range<Int64>, _ key: String
    ) throws(RemoteError) -> (Digest, Digest) {
        let file = try system(key) { () throws(SystemError) in try OpenFile(reading: path) }
        var md5 = MD5()
        var sha256 = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<Int(min(Int64(pieceSize), range.upperBound - offset))])
            let count = try system(key) { () throws(SystemError) in
                try Interruption.check()
                return try file.read(into: piece, at: offset)
            }
            guard count == piece.count else { throw RemoteError(.truncated, key) }
            md5.update(UnsafeRawBufferPointer(piece))
            sha256.update(UnsafeRawBufferPointer(piece))
            offset += Int64(count)
        }
        return (md5.finish(), sha256.finish())
    }

    /// A digest as the header Content-MD5 has it; RFC 4648, 4.
    static func base64(_ digest: Digest) -> String {
        let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = digest.bytes
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                result.append(
                    place <= group.count ? signs[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
