public import CairnCore
public import CairnSystem

/// What is wrong with the index of a packed store, and what can be put in its place: the packs themselves say at their ends what is in them.
public struct IndexSurvey: Sendable {
    /// A segment that cannot be used.
    public struct Segment: Sendable {
        let name: SegmentName
        /// The file.
        public let path: FilePath
        /// Why it cannot be used.
        public let reason: StoreError
    }

    /// Segments that are damaged.
    public let damaged: [Segment]
    /// Packs that no sound segment tells about, and that say themselves what is in them.
    public let strays: [PackInfo]
    /// Packs that no sound segment tells about, and that are damaged where they say what is in them.
    public let unreadable: [Digest]

    let entries: [Digest: [PackEntry]]
    /// The push that each stray belongs to, as it says itself.
    let pushes: [Digest: ULID]

    /// True if every segment is sound and tells about every pack.
    public var isSound: Bool { damaged.isEmpty && strays.isEmpty && unreadable.isEmpty }
}

extension PackedStore {
    /// Looks at the segments of the index, each by itself, and at the packs that none of them tells about.
    ///
    /// - Throws: `StoreError` if a segment cannot be read for another reason than what it is: one for a newer program for instance.
    public func surveyIndex() throws(StoreError) -> IndexSurvey {
        guard let folder, marker != nil else {
            return IndexSurvey(damaged: [], strays: [], unreadable: [], entries: [:], pushes: [:])
        }
        let segments = SegmentFolder(root: folder)
        var damaged: [IndexSurvey.Segment] = []
        var sound: [IndexSegment] = []
        for name in try segments.names().sorted(by: { $0.text < $1.text }) {
            do throws(StoreError) {
                sound.append(try segments.read(name))
            } catch {
                guard error.reason != .io(.noSuchFileOrDirectory) else { continue }
                let isDamage = try error.isDamage(of: name.digest) { () throws(StoreError) in
                    try system { () throws(SystemError) in
                        try OpenFile(readingBelow: folder, name.path.utf8)
                    }
                }
                guard isDamage else { throw error }
                damaged.append(
                    IndexSurvey.Segment(name: name, path: folder.path(of: name.path.utf8), reason: error))
            }
        }
        let index = PackIndex(sound)
        let known = Set(index.packs.map(\.name)).union(index.deadPacks)
        var strays: [PackInfo] = []
        var unreadable: [Digest] = []
        var entries: [Digest: [PackEntry]] = [:]
        var pushes: [Digest: ULID] = [:]
        for name in try folder.packs().keys.sorted() where !known.contains(name) {
            try system { () throws(SystemError) in try Interruption.check() }
            do throws(StoreError) {
                let file = try open(name, in: folder)
                let reader = try PackReader(file)
                let trailer = try reader.trailer()
                strays.append(
                    PackInfo(
                        name: name, size: reader.size, recordCount: trailer.entries.count,
                        frameCount: trailer.frameCount, packClass: reader.header.packClass,
                        created: reader.header.created))
                entries[name] = trailer.entries
                pushes[name] = reader.header.push
            } catch {
                let isDamage = try error.isDamage(of: name) { () throws(StoreError) in
                    try open(name, in: folder)
                }
                guard isDamage else { throw error }
                unreadable.append(name)
            }
        }
        return IndexSurvey(
            damaged: damaged, strays: strays, unreadable: unreadable, entries: entries, pushes: pushes)
    }

    /// Reads the index as it will be when it was rebuilt, without anything being written.
    public func readPast(_ survey: IndexSurvey) {
        readPast(
            Set(survey.damaged.map(\.name)),
            with: survey.segments().map(\.segment).compactMap {
                try? IndexSegment(parsing: $0.bytes, name: $0.name)
            })
    }

