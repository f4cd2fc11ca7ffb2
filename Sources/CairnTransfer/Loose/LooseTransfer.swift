public import CairnCore
public import CairnStore
public import CairnSystem

/// Copies objects between a cache, whose objects may be packed, and a folder remote in loose layout, and checks every byte on the way.
///
/// What the destination has is left alone. New objects get their names when their bytes are durable, and the listing of a directory only
/// when everything that it names is: whoever finds a listing may rely on it, at whatever moment the work stops.
public struct LooseTransfer: Sendable {
    /// What has to be copied.
    public struct Plan: Sendable {
        /// Objects that the destination lacks and the source has.
        public internal(set) var objects: [ObjectReader.Object] = []
        /// Objects that neither has.
        public internal(set) var missing: [ObjectID] = []
        /// How many of the wanted objects the destination has.
        public internal(set) var presentCount = 0

        /// The bytes of all objects to be copied.
        public var bytes: Int64 { objects.reduce(0) { $0 + $1.size } }
    }

    /// Which listings of directories may be copied.
    public enum ListingRule: Sendable {
        /// Those whose files the destination has by then.
        case afterMembers
        /// All: the caller reads them to learn which files to bring next.
        case ahead
    }

    /// Objects get their names in rounds of this many, so that what is finished is kept when the work stops.
    static let roundCount = 1 << 16
    /// The bytes of a round, at most, unless one object has more.
    static let roundBytes: Int64 = 8 << 30

    private let source: ObjectStore
    private let destination: ObjectStore
    private let packs: Bool
    private let quarantine: FilePath?
    private let workers: Workers
    private let reporter: any Reporter

    /// Describes a transfer.
    ///
    /// - Parameters:
    ///   - packs: whether native objects are packed at the destination, which has to be a packed store then.
    ///   - quarantine: where objects of the source go that turn out to be damaged; `nil` to leave them alone.
    public init(
        from source: ObjectStore, to destination: ObjectStore, packs: Bool = false,
        quarantine: FilePath? = nil, workers: Workers, reporter: any Reporter
    ) {
        self.source = source
        self.destination = destination
        self.packs = packs
        self.quarantine = quarantine
        self.workers = workers
        self.reporter = reporter
    }

    /// Finds out what has to be copied. Nothing is changed.
    ///
    /// - Parameter wanted: no id twice.
    /// - Throws: `StoreError` if one of the stores cannot be looked at.
    public func plan(_ wanted: [ObjectID]) throws(StoreError) -> Plan {
        var plan = Plan()
        let inventory = try ObjectInventory(of: destination, expecting: wanted.count, workers: workers)
        var lacking: [ObjectID] = []
        for id in wanted where try !inventory.contains(id) { lacking.append(id) }
        plan.presentCount = wanted.count - lacking.count
        (plan.objects, plan.missing) = try ObjectReader(of: source, workers: workers, reporter: reporter)
            .find(lacking)
        return plan
    }

    /// Copies what a plan names.
    ///
    /// - Parameter phase: what the user is told that happens.
    /// - Throws: `StoreError` for what stops everything: a signal, no space, a destination that cannot be written. Objects that arrived
    ///   until then stay; the same call goes on from there.
    public func run(_ plan: Plan, listings: ListingRule = .afterMembers, phase: String) throws(StoreError)
        -> MovedObjects
    {
        var report = MovedObjects()
        guard !plan.objects.isEmpty else { return report }
        guard let folder = destination.folder else {
            throw StoreError(.io(.noSuchFileOrDirectory), destination.root)
        }
        let bytes = plan.bytes
        if let free = destination.root.freeSpace, free < bytes {
            throw StoreError(.noSpace(needed: bytes, free: free), destination.root)
        }
        let batch: DurableBatch
        do throws(SystemError) {
            batch = try DurableBatch(
                in: folder, expecting: plan.objects.count,
                folderPermissions: destination.loose.folderPermissions)
        } catch {
            throw StoreError(error)
        }
        reporter.begin(phase, items: plan.objects.count, bytes: bytes)
        try copy(plan.objects.filter { !$0.id.isDirectory }, batch, &report)
        var directories = plan.objects.filter { $0.id.isDirectory }
        for object in directories where object.size > DirListing.largestSize {
            try fail(
                object.id, StoreError(tooLarge: object.id, object.size, source.loose.path(of: object.id)),
                &report)
        }
        directories.removeAll { $0.size > DirListing.largestSize }
        if listings == .afterMembers, !directories.isEmpty {
            directories = try complete(directories, &report)
        }
        try copy(directories, batch, &report)
        return report
    }

