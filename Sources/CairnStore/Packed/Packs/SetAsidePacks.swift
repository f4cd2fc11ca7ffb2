import CairnCore
public import CairnSystem

extension PackedStore {
    /// Puts objects together from what is sound in packs that were set aside, or put aside by a collection, and from what the store has.
    ///
    /// - Parameters:
    ///   - quarantine: the folder of the packs that were set aside.
    ///   - usesTrash: whether what collections put aside is looked at too.
    /// - Returns: the objects that the store has now.
    /// - Throws: `StoreError` if the store cannot be written to, or with EINTR when the user asked to stop.
    public func recover(
        _ ids: [ObjectID], from quarantine: FilePath, usesTrash: Bool = false
    ) throws(StoreError) -> [ObjectID] {
        let wanted = ids.filter { $0.algorithm == .blake3 }
        guard !wanted.isEmpty, folder != nil, marker != nil else { return [] }
        let aside = try packsAside(in: quarantine, usesTrash)
        guard !aside.isEmpty else { return [] }
        let batch = try PackBatch(into: self)
        var found: [ObjectID] = []
        for id in wanted {
            try system { () throws(SystemError) in try Interruption.check() }
            guard let records = try aside.records(of: id, in: self) else { continue }
            for record in records {
                guard let bytes = try record.reader.soundRecord(record.entry) else {
                    throw StoreError(.changing, record.reader.path)
                }
                try bytes.withBytes { (bytes) throws(StoreError) in try batch.add([(record.key, bytes)]) }
            }
            found.append(id)
        }
        try batch.commit()
        return found
    }

    /// The objects among some that could be put together from packs that were set or put aside, or would be; nothing is written.
    ///
    /// - Parameters:
    ///   - usesTrash: as of `recover`.
    ///   - damaged: packs of the store.
    public func recoverable(
        _ ids: [ObjectID], from quarantine: FilePath, usesTrash: Bool = false, and damaged: [PackInfo] = []
    ) throws(StoreError) -> [ObjectID] {
        var aside = try packsAside(in: quarantine, usesTrash)
        for (name, entries) in try index().entries(of: Set(damaged.map(\.name))) {
            guard let pack = damaged.first(where: { $0.name == name }),
                let reader = try PackWreck.reader(of: pack, in: self)
            else { continue }
            aside.add(entries, of: reader)
        }
        guard !aside.isEmpty else { return [] }
        var found: [ObjectID] = []
        for id in ids where id.algorithm == .blake3 {
            if try aside.records(of: id, in: self) != nil { found.append(id) }
        }
        return found
    }

    /// Records that the index of the store does not tell about any more.
    private func packsAside(in quarantine: FilePath, _ usesTrash: Bool) throws(StoreError) -> SetAsidePacks {
        var aside = SetAsidePacks()
        try aside.add(packsOf: quarantine)
        guard let folder else { return aside }
        let index = try index()
        // Who was about to set these aside was stopped: they are dead, and still where they lay.
        for name in index.deadPacks.sorted() {
            try aside.addIfReadable(Array(PackedLayout.path(ofPack: name).utf8), in: folder)
        }
        guard usesTrash else { return aside }
        // The last collection first.
        for item in try PackTrash(of: folder).items().reversed() {
            try aside.add(item)
            // Of packs that stayed, only what was needed is in the index.
            for segment in try item.segments() {
                var entries = [[PackEntry]](repeating: [], count: segment.packs.count)
                segment.forEachEntry { key, pack, place in
                    if !index.contains(key) { entries[pack].append(PackEntry(key, place)) }
                }
                for (pack, entries) in zip(segment.packs, entries) where !entries.isEmpty {
                    guard let reader = try PackWreck.reader(of: pack, in: self) else { continue }
                    aside.add(entries, of: reader)
                }
            }
        }
        return aside
    }
}

/// A sound record of a pack that was set aside.
private struct SetAsideRecord {
    /// What it is stored as.
    let key: RecordKey
    let entry: PackEntry
    let reader: PackReader
}

/// Packs that were set aside because something in them is damaged, most of which is sound, and packs in the trash.
private struct SetAsidePacks {
    private var places: [RecordKey: [(reader: PackReader, place: PackPlace)]] = [:]

    var isEmpty: Bool { places.isEmpty }

