public import CairnCore
public import CairnSystem
import Synchronization

/// Reads workspace files, each byte once: hashes them, and in the same pass stores those that a store lacks.
///
/// Small files are hashed many at a time in SIMD lanes; a large file is hashed on one thread while another writes it. A file that
/// changes while it is read is read again once, and then reported.
public struct Intake: Sendable {
    /// Files up to this size, in bytes, are read whole and hashed together.
    static let smallSize: Int64 = 256 << 10
    /// How many bytes and files are read together at most.
    static let batchSize: Int64 = 4 << 20
    static let batchCount = 64

    /// Where files go that the store does not have yet.
    public struct Destination: Sendable {
        let store: LooseStore
        let inventory: ObjectInventory
        let batch: DurableBatch
        let types: [LinkType]
        let quarantine: FilePath

        /// Describes a destination.
        ///
        /// - Parameters:
        ///   - types: how the workspace will share bytes with the store, the first that works: with links no byte is copied.
        ///   - quarantine: where an object goes that turns out to be damaged.
        public init(
            store: LooseStore, inventory: ObjectInventory, batch: DurableBatch, types: [LinkType], quarantine: FilePath
        ) {
            self.store = store
            self.inventory = inventory
            self.batch = batch
            self.types = types
            self.quarantine = quarantine
        }
    }

    /// What reading a set of files gave.
    public struct Report: Sendable {
        /// The digest and the status of each file that was read, by its position in the snapshot.
        public var files: [(index: Int, digest: Digest, status: FileStatus)] = []
        /// New objects that wait for the batch to be committed.
        public var stored: [(id: ObjectID, file: DurableBatch.Temporary)] = []
        /// Objects among them that share the inode of a workspace file.
        public var linked: [DurableBatch.Temporary] = []
        /// Files that could not be read, by position.
        public var failures: [(index: Int, error: StoreError)] = []

        /// Creates an empty report.
        public init() {}

        mutating func add(_ other: Report) {
            files += other.files
            stored += other.stored
            linked += other.linked
            failures += other.failures
        }
    }

    private let algorithm: HashAlgorithm
    private let workers: Workers
    private let reporter: any Reporter
    private let destination: Destination?

    /// Describes a reading.
    ///
    /// - Parameter destination: `nil` to hash only.
    public init(
        _ algorithm: HashAlgorithm, into destination: Destination? = nil, workers: Workers, reporter: any Reporter
    ) {
        self.algorithm = algorithm
        self.destination = destination
        self.workers = workers
        self.reporter = reporter
    }

    /// Reads the files of a snapshot at the given positions.
    ///
    /// - Parameter folder: the folder of which the snapshot is.
    /// - Returns: a report in which every position is either among the files or among the failures.
    /// - Throws: `StoreError` for what stops everything: a signal, or no more space.
    public func read(_ snapshot: TreeSnapshot, at positions: [Int], in folder: Folder) throws(StoreError) -> Report {
        let units = Self.units(positions, snapshot)
        let total = Mutex(Report())
        let claimed = Mutex<Set<Digest>>([])
        try workers.forEachRange(of: units.count, stride: 1) { (range) throws(StoreError) in
            for unit in range {
                let task = UnitTask(
                    intake: self, snapshot: snapshot, folder: folder, claim: { id in claimed.withLock { $0.insert(id).inserted } })
                let report = try task.run(positions[units[unit]])
                total.withLock { $0.add(report) }
            }
        }
        var report = total.withLock { $0 }
        report.files.sort { $0.index < $1.index }
        report.failures.sort { $0.index < $1.index }
        return report
    }

