import CairnCore
import CairnSystem

/// What a service is told of a body, and what it should tell of it afterwards.
struct ContentTag: Sendable {
    /// The MD5 of the bytes.
    let md5: Digest
    /// Their SHA-256.
    let sha256: Digest

    private static let pieceSize = 256 << 10
    /// So much is read of each of several parts at a time.
    private static let stripeSize = 64 << 10

    private init(md5: Digest, sha256: Digest) {
        self.md5 = md5
        self.sha256 = sha256
    }

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

    /// Reads several parts of a body, each once and all side by side: MD5 is made of many streams at a time several times as fast.
    ///
    /// - Parameter ranges: parts of the body, best of one length.
    /// - Throws: `RemoteError` if it cannot be read, with `.truncated` for a file that ends too soon.
    static func tags(
        of body: HTTPRequest.Body, _ ranges: [Range<Int64>], _ key: String
    ) throws(RemoteError) -> [ContentTag] {
        guard case .file(let path, let whole) = body, ranges.count > 1 else {
            var tags: [ContentTag] = []
            for range in ranges { tags.append(try ContentTag(body.part(range), key)) }
            return tags
        }
        let file = try system(key) { () throws(SystemError) in try OpenFile(reading: path) }
        var md5 = Array(repeating: MD5(), count: ranges.count)
        let sha256 = ranges.map { _ in RunningSHA256() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: stripeSize * ranges.count, alignment: 64)
        defer { buffer.deallocate() }
        func read(_ part: Int, at offset: Int64, _ count: Int) throws(RemoteError) -> UnsafeRawBufferPointer {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer[(part * stripeSize)...][..<(part * stripeSize + count)])
            let start = whole.lowerBound + ranges[part].lowerBound + offset
            let found = try system(key) { () throws(SystemError) in
                try Interruption.check()
                return try file.read(into: piece, at: start)
            }
            guard found == count else { throw RemoteError(.truncated, key) }
            sha256[part].update(UnsafeRawBufferPointer(piece))
            return UnsafeRawBufferPointer(piece)
        }
        let common = (ranges.map(\.count).min() ?? 0) / 64 * 64
        var offset = 0
        while offset < common {
            let count = min(stripeSize, common - offset)
            var pieces: [UnsafeRawBufferPointer] = []
            for part in ranges.indices { pieces.append(try read(part, at: Int64(offset), count)) }
            MD5.update(&md5, with: pieces)
            offset += count
        }
        for part in ranges.indices {
            for start in stride(from: common, to: ranges[part].count, by: stripeSize) {
                let count = min(stripeSize, ranges[part].count - start)
                md5[part].update(try read(part, at: Int64(start), count))
            }
        }
        return ranges.indices.map { ContentTag(md5: md5[$0].finish(), sha256: sha256[$0].finish()) }
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

/// A SHA-256 that stands in an array.
private final class RunningSHA256 {
    private var state: SHA256? = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { state?.update(bytes) }

    /// The digest of all that came. To be called once.
    func finish() -> Digest {
        guard let state = state.take() else { preconditionFailure("a digest has one end") }
        return state.finish()
    }
}

extension HTTPRequest.Body {
    /// A part of the body.
    func part(_ range: Range<Int64>) -> HTTPRequest.Body {
        switch self {
        case .none: .none
        case .bytes(let bytes): .bytes(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        case .file(let path, let whole):
            .file(path, (whole.lowerBound + range.lowerBound)..<(whole.lowerBound + range.upperBound))
        }
    }
}
