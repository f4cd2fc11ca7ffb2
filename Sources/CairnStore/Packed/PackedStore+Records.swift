import CairnCore
import CairnSystem

extension PackedStore: ChunkSource {
    /// Reads a record, checked against its key: by the hash of its bytes, or by what it says of itself.
    ///
    /// A record that is damaged in one pack is taken from another one; where none is left, the index is looked at again.
    /// - Throws: `StoreError` with `.missingPart` if no pack has it, or what is wrong with the last pack that should.
    public func record(_ key: RecordKey) throws(StoreError) -> ArraySlice<UInt8> {
        try record(key) { (bytes) throws(FormatError) in
            guard Self.isSound(bytes, key) else { throw FormatError(.record, .mismatch, at: 0) }
            return bytes
        }
    }

    /// Looks at records that are not named by their content; those that are have been compared with their names.
    static func isSound(_ bytes: ArraySlice<UInt8>, _ key: RecordKey) -> Bool {
        switch key.kind {
        case .chunk, .blob, .page, .directoryDelta: true
        case .directory: (try? bytes.withBytes { try DirectoryRecord(parsing: $0) }) != nil
        case .recipe: (try? Recipe(parsing: bytes.span, of: key.digest)) != nil
        case .alias: (try? Alias(parsing: bytes)) != nil
        case .span: (try? RecipeSpan(parsing: bytes.span, of: key.digest)) != nil
        }
    }

    /// Reads a record and has `body` make something of it; one that it refuses counts as damaged.
    ///
    /// - Throws: `StoreError` as `record(_:)`.
    func record<Result>(
        _ key: RecordKey, _ body: (ArraySlice<UInt8>) throws(FormatError) -> Result
    ) throws(StoreError) -> Result {
        var failure: StoreError?
        if let first = try index().location(of: key) {
            if let result = try read(key, at: first, &failure, body) { return result }
            if let result = try read(key, in: try index(), &failure, body) { return result }
        }
        if let result = try read(key, in: try refresh(), &failure, body) { return result }
        throw failure ?? StoreError(.missingPart(key, of: nil), root)
    }

    private func read<Result>(
        _ key: RecordKey, in index: PackIndex, _ failure: inout StoreError?,
        _ body: (ArraySlice<UInt8>) throws(FormatError) -> Result
    ) throws(StoreError) -> Result? {
        for location in index.locations(of: key) {
            if let result = try read(key, at: location, &failure, body) { return result }
        }
        return nil
    }

    /// Reads a record from one pack.
    ///
    /// - Returns: `nil` if that fails; `failure` says why, unless the pack is gone.
    /// - Throws: `StoreError` if the user asked to stop.
    private func read<Result>(
        _ key: RecordKey, at location: PackIndex.Location, _ failure: inout StoreError?,
        _ body: (ArraySlice<UInt8>) throws(FormatError) -> Result
    ) throws(StoreError) -> Result? {
        do throws(StoreError) {
            let reader = try reader(of: location.pack)
            let bytes = try reader.record(key, at: location.place)
            return try format(reader.path) { () throws(FormatError) in try body(bytes) }
        } catch {
            switch error.reason {
            case .io(.interrupted): throw error
            case .io(.noSuchFileOrDirectory): break
            default:
                failure =
                    try folder.map { (folder) throws(StoreError) in
                        try readers.explained(error, of: location.pack, in: folder)
                    } ?? error
            }
            return nil
        }
    }

    /// The reader of a pack.
    func reader(of pack: PackInfo) throws(StoreError) -> PackReader {
        guard let folder else { throw StoreError(.io(.noSuchFileOrDirectory), root) }
        return try readers.reader(of: pack, in: folder)
    }

    /// The length of a record, told by the head of its frame; nothing is decompressed or checked against the key.
    ///
    /// - Throws: `StoreError` as `record(_:)`.
    func recordLength(_ key: RecordKey) throws(StoreError) -> Int {
        if let location = try index().location(of: key) {
            do throws(StoreError) {
                return try reader(of: location.pack).recordLength(at: location.place)
            } catch {
                if error.reason == .io(.interrupted) { throw error }
            }
        }
        // Whatever the matter is with that pack: reading the record finds another one, or says what is wrong.
        return try record(key).count
    }
}

extension PackReader {
    /// The length of a record, from the head of its frame.
    ///
    /// - Throws: `StoreError` if there is no such frame or record.
    func recordLength(at place: PackPlace) throws(StoreError) -> Int {
        let offset = Int64(place.frameOffset)
        let lengthAt = FrameHeader.fixedSize + 4 * Int(place.record)
        let bytes = try bytes(at: offset, count: lengthAt + 4)
        return try format(path) { () throws(FormatError) in
            try bytes.withBytes { (bytes) throws(FormatError) in
                let header = try FrameHeader(parsing: bytes, at: offset)
                let length = Int(bytes.integer(at: lengthAt, as: UInt32.self))
                guard Int(place.record) < header.recordCount, length <= header.rawLength else {
                    throw FormatError(.record, .badValue("number of a record"), at: offset)
                }
                return length
            }
        }
    }
}
