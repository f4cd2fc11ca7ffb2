public import CairnCore
import CairnSystem
import Synchronization

/// Stores objects of a store once more, under ids of another algorithm: each is read once or twice, checked against its id, hashed anew and
/// stored. What was there stays.
public struct ObjectConversion: Sendable {
    /// What an object is called now.
    public struct Converted: Sendable {
        /// Its id of the other algorithm.
        public let id: ObjectID
        /// Its bytes.
        public let size: Int64
    }

    /// What a conversion did.
    public struct Report: Sendable {
        /// The new ids, by the old ones.
        public internal(set) var objects: [ObjectID: Converted] = [:]
        /// New objects that wait for their batch to be committed.
        public internal(set) var stored: [(id: ObjectID, file: DurableBatch.Temporary)] = []
        /// How many new objects are in packs that wait for their batch to be committed.
        public internal(set) var packedCount = 0
        /// Objects that are missing, damaged, or cannot be read, sorted.
        public internal(set) var failures: [(id: ObjectID, error: StoreError)] = []

        /// Nothing converted.
        public init() {}

        mutating func add(_ other: Report) {
            objects.merge(other.objects) { first, _ in first }
            stored += other.stored
            packedCount += other.packedCount
            failures += other.failures
        }
    }

    let algorithm: HashAlgorithm
    let destination: Intake.Destination
    let workers: Workers
    let reporter: any Reporter
    /// Objects up to this size are held in memory, many at a time.
    private let smallSize: Int64

    /// Describes a conversion within the store of a destination.
    ///
    /// - Parameter algorithm: that of the new ids.
    public init(
        to algorithm: HashAlgorithm, in destination: Intake.Destination, workers: Workers,
        reporter: any Reporter
    ) {
        self.algorithm = algorithm
        self.destination = destination
        self.workers = workers
        self.reporter = reporter
        smallSize =
            destination.packs == nil
            ? SmallFiles.largestSize : min(SmallFiles.largestSize, Int64(ChunkingRule.wholeFileLimit))
    }

    /// Converts files; a listing has to be made anew by who knows the ids of its members.
    ///
    /// - Parameter objects: each once, none of them the listing of a directory.
    /// - Returns: a report in which every object is either among the converted or among the failures.
    /// - Throws: `StoreError` for what stops everything: a signal, or no more space.
    public func run(_ objects: [ObjectReader.Object]) throws(StoreError) -> Report {
        let groups = [HashAlgorithm: [ObjectReader.Object]](grouping: objects) { $0.id.algorithm }
        let units = groups.values.flatMap(units)
        let total = Mutex(Report())
        let claims = ObjectClaims(algorithm)
        try workers.forEachRange(of: units.count, stride: 1, with: SmallFiles.init) {
            (files, range) throws(StoreError) in
            for unit in range {
                var task = ConversionTask(conversion: self, claims: claims, files: files)
                try task.run(units[unit])
                total.withLock { [report = task.report] in $0.add(report) }
            }
        }
        var report = total.withLock { $0 }
        for (old, new) in report.objects {
            guard let error = claims.failures[new.id.digest] else { continue }
            report.objects[old] = nil
            report.failures.append((old, error))
        }
        report.failures.sort { $0.id < $1.id }
        return report
    }

    /// Splits objects into runs of small ones, and single large ones.
    private func units(_ objects: [ObjectReader.Object]) -> [ArraySlice<ObjectReader.Object>] {
        var units: [ArraySlice<ObjectReader.Object>] = []
        var start = 0
        var bytes: Int64 = 0
        for (place, object) in objects.enumerated() {
            let isLarge = object.size > smallSize
            let isFull = bytes + object.size > SmallFiles.batchSize || place - start >= Self.runLength
            if place > start, isLarge || isFull {
                units.append(objects[start..<place])
                (start, bytes) = (place, 0)
            }
            bytes += object.size
            if isLarge {
                units.append(objects[place...place])
                (start, bytes) = (place + 1, 0)
            }
        }
        if start < objects.count { units.append(objects[start...]) }
        return units
    }

    /// More than are hashed together: objects of one frame of a pack are best read at once.
    private static let runLength = 1024

    /// True for an object that is read alone.
    func isLarge(_ object: ObjectReader.Object) -> Bool { object.size > smallSize }
}
