import CairnCore
import CairnStore

/// Marks what belongs to roots: recipes, spans and chunks, directories, pages and files. What has to be known of them is read from the remote.
struct ClosureMarking {
    /// What is needed.
    private(set) var marks: RecordMarks
    /// How many records something that is needed names, and no pack has: what was pushed in part, or was lost.
    private(set) var absentCount = 0
    /// Needed records that the index knows, and that cannot be read.
    private(set) var unreadable: [RecordKey] = []
    private(set) var reading: RecordReading
    /// Records that were marked and not read yet.
    private var frontier: [RecordKey] = []
    private var listings: AliasedListings

    init(on index: PackIndex, _ reading: RecordReading) {
        marks = RecordMarks(on: index)
        self.reading = reading
        listings = AliasedListings()
    }

    /// Marks everything.
    ///
    /// - Throws: `TransferError` for what stops everything.
    mutating func run(_ roots: CollectionRoots) async throws(TransferError) {
        for id in roots.objects.sorted() { addRoot(id) }
        for key in roots.records.sorted() {
            if key.kind == .blob { addFile(key.digest, isNamed: false) } else { add(key, isNamed: false) }
        }
        var young: [RecordKey] = []
        marks.forEachRecord(of: roots.packs) { key, _, _, _ in young.append(key) }
        for key in young { add(key, isNamed: false) }
        repeat {
            while !frontier.isEmpty { try await readFrontier() }
            for member in try await listings.members(in: marks.index, &reading) { add(member, isNamed: true) }
        } while !frontier.isEmpty || !listings.isEmpty
    }

    private mutating func readFrontier() async throws(TransferError) {
        let keys = frontier
        frontier = []
        var reading = reading
        unreadable += try await reading.read(keys, in: marks.index) { key, bytes in take(key, bytes) }
        self.reading = reading
    }

    /// Marks what a record refers to.
    private mutating func take(_ key: RecordKey, _ bytes: ArraySlice<UInt8>) {
        switch key.kind {
        case .page:
            guard let members = RecordParts.members(ofPage: bytes) else {
                unreadable.append(key)
                return
            }
            for member in members { addFile(member, isNamed: true) }
        case .alias:
            guard let alias = try? Alias(parsing: bytes) else { return }  // it was checked when it was read
            addFile(alias.file, isNamed: true)
            listings.note(key, alias.file)
        default:
            for part in RecordParts.keys(of: key, bytes) { add(part, isNamed: true) }
        }
    }

    private mutating func addRoot(_ id: ObjectID) {
        guard id.algorithm == .blake3 else {
            listings.note(id)
            add(.alias(of: id), isNamed: false)
            return
        }
        if id.isDirectory {
            add(RecordKey(.directory, id.digest), isNamed: false)
        } else {
            addFile(id.digest, isNamed: false)
        }
    }

    /// Marks a file, in the form that is to be preferred: in one piece, of several, as the only chunk of another one.
    private mutating func addFile(_ digest: Digest, isNamed: Bool) {
        var condemned: RecordKey?
        for kind in Self.formsOfFiles {
            let key = RecordKey(kind, digest)
            if let isNew = marks.markSound(key) {
                if isNew { follow(key) }
                return
            }
            if condemned == nil, marks.index.hasCondemnedPacks, marks.index.contains(key) { condemned = key }
        }
        add(condemned ?? RecordKey(.blob, digest), isNamed: isNamed)
    }

    /// - Parameter isNamed: whether another record refers to it.
    private mutating func add(_ key: RecordKey, isNamed: Bool) {
        if marks.mark(key) {
            follow(key)
        } else if isNamed, !marks.index.contains(key) {
            absentCount += 1
        }
    }

    /// Notes a record to be read if it may refer to others.
    private mutating func follow(_ key: RecordKey) {
        switch key.kind {
        case .recipe, .span, .directory, .page, .alias: frontier.append(key)
        case .chunk, .blob, .directoryDelta: break
        }
    }

    /// The records that a file may begin with, the best first.
    private static let formsOfFiles: [RecordKind] = [.blob, .recipe, .chunk]
}