    /// Writes anew what damaged and lost segments said, from what packs say of themselves.
    ///
    /// The order is: a new segment, which replaces the damaged ones, and only then these are moved into the quarantine, and with them packs
    /// that do not say what is in them: `recover` finds what is sound there.
    /// - Parameter isComplete: of a store to which several push: asked whether a push is known to have come to its end. Packs of others go
    ///   into a segment of the lowest level, from which nobody concludes that all is there that they name.
    /// - Returns: the survey that was carried out, taken while nobody else could write.
    /// - Throws: `StoreError` with `.busy` if somebody writes to the store, or why something cannot be written.
    public func rebuildIndex(
        into quarantine: FilePath, isComplete: (ULID) -> Bool = { _ in true }
    ) throws(StoreError) -> IndexSurvey {
        guard let folder else { return try surveyIndex() }
        let lock = try lockAlone(in: folder, patience: PackedCollection.patience)
        defer { withExtendedLifetime(lock) {} }
        let survey = try surveyIndex()
        guard !survey.isSound else { return survey }
        let segments = survey.segments(isComplete: isComplete)
        if !segments.isEmpty {
            let permissions = folderPermissions
            let batch = try system { () throws(SystemError) in
                try DurableBatch(in: folder, folderPermissions: permissions)
            }
            let writer = SegmentWriter(store: self, folder: folder, batch: batch, push: .now())
            let level = min(9, (survey.damaged.map(\.name.level).max() ?? -1) + 1)
            try writer.write(
                segments.map { ($0.isComplete ? level : 0, $0.segment) }, lastIsLater: true)
        }
        let lost =
            survey.damaged.map { ($0.name.path, $0.name.text) }
            + survey.unreadable.map { (PackedLayout.path(ofPack: $0), "\($0.hex).cpk") }
        try system { () throws(SystemError) in
            guard !lost.isEmpty else { return }
            try quarantine.makeFolders()
            let target = try Folder(quarantine)
            for (path, name) in lost {
                do throws(SystemError) {
                    try folder.renameExclusively(Array(path.utf8), to: target, Array(name.utf8))
                } catch {
                    // On another file system, or there already: nobody reads it where it is.
                    guard error.errno == .improperLink || error.errno == .fileExists else { throw error }
                }
            }
        }
        readPast([], with: [])
        forgetEverything()
        return survey
    }
}

extension IndexSurvey {
    /// Segments that stand in for what is damaged or lost, the one that replaces the damaged ones at the end.
    fileprivate func segments(
        isComplete: (ULID) -> Bool = { _ in true }
    ) -> [(segment: IndexSegmentBuilder.Segment, isComplete: Bool)] {
        guard !strays.isEmpty || !damaged.isEmpty else { return [] }
        var segments: [(segment: IndexSegmentBuilder.Segment, isComplete: Bool)] = []
        for wanted in [false, true] {
            var builder = IndexSegmentBuilder()
            for pack in strays where pushes[pack.name].map(isComplete) ?? false == wanted {
                if builder.isFull {
                    segments.append((builder.build(), wanted))
                    builder = IndexSegmentBuilder()
                }
                builder.add(pack, entries[pack.name] ?? [])
            }
            if wanted { for segment in damaged { builder.replace(segment.name.digest) } }
            if !builder.isEmpty || (wanted && !damaged.isEmpty) { segments.append((builder.build(), wanted)) }
        }
        return segments
    }
}

extension StoreError {
    /// True if a file of a packed store has the wrong bytes. One that has those that it is named by is for a newer program.
    ///
    /// - Parameter open: opens the file once more.
    func isDamage(
        of name: Digest, _ open: () throws(StoreError) -> OpenFile
    ) throws(StoreError) -> Bool {
        switch reason {
        case .unsupportedFile, .io(.tooManySymbolicLinkLevels): return true
        case .malformed(let fault):
            switch fault.problem {
            case .unknownVersion, .unknownFeatures:
                return try PackReader(salvaging: open(), as: .data).digest() != name
            default: return true
            }
        default: return false
        }
    }
}
