public import CairnCore
public import CairnSystem
import Synchronization

/// Looks at the objects of a store that somebody needs: those that are files one by one, those in packs pack by pack.
///
/// With a limit of time, what was checked longest ago comes first, and what has been begun is finished.
public struct StoreInspection: Sendable {
    /// What an inspection found.
    public struct Report: Sendable {
        /// Objects that were looked at and are as they should be, as far as the depth tells.
        public internal(set) var soundCount = 0
        /// The bytes of those, where they are known.
        public internal(set) var soundBytes: Int64 = 0
        /// Objects that the store does not have.
        public internal(set) var missing: [ObjectID] = []
        /// Objects that the store has, and not as they should be; or that cannot be read.
        public internal(set) var failures: [(id: ObjectID, error: StoreError)] = []
        /// Damaged packs.
        public internal(set) var packs: [PackDamage] = []
        /// How many objects that are files, and how many packs, were checked.
        public internal(set) var checked = Amount()
        /// How many are left because the time was over.
        public internal(set) var remaining = Amount()
        /// When that which was checked longest ago was checked, in nanoseconds since 1970; `nil` if something never was.
        public internal(set) var oldest: Int64?
        /// How many units were never checked at this depth.
        public internal(set) var neverCount = 0

        /// An empty report.
        public init() {}

        /// Notes that an object turned out not to be as it should while something else was done.
        public mutating func note(_ id: ObjectID, _ error: StoreError) { failures.append((id, error)) }
    }

    /// A number of units, and their bytes.
    public struct Amount: Sendable {
        /// Objects that are files.
        public internal(set) var objects = 0
        /// Packs.
        public internal(set) var packs = 0
        /// The bytes of both.
        public internal(set) var bytes: Int64 = 0

        /// Both together.
        public var units: Int { objects + packs }

        /// Nothing.
        public init() {}

        /// Adds another amount.
        public mutating func add(_ other: Amount) {
            objects += other.objects
            packs += other.packs
            bytes += other.bytes
        }
    }

    let store: ObjectStore
    let depth: CheckDepth
    let deadline: Int64?
    let now: @Sendable () -> Int64
    let log: CheckLog?
    let logged: FilePath?
    let workers: Workers
    let reporter: any Reporter

    /// Describes an inspection.
    ///
    /// - Parameters:
    ///   - deadline: after this moment nothing more is begun, in nanoseconds since 1970; at least one unit is always checked.
    ///   - now: the clock by which that is told.
    ///   - log: knows what was checked when; `nil` to remember nothing.
    ///   - logged: under which name the log knows the store; `nil` for its folder.
    public init(
        of store: ObjectStore, _ depth: CheckDepth, deadline: Int64? = nil,
        now: @escaping @Sendable () -> Int64 = { Surroundings.now }, log: CheckLog? = nil,
        logged: FilePath? = nil,
        workers: Workers, reporter: any Reporter
    ) {
        self.store = store
        self.depth = depth
        self.deadline = deadline
        self.now = now
        self.log = log
        self.logged = logged
        self.workers = workers
        self.reporter = reporter
    }

    /// Looks at objects.
    ///
    /// - Parameter ids: no id twice.
    /// - Throws: `StoreError` if the store cannot be looked at, or with EINTR when the user asked to stop. Nothing is changed in either case.
    public func run(_ ids: [ObjectID]) throws(StoreError) -> Report {
        var run = InspectionRun(self)
        do throws(StoreError) {
            try run.sort(ids)
            try run.check()
        } catch {
            run.remember()
            throw error
        }
        run.remember()
        return run.report
    }
}

/// An inspection while it goes on.
private struct InspectionRun {
    private let inspection: StoreInspection
    private let store: ObjectStore
    private let depth: CheckDepth
    private(set) var report = StoreInspection.Report()
    private var files: [ObjectReader.Object] = []
    private var scope: PackedScope?
    private var entries: [CheckLog.Entry] = []
    private var times: [CheckUnit: Int64] = [:]

