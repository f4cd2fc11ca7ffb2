import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// A packed cache with a few small files, one of several chunks, and directories that share them. Made once; nobody changes it.
final class SampleCache: Sendable {
    let store: ObjectStore
    /// Files that directories share.
    let files: [ObjectID]
    /// Directories, each with its files.
    let directories: [ObjectID]
    /// For each directory the objects that it needs, itself among them.
    let objects: [ObjectID: [ObjectID]]
    /// For each of them the records that it needs.
    let records: [ObjectID: [RecordKey]]
    private let scratch: ScratchDirectory

    static let shared = Result { try SampleCache() }

    private init() throws {
        scratch = try ScratchDirectory("cairn-sample")
        store = try ObjectStore(at: FilePath(scratch("cache")), creating: true, isPacked: true)
        guard let packed = store.packed else { throw SupportError("a packed store has packs") }
        var random = SeededRandom(seed: 7)
        let batch = try PackBatch(into: packed)
        var files: [ObjectID] = []
        for _ in 0..<14 {
            let bytes = random.bytes(Int.random(in: 40...200, using: &random))
            let id = ObjectID(.blake3, BLAKE3.digest(of: bytes))
            try bytes.withUnsafeBytes { try batch.add([(RecordKey(.blob, id.digest), $0)]) }
            files.append(id)
        }
        let large = scratch("large")
        try Files.write(Array(repeating: random.bytes(1000), count: 210).flatMap(\.self), to: large)
        let added = try batch.add(
            OpenFile(reading: FilePath(large)), workers: Workers(count: 1), progress: { _ in })
        files.append(ObjectID(.blake3, added.digest))
        var directories: [ObjectID] = []
        var objects: [ObjectID: [ObjectID]] = [:]
        for number in 0..<8 {
            var builder = DirListingBuilder(.native)
            var members: [ObjectID] = []
            for place in files.indices.shuffled(using: &random).prefix(number == 7 ? 3 : 2 + number % 4) {
                if place == files.count - 1, number != 7 { continue }
                members.append(files[place])
            }
            if number == 7, let last = files.last, !members.contains(last) { members.append(last) }
            for (place, member) in members.enumerated() {
                try builder.append(Array("file \(place)".utf8), member.digest, size: 100)
            }
            let bytes = try builder.listing().serialized
            let id = ObjectID(.blake3, BLAKE3.digest(of: bytes), isDirectory: true)
            try batch.add(listing: bytes, id: id)
            directories.append(id)
            objects[id] = members + [id]
        }
        try batch.commit()
        var records: [ObjectID: [RecordKey]] = [:]
        let index = try packed.refresh()
        for (id, all) in objects {
            records[id] = try all.flatMap { object -> [RecordKey] in
                guard let key = index.firstKey(of: object) else { throw SupportError("\(object) is gone") }
                return try [key] + packed.parts(of: key, object)
            }
        }
        (self.files, self.directories, self.objects, self.records) = (files, directories, objects, records)
    }
}