    /// The listings whose files the destination has.
    private func complete(
        _ directories: [ObjectReader.Object], _ report: inout MovedObjects
    ) throws(StoreError) -> [ObjectReader.Object] {
        // Taken again: what was just copied counts, as does what others brought meanwhile.
        let inventory = try ObjectInventory(of: destination, expecting: .max, workers: workers)
        var result: [ObjectReader.Object] = []
        next: for object in directories {
            let listing: DirListing
            do throws(StoreError) {
                listing = try source.listing(object.id)
            } catch {
                try fail(object.id, error, &report)
                continue
            }
            for index in 0..<listing.count {
                guard let member = listing.object(at: index, object.id.algorithm) else { continue }
                guard try inventory.contains(member) else {
                    report.incomplete.append((object.id, member))
                    continue next
                }
            }
            result.append(object)
        }
        return result
    }

    private func copy(
        _ objects: [ObjectReader.Object], _ batch: DurableBatch, _ report: inout MovedObjects
    ) throws(StoreError) {
        try copy(objects.filter { !isPacked($0.id) }, into: { .files(batch) }, &report)
        guard let packed = destination.packed else { return }
        let native = objects.filter { isPacked($0.id) }
        try copy(native, into: { () throws(StoreError) in .packs(try PackBatch(into: packed)) }, &report)
    }

    /// Where the objects of one round go.
    private enum Destination {
        case files(DurableBatch)
        case packs(PackBatch)

        var sink: ObjectSink {
            switch self {
            case .files(let batch): .files(batch)
            case .packs(let packs): .packs(packs)
            }
        }
    }

    private func isPacked(_ id: ObjectID) -> Bool {
        packs && destination.packed != nil && id.algorithm == .blake3
    }

    /// Copies in rounds, each into a sink of its own that is committed at the end of the round.
    private func copy(
        _ objects: [ObjectReader.Object], into destination: () throws(StoreError) -> Destination,
        _ report: inout MovedObjects
    ) throws(StoreError) {
        let reader = ObjectReader(of: source, workers: workers, reporter: reporter)
        for round in objects.rounds(of: Self.roundBytes, count: Self.roundCount, size: \.size) {
            var found = ObjectReader.Report()
            var failure: StoreError?
            let destination = try destination()
            do throws(StoreError) {
                try reader.read(Array(objects[round]), copyingInto: destination.sink, into: &found)
            } catch {
                failure = error
            }
            do throws(StoreError) {
                // Also when the work stops: what is complete is kept.
                switch destination {
                case .files(let batch): try commit(found.copies, batch)
                case .packs(let packs): try packs.commit()
                }
            } catch {
                throw failure ?? error
            }
            report.count += found.copies.count + found.packed.count
            report.bytes += found.soundBytes
            for (id, error) in found.failures { try fail(id, error, &report) }
            if let failure { throw failure }
        }
    }

    private func commit(
        _ copies: [(id: ObjectID, file: DurableBatch.Temporary)], _ batch: DurableBatch
    ) throws(StoreError) {
        if copies.count > 1000 { reporter.begin("syncing", items: nil, bytes: nil) }
        do throws(SystemError) {
            try batch.commit(count: copies.count, workers: workers) { index in
                (copies[index].file, LooseStore.place(of: copies[index].id))
            }
        } catch {
            throw StoreError(error)
        }
    }

    private func fail(_ id: ObjectID, _ error: StoreError, _ report: inout MovedObjects) throws(StoreError) {
        report.failures.append((id, error))
        guard let quarantine, error.damagedObject != nil else { return }
        if let place = try source.moveAside(id, into: quarantine) { report.movedAside.append((id, place)) }
    }
}
