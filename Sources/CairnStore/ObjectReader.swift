public import CairnCore
public import CairnSystem
import Synchronization

/// Reads objects of a store, each byte once, and checks them against their ids: many small ones together in SIMD lanes, a large one as
/// a stream. What is sound can be copied into a batch of another store in the same pass.
public struct ObjectReader: Sendable {
    /// An object to be read.
    public struct Object: Sendable {
        /// Its name.
        public let id: ObjectID
        /// Its bytes, as the file system tells; what is read decides.
        public let size: Int64

        /// Puts an object together.
        public init(_ id: ObjectID, size: Int64) {
            self.id = id
            self.size = size
        }
    }

    /// What reading found.
    public struct Report: Sendable {
        /// How many objects have the bytes that their names promise.
        public internal(set) var soundCount = 0
        /// The bytes of those.
        public internal(set) var soundBytes: Int64 = 0
        /// Sound objects that were copied and wait for their batch to be committed.
        public internal(set) var copies: [(id: ObjectID, file: DurableBatch.Temporary)] = []
        /// Sound objects that were packed and wait for their batch to be committed.
        public internal(set) var packed: [ObjectID] = []
        /// Objects that are missing, damaged, or cannot be read.
        public internal(set) var failures: [(id: ObjectID, error: StoreError)] = []

        /// Nothing read yet.
        public init() {}

        mutating func add(_ other: Report) {
            soundCount += other.soundCount
            soundBytes += other.soundBytes
            copies += other.copies
            packed += other.packed
            failures += other.failures
        }
    }

    let store: ObjectStore
    private let workers: Workers
    let reporter: any Reporter

    /// Describes a reading.
    public init(of store: ObjectStore, workers: Workers, reporter: any Reporter) {
        self.store = store
        self.workers = workers
        self.reporter = reporter
    }

    /// Finds the sizes of objects.
    ///
    /// - Returns: the objects that the store has, in the order given, and the ids that it lacks.
    /// - Throws: `StoreError` if the store cannot be looked at.
    public func find(_ ids: [ObjectID]) throws(StoreError) -> (found: [Object], missing: [ObjectID]) {
        let parts = Mutex<[(start: Int, found: [Object], missing: [ObjectID])]>([])
        try workers.forEachRange(of: ids.count, stride: 1024) { (range) throws(StoreError) in
            var (found, missing): ([Object], [ObjectID]) = ([], [])
            found.reserveCapacity(range.count)
            for index in range {
                if let size = try size(of: ids[index]) {
                    found.append(Object(ids[index], size: size))
                } else {
                    missing.append(ids[index])
                }
            }
            parts.withLock { [found, missing] in $0.append((range.lowerBound, found, missing)) }
        }
        let sorted = parts.withLock { $0 }.sorted { $0.start < $1.start }
        return (sorted.flatMap(\.found), sorted.flatMap(\.missing))
    }

    /// Reads objects.
    ///
    /// - Parameters:
    ///   - sink: where sound objects are copied to, if they are; a copy has no name before its batch is committed.
    ///   - report: takes in what was found, also when the work stops early.
    /// - Throws: `StoreError` for what stops everything: a signal, or a copy that cannot be written.
    public func read(
        _ objects: [Object], copyingInto sink: ObjectSink? = nil, into report: inout Report
    ) throws(StoreError) {
        let units = Self.units(objects)
        let total = Mutex(Report())
        var failure: StoreError?
        do throws(StoreError) {
            try workers.forEachRange(of: units.count, stride: 1, with: SmallFiles.init) {
                (files, range) throws(StoreError) in
                for unit in range {
                    var task = ReadingTask(reader: self, objects: objects, sink: sink, files: files)
                    do throws(StoreError) {
                        try task.run(units[unit])
                    } catch {
                        total.withLock { [report = task.report] in $0.add(report) }
                        throw error
                    }
                    total.withLock { [report = task.report] in $0.add(report) }
                }
            }
        } catch {
            failure = error
        }
        report.add(total.withLock { $0 })
        if let failure { throw failure }
    }

    /// The size of an object; 0 for one that is too damaged to tell, which reading it will find.
    private func size(of id: ObjectID) throws(StoreError) -> Int64? {
        do throws(StoreError) {
            return try store.size(of: id)
        } catch {
            guard error.damagedObject != nil else { throw error }
            return 0
        }
    }

    /// Splits objects into runs of small ones of one algorithm, and single large ones.
    private static func units(_ objects: [Object]) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start = 0
        var bytes: Int64 = 0
        for (place, object) in objects.enumerated() {
            let isLarge = object.size > SmallFiles.largestSize
            let isFull = bytes + object.size > SmallFiles.batchSize || place - start >= SmallFiles.batchCount
            if place > start,
                isLarge || isFull || object.id.contentAlgorithm != objects[start].id.contentAlgorithm
            {
                units.append(start..<place)
                start = place
                bytes = 0
            }
            bytes += object.size
            if isLarge {
                units.append(start..<(place + 1))
                start = place + 1
                bytes = 0
            }
        }
        if start < objects.count { units.append(start..<objects.count) }
        return units
    }
}