    /// Adds the packs in a folder.
    mutating func add(packsOf quarantine: FilePath) throws(StoreError) {
        let folder: Folder
        do throws(SystemError) {
            folder = try Folder(quarantine)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw StoreError(error) }
            return
        }
        let names = try system { () throws(SystemError) in try folder.names() }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) })
        where PackedLayout.pack(named: name) != nil {
            try addIfReadable(name, in: folder)
        }
    }

    /// Adds the packs that a collection put aside.
    mutating func add(_ item: PackTrash.Item) throws(StoreError) {
        for name in try item.packs().keys.sorted() {
            try addIfReadable(Array(PackedLayout.path(ofPack: name).utf8), in: item.folder)
        }
    }

    /// What cannot be read has nothing for us.
    mutating func addIfReadable(_ path: [UInt8], in folder: Folder) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        do throws(StoreError) {
            try add(path, in: folder)
        } catch {
            if error.reason == .io(.interrupted) { throw error }
        }
    }

    private mutating func add(_ path: [UInt8], in folder: Folder) throws(StoreError) {
        func open(as packClass: PackClass) throws(StoreError) -> PackReader {
            let file = try system { () throws(SystemError) in try OpenFile(readingBelow: folder, path) }
            return try PackReader(salvaging: file, as: packClass)
        }
        // The head may be what is damaged: a trailer fits one class only.
        for packClass in [PackClass.data, .meta] {
            let reader = try open(as: packClass)
            guard let trailer = try? reader.trailer() else { continue }
            return add(trailer.entries, of: reader)
        }
        let reader = try open(as: .data)
        add(try reader.salvagedEntries(), of: reader)
    }

    mutating func add(_ entries: [PackEntry], of reader: PackReader) {
        for entry in entries { places[entry.key, default: []].append((reader, entry.place)) }
    }

    /// A sound record with this key.
    private func record(
        _ key: RecordKey, as newKey: RecordKey? = nil
    ) throws(StoreError) -> (record: SetAsideRecord, bytes: ArraySlice<UInt8>)? {
        for (reader, place) in places[key] ?? [] {
            let entry = PackEntry(key, place)
            guard let bytes = try reader.soundRecord(entry) else { continue }
            return (SetAsideRecord(key: newKey ?? key, entry: entry, reader: reader), bytes)
        }
        return nil
    }

    /// The records that the store lacks of an object, those that others name first.
    ///
    /// - Returns: `nil` if the object cannot be put together.
    func records(of id: ObjectID, in store: PackedStore) throws(StoreError) -> [SetAsideRecord]? {
        if id.isDirectory { return try directory(id, in: store) }
        for kind in [RecordKind.blob, .chunk] {
            let found = try record(RecordKey(kind, id.digest), as: RecordKey(.blob, id.digest))
            if let found { return [found.record] }
        }
        return try file(id, in: store)
    }

    /// A part of an object, from the store or from here; in the second case it is noted down.
    private func take(
        _ key: RecordKey, from store: PackedStore, _ records: inout [SetAsideRecord]
    ) throws(StoreError) -> ArraySlice<UInt8>? {
        for location in try store.index().locations(of: key) {
            if let bytes = try store.soundRecord(key, at: location) { return bytes }
        }
        guard let found = try record(key) else { return nil }
        records.append(found.record)
        return found.bytes
    }

    private func directory(_ id: ObjectID, in store: PackedStore) throws(StoreError) -> [SetAsideRecord]? {
        var records: [SetAsideRecord] = []
        guard let found = try record(RecordKey(.directory, id.digest)),
            let directory = try? found.bytes.withBytes({ try DirectoryRecord(parsing: $0) })
        else { return nil }
        var listing = DirListing.nativeMark
        for page in directory.pages {
            guard let part = try take(RecordKey(.page, page.key), from: store, &records) else { return nil }
            listing += part
        }
        return BLAKE3.digest(of: listing) == id.digest ? records + [found.record] : nil
    }

    private func file(_ id: ObjectID, in store: PackedStore) throws(StoreError) -> [SetAsideRecord]? {
        var records: [SetAsideRecord] = []
        guard let found = try record(RecordKey(.recipe, id.digest)),
            let recipe = try? Recipe(parsing: found.bytes.span, of: id.digest)
        else { return nil }
        var chunks = recipe.isIndirect ? [] : recipe.parts
        for part in recipe.parts where recipe.isIndirect {
            guard let bytes = try take(RecordKey(.span, part.id), from: store, &records),
                let span = try? RecipeSpan(parsing: bytes.span, of: part.id)
            else { return nil }
            chunks += span.chunks
        }
        for chunk in chunks {
            try system { () throws(SystemError) in try Interruption.check() }
            guard try take(RecordKey(.chunk, chunk.id), from: store, &records) != nil else { return nil }
        }
        return records + [found.record]
    }
}

extension PackReader {
    /// The records of a pack whose trailer is damaged, as far as their bytes tell what they are.
    ///
    /// Frames tell no kinds. A file in one piece may come out as a chunk, which has the same bytes and the same digest.
    fileprivate func salvagedEntries() throws(StoreError) -> [PackEntry] {
        var entries: [PackEntry] = []
        var directories: [(DirectoryRecord, PackPlace)] = []
        var pages: [Digest: ArraySlice<UInt8>] = [:]
        try salvage { frame, content in
            for (number, digest) in frame.digests.enumerated() {
                guard let bytes = content[number], let record = UInt16(exactly: number) else { continue }
                let place = PackPlace(frameOffset: frame.offset, frameLength: frame.length, record: record)
                if let file = Self.recipeFile(bytes) {
                    entries.append(PackEntry(RecordKey(.recipe, file), place))
                } else if let key = Self.spanKey(bytes) {
                    entries.append(PackEntry(RecordKey(.span, key), place))
                } else if let directory = try? bytes.withBytes({ try DirectoryRecord(parsing: $0) }) {
                    directories.append((directory, place))
                } else {
                    pages[digest] = bytes
                }
                entries.append(PackEntry(RecordKey(.chunk, digest), place))
                entries.append(PackEntry(RecordKey(.page, digest), place))
            }
        }
        for (directory, place) in directories {
            // Pages may lie in other packs; the id is known only where all are here.
            var listing = DirListing.nativeMark
            for page in directory.pages { listing += pages[page.key] ?? [] }
            entries.append(PackEntry(RecordKey(.directory, BLAKE3.digest(of: listing)), place))
        }
        return entries
    }

    /// The file that a recipe says it is of, if the bytes are a recipe.
    private static func recipeFile(_ bytes: ArraySlice<UInt8>) -> Digest? {
        guard bytes.count >= 48, bytes.starts(with: "CRCP".utf8) else { return nil }
        let file = Digest(bytes: bytes.dropFirst(16).prefix(32))
        return file.flatMap { (try? Recipe(parsing: bytes.span, of: $0)) == nil ? nil : $0 }
    }

    /// The key of a span, if the bytes are one.
    private static func spanKey(_ bytes: ArraySlice<UInt8>) -> Digest? {
        guard bytes.starts(with: "CRCP".utf8) else { return nil }
        return RecipeSpan.key(parsing: bytes.span)
    }
}
