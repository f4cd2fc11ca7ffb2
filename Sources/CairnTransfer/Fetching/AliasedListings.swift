import CairnCore
import CairnStore

/// Listings of DVC's form among objects that are named by MD5: an alias does not tell whether what it leads to is one.
struct AliasedListings {
    /// What aliases of known directories stand for.
    private var directories: [RecordKey: ObjectID] = [:]
    /// Aliases of files that a listing names.
    private var files: Set<RecordKey> = []
    /// Aliases that were read, and the files to which they lead.
    private var pending: [(key: RecordKey, file: Digest)] = []

    /// True if no alias waits.
    var isEmpty: Bool { pending.isEmpty }

    /// Notes an object that is needed.
    mutating func note(_ id: ObjectID) {
        if id.isDirectory { directories[.alias(of: id)] = id } else { files.insert(.alias(of: id)) }
    }

    /// Notes where an alias leads.
    mutating func note(_ key: RecordKey, _ file: Digest) {
        if !files.contains(key) { pending.append((key, file)) }
    }

    /// Finds what the listings among the aliases name, known directories first: most of the others are files in these.
    ///
    /// - Returns: the aliases of the files.
    mutating func members(
        in index: PackIndex, _ reading: inout RecordReading
    ) async throws(TransferError) -> [RecordKey] {
        let known = pending.filter { directories[$0.key] != nil }
        let round = known.isEmpty ? pending.filter { !files.contains($0.key) } : known
        pending = known.isEmpty ? [] : pending.filter { directories[$0.key] == nil }
        var members: [RecordKey] = []
        for (key, file) in round {
            guard let text = try await text(of: file, in: index, &reading) else { continue }
            let digest = MD5.digest(of: text)
            guard
                let id = [HashAlgorithm.md5, .md5DOS2Unix].map({ ObjectID($0, digest, isDirectory: true) })
                    .first(where: { .alias(of: $0) == key }),
                let listing = try? DirListing(parsing: text, as: .dvc)
            else { continue }
            for place in 0..<listing.count {
                guard let member = listing.object(at: place, id.algorithm) else { continue }
                let alias = RecordKey.alias(of: member)
                files.insert(alias)
                members.append(alias)
            }
        }
        return members
    }

    /// The bytes of a file that begins as a listing does; `nil` for every other, and for one that cannot be read.
    private func text(
        of file: Digest, in index: PackIndex, _ reading: inout RecordReading
    ) async throws(TransferError) -> [UInt8]? {
        guard let first = index.firstKey(of: ObjectID(.blake3, file)) else { return nil }
        var keys = [first]
        while let next = keys.first(where: { $0.kind == .recipe || $0.kind == .span }) {
            var parts: [RecordKey] = []
            _ = try await reading.read([next], in: index) { key, bytes in
                parts = RecordParts.keys(of: key, bytes)
            }
            guard !parts.isEmpty, let place = keys.firstIndex(of: next) else { return nil }
            keys.replaceSubrange(place...place, with: parts)
        }
        var text: [UInt8] = []
        for key in keys {
            var isRead = false
            _ = try await reading.read([key], in: index) { _, bytes in
                text += bytes
                isRead = true
            }
            guard isRead, text.first == UInt8(ascii: "[") else { return nil }
        }
        return text
    }
}
