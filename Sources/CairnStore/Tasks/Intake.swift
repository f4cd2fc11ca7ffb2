public import CairnCore
public import CairnSystem
import Synchronization

/// Reads workspace files, each byte once: hashes them, and in the same pass stores those that a store lacks.
///
/// Small files are hashed many at a time in SIMD lanes; a large file is hashed on one thread while another writes it. A file that
/// changes while it is read is read again once, and then reported.
public struct Intake: Sendable {
    /// Where files go that the store does not have yet.
    public struct Destination: Sendable {
        let store: ObjectStore
        /// Where new objects are packed; `nil` where each becomes a file.
        let packs: PackBatch?
        let inventory: ObjectInventory
        let batch: DurableBatch?
        let types: [LinkType]
        let quarantine: FilePath
        /// The file system of the store; `nil` where it cannot be asked.
        let device: UInt64?

        /// Describes a destination.
        ///
        /// - Parameters:
        ///   - packs: where new objects are packed; without it, each becomes a file of `batch`.
        ///   - types: how the workspace will share bytes with the store, the first that works: with links no byte is copied.
        ///   - quarantine: where an object goes that turns out to be damaged.
        public init(
            store: ObjectStore, packs: PackBatch? = nil, inventory: ObjectInventory, batch: DurableBatch?,
            types: [LinkType], quarantine: FilePath
        ) {
            self.store = store
            self.packs = packs
            self.inventory = inventory
            self.batch = batch
            self.types = types
            self.quarantine = quarantine
            device = (try? store.folder?.status(""))??.device
        }
    }

    /// A file that was read; there may be millions.
    public struct ReadFile: Sendable {
        /// The digest of its bytes.
        public let digest: Digest
        private let position: UInt32
        /// Where it is in the snapshot.
        public var index: Int { Int(position) }

        init(_ index: Int, _ digest: Digest) {
            position = UInt32(index)
            self.digest = digest
        }
    }

    /// What reading a set of files gave.
    public struct Report: Sendable {
        /// The digest of each file that was read, by its position in the snapshot.
        public private(set) var digests = KnownDigests(count: 0)
        /// What one run has read.
        var run: [ReadFile] = []
        /// What files turned out to be that changed after the snapshot and before they were read, by position.
        public var changed: [Int: FileStatus] = [:]
        /// New objects that wait for the batch to be committed.
        public var stored: [(id: ObjectID, file: DurableBatch.Temporary)] = []
        /// How many new objects are in packs that wait for their batch to be committed.
        public var packedCount = 0
        /// Objects among them that share the inode of a workspace file, with that file as it was when it was read.
        public var linked: [(file: DurableBatch.Temporary, status: FileStatus, path: FilePath)] = []
        /// Files that could not be read, by position.
        public var failures: [(index: Int, error: StoreError)] = []

        /// Creates an empty report.
        public init() {}

        /// - Parameter snapshot: the one that is read.
        fileprivate init(of snapshot: TreeSnapshot) { digests = KnownDigests(count: snapshot.count) }

        /// The files that were read, in the order of their positions in the snapshot.
        public var files: [ReadFile] {
            digests.indices.compactMap { index in digests[index].map { ReadFile(index, $0) } }
        }

        /// How many bytes a file had when it was read.
        ///
        /// - Parameter snapshot: the one that was read.
        public func size(of file: ReadFile, in snapshot: TreeSnapshot) -> Int64 {
            (changed[file.index] ?? snapshot.files[file.index]).size
        }

        /// Files whose object another file was to bring, which failed, have failed too.
        fileprivate mutating func settle(_ failed: [Digest: StoreError]) {
            guard !failed.isEmpty else { return }
            for index in digests.indices {
                guard let digest = digests[index], let error = failed[digest] else { continue }
                digests[index] = nil
                failures.append((index, error))
            }
        }

        /// Takes in what one run has read.
        mutating func add(_ other: Report) {
            for file in other.run { digests[file.index] = file.digest }
            changed.merge(other.changed) { $1 }
            stored += other.stored
            packedCount += other.packedCount
            linked += other.linked
            failures += other.failures
        }
    }