/// Where objects are copied to.
public enum ObjectSink: Sendable {
    /// Each becomes a file.
    case files(DurableBatch)
    /// They are packed; for native ids only.
    case packs(any ObjectPacker)
}

/// The work on one run of objects, on one thread.
struct ReadingTask {
    let reader: ObjectReader
    let objects: [ObjectReader.Object]
    let sink: ObjectSink?
    /// The memory that small objects are read into.
    let files: SmallFiles
    var report = ObjectReader.Report()

    /// A failure that concerns more than one object.
    enum Stop: Error {
        case object(StoreError)
        case everything(StoreError)
    }

    mutating func run(_ range: Range<Int>) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        if objects[range.lowerBound].size > SmallFiles.largestSize {
            if try isPacked(objects[range.lowerBound].id) {
                return try attempt(range.lowerBound) { (task) throws(Stop) in
                    try task.unpack(range.lowerBound)
                }
            }
            try attempt(range.lowerBound) { (task) throws(Stop) in try task.stream(range.lowerBound) }
        } else {
            try readTogether(range)
        }
    }

    /// Turns the failure of one object into a line of the report.
    private mutating func attempt(
        _ index: Int, _ body: (inout Self) throws(Stop) -> Void
    ) throws(StoreError) {
        do throws(Stop) {
            try body(&self)
        } catch {
            switch error {
            case .everything(let error): throw error
            case .object(let error):
                if error.stopsEverything { throw error }
                report.failures.append((objects[index].id, error))
            }
        }
    }

    private mutating func readTogether(_ range: Range<Int>) throws(StoreError) {
        let files = files
        files.removeAll()
        for index in range {
            if try isPacked(objects[index].id) {
                try attempt(index) { (task) throws(Stop) in try task.unpack(index) }
                continue
            }
            try attempt(index) { (task) throws(Stop) in
                if try !task.take(index, into: files) { try task.stream(index) }
            }
        }
        let digests = files.digests(by: objects[range.lowerBound].id.contentAlgorithm)
        for (number, index) in files.positions.enumerated() {
            try attempt(index) { (task) throws(Stop) in
                let id = task.objects[index].id
                guard digests[number] == id.digest else { throw task.damaged(id) }
                try task.copy(files.contents[number], as: id)
                task.report.soundCount += 1
                task.report.soundBytes += Int64(files.contents[number].count)
            }
        }
        reader.reporter.advance(items: files.count, bytes: Int64(files.byteCount))
    }

    /// Reads an object whole; false if it is not as long as it was.
    private func take(_ index: Int, into files: SmallFiles) throws(Stop) -> Bool {
        do throws(StoreError) {
            let file = try reader.store.loose.open(objects[index].id)
            do throws(SystemError) {
                return try files.read(file, size: objects[index].size, as: index)
            } catch {
                throw StoreError(error)
            }
        } catch {
            throw .object(error)
        }
    }

    mutating func copy(_ bytes: UnsafeRawBufferPointer, as id: ObjectID) throws(Stop) {
        guard let sink else { return }
        guard case .files(let batch) = sink else { return try pack(bytes, as: id) }
        let temporary = batch.newTemporary(for: LooseStore.place(of: id))
        do throws(SystemError) {
            let file = try batch.create(temporary, permissions: 0o444)
            try file.write(bytes)
        } catch {
            throw .everything(StoreError(error))
        }
        report.copies.append((id, temporary.withoutName))
    }

    private mutating func stream(_ index: Int) throws(Stop) {
        let id = objects[index].id
        let file: OpenFile
        do throws(StoreError) { file = try reader.store.loose.open(id) } catch { throw .object(error) }
        if case .packs(let packs) = sink { return try pack(file, id, packs) }
        guard case .files(let batch) = sink else {
            let digest: Digest
            do throws(SystemError) {
                digest = try file.digest(id.contentAlgorithm) { reader.reporter.advance(items: 0, bytes: $0) }
            } catch {
                throw .object(StoreError(error))
            }
            return try finish(id, digest, objects[index].size)
        }
        let temporary = batch.newTemporary(for: LooseStore.place(of: id))
        let copy: OpenFile
        do throws(SystemError) {
            copy = try batch.create(temporary, permissions: 0o444)
        } catch {
            throw .everything(StoreError(error))
        }
        do throws(Stop) {
            let digest: Digest
            do throws(SystemError) {
                digest = try file.digest(id.contentAlgorithm, copyingTo: copy) {
                    reader.reporter.advance(items: 0, bytes: $0)
                }
            } catch {
                let isOurs = error.path == file.path && error.errno != .interrupted
                throw isOurs ? .object(StoreError(error)) : .everything(StoreError(error))
            }
            try finish(id, digest, objects[index].size)
            report.copies.append((id, temporary.withoutName))
        } catch {
            try? batch.discard(temporary)  // the first failure is the one to report
            throw error
        }
    }

    mutating func finish(_ id: ObjectID, _ digest: Digest, _ size: Int64) throws(Stop) {
        guard digest == id.digest else { throw damaged(id) }
        report.soundCount += 1
        report.soundBytes += size
        reader.reporter.advance(items: 1, bytes: 0)
    }

    func damaged(_ id: ObjectID) -> Stop {
        .object(StoreError(.damaged(id), reader.store.loose.path(of: id)))
    }
}
