/// A key that an object may have, in its parts.
struct RemoteKey {
    /// What no key may begin with: the remotes that are folders keep what is theirs there.
    private static let reserved: Set<String> = ["cairn.tmp", "cairn.lock"]
    private static let longestKey = 512
    private static let longestPart = 255

    /// The key.
    let text: String
    /// The names of folders above the object.
    let folder: [ArraySlice<UInt8>]
    /// The object's own.
    let name: [UInt8]

    /// Takes a key apart.
    ///
    /// - Throws: `RemoteError` with `.invalidKey`.
    init(_ key: String) throws(RemoteError) {
        let parts = Array(key.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard key.utf8.count <= Self.longestKey, parts.allSatisfy(Self.isPart), let first = parts.first,
            let name = parts.last, !Self.isReserved(first)
        else { throw RemoteError(.invalidKey, key) }
        text = key
        folder = Array(parts.dropLast())
        self.name = Array(name)
    }

    /// Takes the beginning of keys apart.
    ///
    /// - Parameter prefix: as `Remote.list` takes it.
    /// - Throws: `RemoteError` with `.invalidKey`.
    init(prefix: String) throws(RemoteError) {
        if prefix.isEmpty {
            (text, folder, name) = ("", [], [])
        } else if prefix.utf8.last == UInt8(ascii: "/") {
            do throws(RemoteError) {
                let key = try RemoteKey(String(prefix.utf8.dropLast()) ?? "")
                (text, folder, name) = (prefix, key.folder + [key.name[...]], [])
            } catch {
                throw RemoteError(.invalidKey, prefix)
            }
        } else {
            self = try RemoteKey(prefix)
        }
    }

    /// True if a part of a key may be these bytes.
    static func isPart(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= longestPart && bytes.allSatisfy { (0x21...0x7E).contains($0) }
            && !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8)
    }

    /// True if a first part is not for objects.
    static func isReserved(_ part: some Collection<UInt8>) -> Bool {
        reserved.contains { part.elementsEqual($0.utf8) }
    }

    /// True if a key of that many bytes may be.
    static func isPossible(length: Int) -> Bool { length <= longestKey }
}

/// Finds out which bytes of an object are asked for, as `Remote.read` takes them.
///
/// - Throws: `RemoteError` with `.truncated` or `.tooLarge`.
func wantedBytes(
    _ range: Range<Int64>?, of size: Int64, limit: Int, key: String
) throws(RemoteError) -> Range<Int64> {
    let wanted = range ?? 0..<size
    guard wanted.lowerBound >= 0 else { throw RemoteError(.truncated, key) }
    let count = wanted.upperBound - wanted.lowerBound
    guard count <= limit else { throw RemoteError(.tooLarge(count), key) }
    guard wanted.upperBound <= size else { throw RemoteError(.truncated, key) }
    return wanted
}