    /// Something that is checked in one piece.
    private struct Unit {
        let unit: CheckUnit
        let size: Int64
        /// Its place among `files`, or among the packs of `scope`.
        let position: Int
    }

    init(_ inspection: StoreInspection) {
        self.inspection = inspection
        store = inspection.store
        depth = inspection.depth
    }

    /// Finds out which objects are files, which are in packs, and which are nowhere.
    mutating func sort(_ ids: [ObjectID]) throws(StoreError) {
        let parts = Mutex<[(start: Int, files: [ObjectReader.Object], others: [ObjectID])]>([])
        let loose = store.loose
        try inspection.workers.forEachRange(of: ids.count, stride: 1024) { (range) throws(StoreError) in
            var (files, others): ([ObjectReader.Object], [ObjectID]) = ([], [])
            for index in range {
                if let status = try loose.status(of: ids[index]) {
                    files.append(ObjectReader.Object(ids[index], size: status.size))
                } else {
                    others.append(ids[index])
                }
            }
            parts.withLock { [files, others] in $0.append((range.lowerBound, files, others)) }
        }
        let sorted = parts.withLock { $0 }.sorted { $0.start < $1.start }
        files = sorted.flatMap(\.files)
        let others = sorted.flatMap(\.others)
        guard let packed = store.packed, !others.isEmpty else {
            report.missing = others
            return
        }
        let scope = try PackedScope(others, in: packed, depth)
        report.missing = scope.missing
        report.failures = scope.failures
        self.scope = scope
    }

    mutating func check() throws(StoreError) {
        let units = order()
        inspection.reporter.begin(
            "verifying", items: units.count, bytes: units.reduce(0) { $0 + $1.size })
        // Without a limit all at once: threads do not wait for each other at the end of each round.
        let limit: Int64 = inspection.deadline == nil ? .max : 32 << 20
        var start = 0
        while start < units.count {
            if start > 0, let deadline = inspection.deadline, inspection.now() >= deadline { break }
            var end = start
            var bytes: Int64 = 0
            while end < units.count, end == start || bytes < limit, end - start < 4096 || limit == .max {
                bytes += units[end].size
                end += 1
            }
            try check(units[start..<end])
            start = end
        }
        for unit in units[start...] { report.remaining.add(unit.unit, unit.size) }
        count(units[..<start])
        if depth == .full, start == units.count { try compareAliased() }
        let last = units.map { unit in times[unit.unit] }
        report.neverCount = last.count { $0 == nil }
        report.oldest = report.neverCount > 0 ? nil : last.compactMap(\.self).min()
    }

    /// All units, what was checked longest ago first.
    private mutating func order() -> [Unit] {
        // Without a log everything is as good as never checked.
        times = (try? inspection.log?.times(of: inspection.logged ?? store.root, at: depth)) ?? [:]
        var units: [Unit] = []
        for (number, pack) in (scope?.packs ?? []).enumerated() {
            units.append(Unit(unit: .pack(pack.name), size: pack.size, position: number))
        }
        for (number, file) in files.enumerated() {
            units.append(Unit(unit: .object(file.id), size: file.size, position: number))
        }
        guard !times.isEmpty else { return units }
        let keyed = units.map { ($0, times[$0.unit] ?? 0) }
        return keyed.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
            .map(\.element.0)
    }

    private mutating func check(_ units: ArraySlice<Unit>) throws(StoreError) {
        let objects = units.compactMap { unit in
            if case .object = unit.unit { files[unit.position] } else { nil }
        }
        let packs = units.compactMap { unit in
            if case .pack = unit.unit { unit.position } else { nil }
        }
        var damaged: Set<CheckUnit> = []
        for (id, error) in try check(objects) {
            report.failures.append((id, error))
            damaged.insert(.object(id))
        }
        for damage in try check(packs) {
            report.packs.append(damage)
            damaged.insert(.pack(damage.pack.name))
        }
        let now = inspection.now()
        for unit in units {
            report.checked.add(unit.unit, unit.size)
            times[unit.unit] = now
            entries.append(CheckLog.Entry(unit.unit, time: now, isDamaged: damaged.contains(unit.unit)))
        }
    }