    /// Splits positions into runs of small files and single large ones.
    private static func units(_ positions: [Int], _ snapshot: TreeSnapshot) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start = 0
        var bytes: Int64 = 0
        for (place, position) in positions.enumerated() {
            let size = snapshot.files[position].size
            if place > start, size > smallSize || bytes + size > batchSize || place - start >= batchCount || bytes > smallSize * 16 {
                units.append(start..<place)
                start = place
                bytes = 0
            }
            bytes += size
            if size > smallSize {
                units.append(start..<(place + 1))
                start = place + 1
                bytes = 0
            }
        }
        if start < positions.count { units.append(start..<positions.count) }
        return units
    }

    /// The work on one run of files, on one thread.
    private struct UnitTask {
        let intake: Intake
        let snapshot: TreeSnapshot
        let folder: Folder
        /// True for the first who asks about a digest.
        let claim: (Digest) -> Bool

        func run(_ positions: ArraySlice<Int>) throws(StoreError) -> Report {
            var report = Report()
            do throws(SystemError) { try Interruption.check() } catch { throw StoreError(error) }
            if let only = positions.first, snapshot.files[only].size > Intake.smallSize {
                try attempt(only, &report) { (report) throws(StoreError) in try readAlone(only, &report) }
            } else {
                try readTogether(positions, &report)
            }
            return report
        }

        /// Turns the failure of one file into a line of the report, unless it concerns all files.
        private func attempt(
            _ position: Int, _ report: inout Report, _ body: (inout Report) throws(StoreError) -> Void
        ) throws(StoreError) {
            do throws(StoreError) {
                try body(&report)
            } catch {
                switch error.reason {
                case .io(.interrupted), .io(.noSpace), .io(.diskQuotaExceeded), .io(.tooManyOpenFiles): throw error
                default: report.failures.append((position, error))
                }
            }
        }

        private func readTogether(_ positions: ArraySlice<Int>, _ report: inout Report) throws(StoreError) {
            // One byte more than each file should have shows a file that grew.
            let capacity = positions.reduce(0) { $0 + Int(snapshot.files[$1].size) + 1 }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
            defer { memory.deallocate() }
            var used = 0
            var inputs: [UnsafeRawBufferPointer] = []
            var sound: [Int] = []
            for position in positions {
                let size = Int(snapshot.files[position].size)
                let slot = UnsafeMutableRawBufferPointer(rebasing: memory[used..<(used + size + 1)])
                try attempt(position, &report) { (report) throws(StoreError) in
                    if try fill(slot, from: position) {
                        inputs.append(UnsafeRawBufferPointer(rebasing: slot[..<size]))
                        sound.append(position)
                        used += size
                    } else {
                        try readAlone(position, &report)
                    }
                }
            }
            let digests = ContentHasher.digests(intake.algorithm, of: inputs)
            for (number, position) in sound.enumerated() {
                try attempt(position, &report) { (report) throws(StoreError) in
                    try store(digests[number], position, snapshot.files[position], inputs[number], &report)
                    report.files.append((position, digests[number], snapshot.files[position]))
                }
            }
            intake.reporter.advance(items: sound.count, bytes: Int64(used))
        }

        /// Reads a file whole; false if it is not as the snapshot saw it.
        private func fill(_ slot: UnsafeMutableRawBufferPointer, from position: Int) throws(StoreError) -> Bool {
            do throws(SystemError) {
                let file = try OpenFile(reading: snapshot.paths[position], in: folder, followingLinks: true)
                guard try file.read(into: slot) == slot.count - 1 else { return false }
                return try file.status().hasSameContent(as: snapshot.files[position])
            } catch {
                throw StoreError(error)
            }
        }

        /// Reads one file as a stream, again if it changed meanwhile.
        private func readAlone(_ position: Int, _ report: inout Report) throws(StoreError) {
            for _ in 0..<2 {
                let file: OpenFile
                do throws(SystemError) {
                    file = try OpenFile(reading: snapshot.paths[position], in: folder, followingLinks: true)
                } catch {
                    throw StoreError(error)
                }
                if try stream(file, position, &report) { return }
            }
            throw StoreError(.changing, folder.path(of: snapshot.paths[position]))
        }

        private func stream(
            _ file: borrowing OpenFile, _ position: Int, _ report: inout Report
        ) throws(StoreError) -> Bool {
            let reporter = intake.reporter
            var copy: DurableBatch.Temporary?
            do throws(SystemError) {
                let before = try file.status()
                guard before.kind == .regular else { throw SystemError(.invalidArgument, "read", file.path) }
                let digest: Digest
                if let destination = intake.destination, !canShare(before, destination) {
                    let temporary = destination.batch.newTemporary()
                    copy = temporary
                    let output = try destination.batch.create(temporary, permissions: 0o444)
                    digest = try file.digest(intake.algorithm, copyingTo: output) { reporter.advance(items: 0, bytes: $0) }
                } else {
                    digest = try file.digest(intake.algorithm) { reporter.advance(items: 0, bytes: $0) }
                }
                let after = try file.status()
                guard after.hasSameContent(as: before) else {
                    if let copy { try intake.destination?.batch.discard(copy) }
                    return false
                }
                if let destination = intake.destination {
                    let isNew = try isNew(digest, before.size, destination)
                    if let temporary = copy {
                        if isNew {
                            report.stored.append((ObjectID(intake.algorithm, digest), temporary))
                        } else {
                            try destination.batch.discard(temporary)
                        }
                    } else if isNew {
                        try share(file, digest, position, destination, &report)
                    }
                }
                report.files.append((position, digest, after))
                reporter.advance(items: 1, bytes: 0)
                return true
            } catch {
                if let copy { try? intake.destination?.batch.discard(copy) }  // the first failure is the one to report
                throw StoreError(error)
            }
        }

        /// Stores a small file that lies in memory.
        private func store(
            _ digest: Digest, _ position: Int, _ status: FileStatus, _ bytes: UnsafeRawBufferPointer, _ report: inout Report
        ) throws(StoreError) {
            guard let destination = intake.destination else { return }
            do throws(SystemError) {
                guard try isNew(digest, status.size, destination) else { return }
                if canShare(status, destination) {
                    let file = try OpenFile(reading: snapshot.paths[position], in: folder, followingLinks: true)
                    try share(file, digest, position, destination, &report)
                } else {
                    let temporary = destination.batch.newTemporary()
                    let output = try destination.batch.create(temporary, permissions: 0o444)
                    try output.write(bytes)
                    report.stored.append((ObjectID(intake.algorithm, digest), temporary))
                }
            } catch {
                throw StoreError(error)
            }
        }

        /// True if the file's own blocks may become the object, so that nothing needs to be copied.
        private func canShare(_ status: FileStatus, _ destination: Destination) -> Bool {
            guard status.size > 0, let type = destination.types.first else { return false }
            switch type {
            case .copy: return false
            case .reflink: return destination.store.supportsReflink
            // A file with further names could be changed through them.
            case .hardlink, .symlink: return status.links == 1
            }
        }

        /// Makes the file's blocks or its inode the object, or copies it after all where the file system cannot.
        private func share(
            _ file: borrowing OpenFile, _ digest: Digest, _ position: Int, _ destination: Destination, _ report: inout Report
        ) throws(SystemError) {
            let id = ObjectID(intake.algorithm, digest)
            if destination.types.first != .reflink {
                let link = try snapshot.paths.withCString(position) { (name) throws(SystemError) in
                    try destination.batch.link(name, in: folder)
                }
                if let link {
                    report.stored.append((id, link))
                    report.linked.append(link)
                    return
                }
            }
            let temporary = destination.batch.newTemporary()
            let output = try destination.batch.create(temporary, permissions: 0o444)
            if destination.types.first == .reflink {
                if try output.clone(from: file) {
                    report.stored.append((id, temporary))
                    return
                }
                destination.store.noteThatReflinkFails()
            }
            try file.rewind()
            let again = try file.digest(intake.algorithm, copyingTo: output) { _ in }
            guard again == digest else {
                try destination.batch.discard(temporary)
                throw SystemError(.resourceTemporarilyUnavailable, "read twice alike", file.path)
            }
            report.stored.append((id, temporary))
        }

        /// True if nobody has stored the object yet; a damaged one is moved aside.
        private func isNew(_ digest: Digest, _ size: Int64, _ destination: Destination) throws(SystemError) -> Bool {
            let id = ObjectID(intake.algorithm, digest)
            guard claim(digest) else { return false }
            do throws(StoreError) {
                guard try destination.inventory.contains(id) else { return true }
                do throws(StoreError) {
                    try destination.store.verify(id)
                    return false
                } catch {
                    switch error.reason {
                    case .missing: return true
                    case .damaged:
                        _ = try destination.store.moveAside(id, into: destination.quarantine)
                        intake.reporter.warn(
                            "object \(id.short) in the cache was damaged; stored anew, the damaged one is kept in '\(destination.quarantine)'",
                            hint: nil)
                        return true
                    default: throw error
                    }
                }
            } catch {
                guard case .io(let errno) = error.reason else { throw SystemError(.ioError, "verify", error.path) }
                throw SystemError(errno, "verify", error.path)
            }
        }
    }
}

extension Intake.Report {
    /// Makes the new objects durable and gives them their names in the store.
    ///
    /// - Throws: `StoreError`; objects that have their names by then are sound.
    public func commit(_ batch: DurableBatch) throws(StoreError) {
        do throws(SystemError) {
            for file in linked { try batch.protect(file) }
            try batch.commit(count: stored.count) { index in
                let (folder, name) = LooseStore.place(of: stored[index].id)
                return (stored[index].file, folder, name)
            }
        } catch {
            throw StoreError(error)
        }
    }
}
