import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// What pushes that did not come to their end have sent to a remote, or were about to: a segment for each round, in a folder of this machine.
///
/// It saves sending again, and nothing depends on it.
struct PushJournal: Sendable {
    private let folder: FilePath
    /// Packs without a segment are collected after some days; before that, nobody relies on them any more. In milliseconds.
    private static let lifetime: Int64 = 5 * 86_400_000
    /// From so many packs on one listing of all packs is cheaper than a question for each.
    private static let mostQuestions = 16

    /// The journal of pushes to a store.
    init(in folder: FilePath, store: UniqueID) {
        self.folder = folder.appending("sent").appending(store.text)
    }

    /// Notes packs that are about to be sent.
    func add(_ packs: [SentPack], push: ULID, round: Int) {
        for (number, segment) in SentPack.segments(of: packs).enumerated() {
            try? folder.makeFolders()  // without a note they are sent again
            try? AtomicFile.writeForNow(
                segment.bytes, to: folder.appending("\(push.text)-\(round)-\(number).seg"))
        }
    }

    /// Forgets everything: a segment on the remote tells of it.
    func clear() {
        guard let folder = try? Folder(folder), let names = try? folder.names() else { return }
        for name in names where name.suffix(4).elementsEqual(".seg".utf8) { try? folder.remove(name) }
    }

    /// The packs that were noted, are there as they should be, and that no segment tells of.
    ///
    /// - Throws: `TransferError` if the remote cannot be asked.
    func packs(on remote: any Remote, _ view: RemoteView) async throws(TransferError) -> [SentPack] {
        let known = Set(view.index.packs.map(\.name)).union(view.index.deadPacks)
        let noted = read().filter { !known.contains($0.info.name) }
        guard !noted.isEmpty else { return [] }
        var there: [String: RemoteObject] = [:]
        var now = view.listing.now
        let questions =
            noted.count > Self.mostQuestions
            ? [PackedLayout.packs + "/"] : noted.map { PackedLayout.path(ofPack: $0.info.name) }
        for question in questions {
            let listing = try await remotely { () throws(RemoteError) in try await remote.list(question) }
            now = listing.now
            for object in listing.objects { there[object.key] = object }
        }
        return noted.filter { pack in
            guard let object = there[PackedLayout.path(ofPack: pack.info.name)] else { return false }
            return object.size == pack.info.size && now - object.modified < Self.lifetime
        }
    }

    /// What was noted; what cannot be read was not.
    private func read() -> [SentPack] {
        guard let names = try? Folder(folder).names() else { return [] }
        var packs: [Digest: SentPack] = [:]
        for name in names where name.suffix(4).elementsEqual(".seg".utf8) {
            let path = folder.appending(String(decoding: name, as: UTF8.self))
            guard let bytes = (try? path.readIfPresent()) ?? nil,
                let segment = try? IndexSegment(parsing: bytes)
            else { continue }
            var entries: [[PackEntry]] = Array(repeating: [], count: segment.packs.count)
            segment.forEachEntry { key, pack, place in entries[pack].append(PackEntry(key, place)) }
            for (info, entries) in zip(segment.packs, entries) {
                packs[info.name] = SentPack(content: PackWriter.Pack(info: info, entries: entries))
            }
        }
        return packs.values.sorted { $0.info.name < $1.info.name }
    }
}
