import CairnCore
import CairnSystem

/// The reading of one run of files, on one thread: a class, because its parts report into one place.
final class IntakeTask {
    let intake: Intake
    private let snapshot: TreeSnapshot
    private let folder: Folder
    private let claims: ObjectClaims
    private let files: SmallFiles
    private let parents: ParentFolders
    /// New objects of the run that will be packed together; their bytes are those of the run.
    private var fresh: [(key: RecordKey, bytes: UnsafeRawBufferPointer)] = []
    var report = Intake.Report()

    /// - Parameter files: the memory that small files are read into.
    init(
        _ intake: Intake, _ snapshot: TreeSnapshot, _ folder: Folder, _ claims: ObjectClaims,
        _ files: SmallFiles
    ) {
        self.intake = intake
        self.snapshot = snapshot
        self.folder = folder
        self.claims = claims
        self.files = files
        parents = ParentFolders(below: folder, isMaking: false)
    }

    /// Reads files that are one run: small ones, or a single large one.
    func run(_ positions: ArraySlice<Int>) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        if let only = positions.first, snapshot.files[only].size > SmallFiles.largestSize {
            try attempt(only) { () throws(StoreError) in try readAlone(only) }
        } else {
            try readTogether(positions)
        }
    }

    /// Turns the failure of one file into a line of the report, unless it concerns all files.
    private func attempt(_ position: Int, _ body: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            if error.stopsEverything { throw error }
            report.failures.append((position, error))
        }
    }

    // MARK: small files

    private func readTogether(_ positions: ArraySlice<Int>) throws(StoreError) {
        files.removeAll()
        for position in positions {
            try attempt(position) { () throws(StoreError) in
                if snapshot.files[position].kind == .symbolicLink {
                    try takeLink(position, into: files)
                } else if isCut(position) {
                    try readAlone(position)
                } else if try !take(position, into: files) {
                    try readAlone(position)
                }
            }
        }
        let digests = files.digests(by: intake.algorithm)
        for (number, position) in files.positions.enumerated() {
            try attempt(position) { () throws(StoreError) in
                guard try store(digests[number], position, files.contents[number]) else {
                    return try readAlone(position)
                }
                report.run.append(Intake.ReadFile(position, digests[number]))
                intake.reporter.advance(items: 1, bytes: Int64(files.contents[number].count))
            }
        }
        guard let packs = intake.destination?.packs, !fresh.isEmpty else { return }
        defer { fresh.removeAll() }
        try packs.add(claimed: fresh)
        report.packedCount += fresh.count
    }

    /// True for a file that a packed store keeps in more than one piece.
    private func isCut(_ position: Int) -> Bool {
        (intake.destination?.packs != nil || intake.forecast != nil)
            && snapshot.files[position].size > Int64(ChunkingRule.wholeFileLimit)
    }

    /// Takes what a symbolic link says for the content of its object.
    private func takeLink(_ position: Int, into files: SmallFiles) throws(StoreError) {
        let seen = snapshot.files[position]
        let target = try system { () throws(SystemError) in
            try folder.linkTarget(snapshot.paths[position])?.bytes
        }
        guard let target, target.count == seen.size else {
            throw StoreError(.changing, folder.path(of: snapshot.paths[position]))
        }
        files.append(target, as: position)
    }

    private func open(_ position: Int) throws(StoreError) -> OpenFile {
        do throws(SystemError) {
            return try OpenFile(reading: snapshot.paths[position], in: folder, followingLinks: true)
        } catch {
            throw StoreError(error)
        }
    }

    /// Reads a file whole; false if it is not as the snapshot saw it.
    private func take(_ position: Int, into files: SmallFiles) throws(StoreError) -> Bool {
        let seen = snapshot.files[position]
        let file = try open(position)
        do throws(SystemError) {
            guard try files.read(file, size: seen.size, as: position) else { return false }
            if try file.status().hasSameContent(as: seen) { return true }
            files.removeLast()
            return false
        } catch {
            throw StoreError(error)
        }
    }

    /// Stores a small file that lies in memory; false if it changed meanwhile.
    private func store(
        _ digest: Digest, _ position: Int, _ bytes: UnsafeRawBufferPointer
    ) throws(StoreError) -> Bool {
        if let (forecast, accounts) = intake.forecast {
            try forecast.sink(for: accounts[position]).add([(RecordKey(.blob, digest), bytes)])
        }
        guard let destination = intake.destination else { return true }
        let seen = snapshot.files[position]
        if let packs = destination.packs {
            // The session of packs remembers what it has taken in: a million digests need not be kept twice.
            let key = RecordKey(.blob, digest)
            guard packs.claim(key) || claims.retake(digest) else { return true }
            return try ifMissing(digest, destination, position) { () throws(StoreError) in
                fresh.append((key, bytes))
                return true
            }
        }
        return try ifNew(digest, destination, position) { () throws(StoreError) in
            if canShare(seen, destination) {
                return try share(try open(position), digest, position, seen, destination)
            }
            return try system { () throws(SystemError) in
                try make(digest, destination) { (output) throws(SystemError) in
                    try output.write(bytes)
                    return true
                }
            }
        }
    }

    // MARK: streams

    /// Reads one file as a stream, again if it changed meanwhile.
    private func readAlone(_ position: Int) throws(StoreError) {
        for _ in 0..<2 {
            if try stream(position) { return }
        }
        throw StoreError(.changing, folder.path(of: snapshot.paths[position]))
    }

    private func stream(_ position: Int) throws(StoreError) -> Bool {
        let reporter = intake.reporter
        let file = try open(position)
        var copy: DurableBatch.Temporary?
        defer { discard(copy) }
        let before = try status(of: file)
        guard before.kind == .regular else { throw StoreError(.unsupportedFile, file.path) }
        if let packs = intake.destination?.packs { return try pack(file, position, before, packs) }
        if let (forecast, accounts) = intake.forecast {
            return try measure(file, position, before, forecast.sink(for: accounts[position]), forecast.rule)
        }
        let digest: Digest
        do throws(SystemError) {
            if let destination = intake.destination, !canLink(before, destination),
                let batch = destination.batch
            {
                let temporary = batch.newTemporary()
                let output = try batch.create(temporary, permissions: 0o444)
                copy = temporary
                // Cloned before it is hashed: where that is impossible it is copied meanwhile, and still read only once.
                if canShare(before, destination), try clone(file, to: output, destination) {
                    digest = try file.digest(intake.algorithm) { reporter.advance(items: 0, bytes: $0) }
                } else {
                    digest = try file.digest(intake.algorithm, copyingTo: output) {
                        reporter.advance(items: 0, bytes: $0)
                    }
                }
            } else {
                digest = try file.digest(intake.algorithm) { reporter.advance(items: 0, bytes: $0) }
            }
        } catch {
            throw StoreError(error)
        }
        let after = try status(of: file)
        guard after.hasSameContent(as: before) else { return false }
        if let destination = intake.destination {
            let isStored = try ifNew(digest, destination, position) { () throws(StoreError) in
                guard let temporary = copy else {
                    return try share(file, digest, position, after, destination)
                }
                report.stored.append((ObjectID(intake.algorithm, digest), temporary))
                copy = nil
                return true
            }
            guard isStored else { return false }
        }
        note(position, digest, after)
        reporter.advance(items: 1, bytes: 0)
        return true
    }

    func note(_ position: Int, _ digest: Digest, _ status: FileStatus) {
        report.run.append(Intake.ReadFile(position, digest))
        // It may have changed between the look at it and the reading.
        if status != snapshot.files[position] { report.changed[position] = status }
    }

    func status(of file: borrowing OpenFile) throws(StoreError) -> FileStatus {
        do throws(SystemError) { return try file.status() } catch { throw StoreError(error) }
    }

    private func discard(_ temporary: DurableBatch.Temporary?) {
        guard let temporary else { return }
        try? intake.destination?.batch?.discard(temporary)  // the batch's folder goes with all that is in it
    }

    // MARK: objects

    /// Has `body` store an object unless the store has it, or another file brings it.
    ///
    /// - Parameter body: false if the file is not what was hashed any more.
    /// - Returns: false if `body` says so.
    private func ifNew(
        _ digest: Digest, _ destination: Intake.Destination, _ position: Int,
        _ body: () throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        guard claims.claim(digest) else { return true }
        return try ifMissing(digest, destination, position, body)
    }

    /// Has `body` store an object that this file has claimed, unless the store has it. After a failure the next one may claim it.
    private func ifMissing(
        _ digest: Digest, _ destination: Intake.Destination, _ position: Int,
        _ body: () throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        do throws(StoreError) {
            guard try destination.isMissing(ObjectID(intake.algorithm, digest), intake.reporter) else {
                return true
            }
            if try body() { return true }
            claims.giveBack(digest, after: StoreError(.changing, folder.path(of: snapshot.paths[position])))
            return false
        } catch {
            claims.giveBack(digest, after: error)
            throw error
        }
    }

    /// Makes a new object of what `body` writes, unless it says that it is the wrong thing.
    @discardableResult
    private func make(
        _ digest: Digest, _ destination: Intake.Destination,
        _ body: (borrowing OpenFile) throws(SystemError) -> Bool
    ) throws(SystemError) -> Bool {
        let id = ObjectID(intake.algorithm, digest)
        guard let batch = destination.batch else {
            preconditionFailure("objects that are not packed are files")
        }
        var temporary: DurableBatch.Temporary? = batch.newTemporary(for: LooseStore.place(of: id))
        defer { discard(temporary) }
        guard let made = temporary else { return false }
        let output = try batch.create(made, permissions: 0o444)
        guard try body(output) else { return false }
        report.stored.append((id, made.withoutName))
        temporary = nil
        return true
    }

    /// True if the file's own blocks may become the object, so that nothing needs to be copied.
    private func canShare(_ status: FileStatus, _ destination: Intake.Destination) -> Bool {
        guard status.size > 0, status.kind == .regular, let type = destination.types.first else {
            return false
        }
        switch type {
        case .copy: return false
        case .reflink: return destination.store.loose.supportsReflink
        // A file with further names could be changed through them.
        // An executable one of a native listing has to keep its mode.
        case .hardlink, .symlink:
            return status.links == 1 && status.device == destination.device
                && !(status.isExecutable && intake.algorithm == .blake3)
        }
    }

    /// True if the file's inode may become the object.
    private func canLink(_ status: FileStatus, _ destination: Intake.Destination) -> Bool {
        destination.types.first != .reflink && canShare(status, destination)
    }

    /// Makes the file's blocks or its inode the object, or copies it after all where the file system cannot.
    ///
    /// - Parameter seen: the file's status when it was hashed.
    /// - Returns: false if it changed since.
    private func share(
        _ file: borrowing OpenFile, _ digest: Digest, _ position: Int, _ seen: FileStatus,
        _ destination: Intake.Destination
    ) throws(StoreError) -> Bool {
        do throws(SystemError) {
            if destination.types.first == .reflink {
                if try clone(file, digest, seen, destination) { return true }
                guard try file.status().hasSameContent(as: seen) else { return false }
            } else {
                switch try link(position, seen, destination) {
                case .linked(let temporary):
                    report.stored.append((ObjectID(intake.algorithm, digest), temporary))
                    report.linked.append((temporary, seen, file.path))
                    return true
                case .changed: return false
                case .impossible: break
                }
            }
            let algorithm = intake.algorithm
            try file.rewind()
            return try make(digest, destination) { (output) throws(SystemError) in
                try file.digest(algorithm, copyingTo: output) { _ in } == digest
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Clones the file; false if that is impossible or it changed since it was hashed.
    private func clone(
        _ file: borrowing OpenFile, _ digest: Digest, _ seen: FileStatus, _ destination: Intake.Destination
    ) throws(SystemError) -> Bool {
        try make(digest, destination) { (output) throws(SystemError) in
            guard try clone(file, to: output, destination) else { return false }
            return try file.status().hasSameContent(as: seen)
        }
    }

    /// Has a new file share the file's blocks; false where the file systems cannot do that.
    private func clone(
        _ file: borrowing OpenFile, to output: borrowing OpenFile, _ destination: Intake.Destination
    ) throws(SystemError) -> Bool {
        if try output.clone(from: file) { return true }
        destination.store.loose.noteThatReflinkFails()
        return false
    }

    /// Gives the file's inode a name in the batch.
    private func link(
        _ position: Int, _ seen: FileStatus, _ destination: Intake.Destination
    ) throws(SystemError) -> DurableBatch.LinkResult {
        // What a symbolic link leads to may belong to somebody else and must not become read-only.
        guard !snapshot.links.contains(position) else { return .impossible }
        let place: (folder: Folder, name: ArraySlice<UInt8>)
        do throws(SystemError) {
            place = try parents.folder(of: snapshot.paths[position])
        } catch {
            guard error.errno == .notDirectory || error.errno == .tooManySymbolicLinkLevels else {
                throw error
            }
            return .impossible
        }
        guard let batch = destination.batch else { return .impossible }
        return try batch.link(place.name, in: place.folder, seenAs: seen)
    }
}

extension StoreError {
    /// True for a failure that other files would meet as well.
    package var stopsEverything: Bool {
        switch reason {
        case .io(.interrupted), .io(.noSpace), .io(.diskQuotaExceeded), .io(.tooManyOpenFiles): true
        default: false
        }
    }
}