    /// Checks objects that are files.
    private mutating func check(
        _ objects: [ObjectReader.Object]
    ) throws(StoreError) -> [(id: ObjectID, error: StoreError)] {
        if depth == .full {
            var read = ObjectReader.Report()
            try ObjectReader(of: store, workers: inspection.workers, reporter: inspection.reporter)
                .read(objects, into: &read)
            report.soundCount += read.soundCount
            report.soundBytes += read.soundBytes
            return read.failures.sorted { $0.id < $1.id }
        }
        var failures: [(id: ObjectID, error: StoreError)] = []
        for object in objects {
            do throws(StoreError) {
                if depth == .structure, object.id.isDirectory { _ = try store.listing(object.id) }
                report.soundCount += 1
                report.soundBytes += object.size
            } catch {
                if error.reason == .io(.interrupted) { throw error }
                failures.append((object.id, error))
            }
        }
        inspection.reporter.advance(items: objects.count, bytes: 0)
        return failures
    }

    /// Checks packs.
    private func check(_ positions: [Int]) throws(StoreError) -> [PackDamage] {
        guard let scope, let packed = store.packed else { return [] }
        let found = Mutex<[(position: Int, damage: PackDamage)]>([])
        let check = PackCheck(store: packed, depth: depth)
        let reporter = inspection.reporter
        try inspection.workers.forEachRange(of: positions.count, stride: 1) { (range) throws(StoreError) in
            for index in range {
                let pack = scope.packs[positions[index]]
                let damage = try check.damage(of: pack, scope.entries[pack.name] ?? []) {
                    reporter.advance(items: 0, bytes: $0)
                }
                if let damage { found.withLock { $0.append((positions[index], damage)) } }
                reporter.advance(items: 1, bytes: 0)
            }
        }
        return found.withLock { $0 }.sorted { $0.position < $1.position }.map(\.damage)
    }

    /// Compares the bytes that aliases lead to with the ids: nothing else shows that an alias leads to the right file.
    private mutating func compareAliased() throws(StoreError) {
        let failed = Set(report.failures.map(\.id))
        let aliased = (scope?.homes ?? []).flatMap(\.ids).filter {
            $0.algorithm != .blake3 && !failed.contains($0)
        }
        let found = Mutex<[(id: ObjectID, error: StoreError)]>([])
        let store = store
        try inspection.workers.forEachRange(of: aliased.count, stride: 16) { (range) throws(StoreError) in
            for id in aliased[range] {
                do throws(StoreError) {
                    try store.verify(id)
                } catch {
                    guard error.damagedObject != nil else { throw error }
                    found.withLock { $0.append((id, error)) }
                }
            }
        }
        let wrong = found.withLock { $0 }.sorted { $0.id < $1.id }
        report.failures += wrong
        report.soundCount -= wrong.count
    }

    /// Counts the objects in packs that were checked, and finds those that are not whole.
    private mutating func count(_ units: ArraySlice<Unit>) {
        guard let scope else { return }
        let failed = Set(report.failures.map(\.id))
        let broken = scope.objects(brokenBy: report.packs).filter { !failed.contains($0.id) }
        report.failures += broken
        let bad = Set(broken.map(\.id))
        for unit in units {
            guard case .pack = unit.unit else { continue }
            let home = scope.homes[unit.position]
            let lost = bad.isEmpty ? 0 : home.ids.count { bad.contains($0) }
            report.soundCount += home.ids.count - lost
            report.soundBytes += home.bytes
        }
    }

    /// Notes what was checked; failing to costs time later and nothing else.
    func remember() {
        try? inspection.log?.record(entries, of: inspection.logged ?? store.root, at: depth)
    }
}

extension StoreInspection.Amount {
    fileprivate mutating func add(_ unit: CheckUnit, _ size: Int64) {
        switch unit {
        case .object: objects += 1
        case .pack: packs += 1
        }
        bytes += size
    }
}