    let algorithm: HashAlgorithm
    let reporter: any Reporter
    let destination: Destination?
    /// Where files are measured instead of stored, and for each position of the snapshot the account that it counts for.
    let forecast: (forecast: StorageForecast, accounts: [Int])?
    let workers: Workers

    /// Describes a reading.
    ///
    /// - Parameter destination: `nil` to hash only.
    public init(
        _ algorithm: HashAlgorithm, into destination: Destination? = nil, workers: Workers,
        reporter: any Reporter
    ) {
        self.algorithm = algorithm
        self.destination = destination
        forecast = nil
        self.workers = workers
        self.reporter = reporter
    }

    /// Describes a reading that stores nothing: what a packed store would make of the files is measured.
    ///
    /// - Parameter accounts: for each position of the snapshot the account of the forecast that the file counts for.
    public init(
        measuring forecast: StorageForecast, accounts: [Int], workers: Workers, reporter: any Reporter
    ) {
        algorithm = .blake3
        destination = nil
        self.forecast = (forecast, accounts)
        self.workers = workers
        self.reporter = reporter
    }

    /// Reads the files of a snapshot at the given positions.
    ///
    /// - Parameter folder: the folder of which the snapshot is.
    /// - Returns: a report in which every position is either among the files or among the failures.
    /// - Throws: `StoreError` for what stops everything: a signal, or no more space.
    public func read(_ snapshot: TreeSnapshot, at positions: [Int], in folder: Folder) throws(StoreError)
        -> Report
    {
        let units = Self.units(positions, snapshot)
        let total = Mutex(Report(of: snapshot))
        let claims = ObjectClaims(algorithm)
        try workers.forEachRange(of: units.count, stride: 1, with: SmallFiles.init) {
            (files, range) throws(StoreError) in
            for unit in range {
                let task = IntakeTask(self, snapshot, folder, claims, files)
                try task.run(positions[units[unit]])
                total.withLock { [report = task.report] in $0.add(report) }
            }
        }
        var report = total.withLock { $0 }
        report.settle(claims.failures)
        report.failures.sort { $0.index < $1.index }
        return report
    }

    /// Splits positions into runs of small files and single large ones.
    private static func units(_ positions: [Int], _ snapshot: TreeSnapshot) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start = 0
        var bytes: Int64 = 0
        func endRun(before place: Int) {
            if start < place { units.append(start..<place) }
            (start, bytes) = (place, 0)
        }
        for (place, position) in positions.enumerated() {
            let size = snapshot.files[position].size
            if size > SmallFiles.largestSize {
                endRun(before: place)
                endRun(before: place + 1)
                continue
            }
            if bytes + size > SmallFiles.batchSize || place - start >= SmallFiles.batchCount {
                endRun(before: place)
            }
            bytes += size
        }
        endRun(before: positions.count)
        return units
    }
}

extension Intake.Destination {
    /// True if the store lacks the object; a damaged one is moved aside.
    func isMissing(_ id: ObjectID, _ reporter: any Reporter) throws(StoreError) -> Bool {
        guard try inventory.contains(id) else { return true }
        do throws(StoreError) {
            try store.verify(id)
            return false
        } catch {
            switch error.reason {
            case .missing: return true
            case .damaged, .missingPart:
                _ = try store.moveAside(id, into: quarantine)
                packs?.forgetPacks()
                reporter.warn(
                    "object \(id.short) in the cache was damaged; stored anew, the damaged one is kept in '\(quarantine)'",
                    hint: nil)
                return true
            default: throw error
            }
        }
    }
}

extension Intake.Report {
    /// Makes the new objects durable and gives them their names in the store.
    ///
    /// - Throws: `StoreError`, with `.changing` if a file that an object shares its inode with was written to since it was
    ///   read: nothing has its name in the store then. After another failure, objects that have their names are sound.
    public func commit(_ batch: DurableBatch) throws(StoreError) {
        for link in linked {
            guard try system({ () throws(SystemError) in try batch.protect(link.file, seenAs: link.status) })
            else {
                throw StoreError(.changing, link.path)
            }
        }
        try system { () throws(SystemError) in
            let listings = stored.firstIndex { $0.id.isDirectory }
            try batch.commit(count: stored.count, last: listings) { [stored] index in
                (stored[index].file, LooseStore.place(of: stored[index].id))
            }
        }
    }
}
