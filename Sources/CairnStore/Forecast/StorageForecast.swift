public import CairnCore
import CairnSystem
import Synchronization

/// Finds out what a packed store would make of data, and stores nothing: files are cut, deduplicated and compressed as when they are added.
///
/// What is found is kept in accounts, numbered by the caller. A record that occurs more than once counts for the account in which it came
/// first. Memory does not grow with the data: beyond a bound only a sample of the records is looked at (`sampleShift`).
public final class StorageForecast: Sendable {
    /// What one account has, in bytes as far as nothing else is said.
    public struct Amounts: Sendable {
        /// Chunks, and files that are not cut, each counted once.
        public internal(set) var distinct: Int64 = 0
        /// As much of them as the store has already.
        public internal(set) var known: Int64 = 0
        /// What the others take in packs.
        public internal(set) var stored: Int64 = 0
        /// As much of the others as is kept as it is, because compressing it does not help.
        public internal(set) var incompressible: Int64 = 0
        /// What recipes, listings and the index take for them.
        public internal(set) var overhead: Int64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// Where the parts of files go that count for one account.
    public struct Sink: ChunkSink {
        fileprivate let forecast: StorageForecast
        fileprivate let account: Int

        public func contains(_ key: RecordKey) -> Bool { forecast.needsNothing(of: key) }

        public func add(
            _ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]
        ) throws(StoreError) { try forecast.add(records, account) }
    }

    private struct State {
        var table: RecordTable
        var accounts: [Exact] = []
    }

    /// The amounts before they are rounded: of a frame with several records each has its share.
    private struct Exact {
        var distinct: Int64 = 0
        var known: Int64 = 0
        var stored = 0.0
        var incompressible: Int64 = 0
        var overhead = 0.0
    }

    /// The rule by which long files are cut.
    public let rule: ChunkingRule
    private let store: PackedStore?
    private let index: PackIndex?
    private let state: Mutex<State>
    private let lanes = Mutex<[ForecastLane]>([])

    /// What a new record takes beside its frame: a row in the tables of its pack, and one in the index.
    private static let rowSize = Double(PackTrailer.recordRow + SegmentLayout.entrySize)

    /// Begins with nothing seen.
    ///
    /// - Parameters:
    ///   - store: the store whose records count as known, and whose rule cuts files; `nil` for an empty one.
    ///   - memory: what the table of records may take, in bytes.
    /// - Throws: `StoreError` if the index cannot be read; `.readOnly` if the store asks for a rule that this program does not know.
    public init(beside store: PackedStore?, memory: Int) throws(StoreError) {
        self.store = store
        index = try store?.index()
        let number = store?.marker?.chunker ?? Int(ChunkingRule.cdc64.id)
        guard let rule = UInt8(exactly: number).flatMap(ChunkingRule.init(id:)) else {
            throw StoreError(.readOnly(missing: ["chunker \(number)"]), store?.root ?? "")
        }
        self.rule = rule
        state = Mutex(State(table: RecordTable(memory: memory)))
    }

    /// Where parts of files go that count for an account.
    public func sink(for account: Int) -> Sink { Sink(forecast: self, account: account) }

    /// Takes a listing in.
    ///
    /// - Parameter bytes: its stored form, of which `id` is the id.
    public func add(listing bytes: [UInt8], id: ObjectID, to account: Int) throws(StoreError) {
        try sink(for: account).add(listing: bytes, id: id, at: store?.root ?? "")
    }

    /// One record of two to this power was looked at in the end; 0 if all were.
    public var sampleShift: Int { state.withLock { $0.table.sampleShift } }

    fileprivate func needsNothing(of key: RecordKey) -> Bool {
        state.withLock { $0.table.needsNothing(of: key) }
    }

    private func add(
        _ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)], _ account: Int
    ) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        let lane = lanes.withLock { $0.popLast() } ?? ForecastLane()
        defer { lanes.withLock { $0.append(lane) } }
        for (key, bytes) in records {
            let isKnown = index?.contains(key) ?? false
            let weight = state.withLock { state -> Int64? in
                guard case .new(let weight) = state.table.insert(key) else { return nil }
                while state.accounts.count <= account { state.accounts.append(Exact()) }
                guard key.kind.packClass == .data else { return isKnown ? nil : weight }
                state.accounts[account].distinct += weight * Int64(bytes.count)
                guard isKnown else { return weight }
                state.accounts[account].known += weight * Int64(bytes.count)
                return nil
            }
            guard let weight else { continue }
            let frame = try format(store?.root ?? "") { () throws(FormatError) in
                try lane.add(key, bytes, account: account, weight: weight)
            }
            if let frame { take(frame) }
        }
    }

    /// Gives each record of a frame its share.
    private func take(_ frame: ForecastLane.Frame) {
        state.withLock { state in
            for record in frame.records {
                let weight = Double(record.weight)
                let share = frame.rawLength == 0 ? 0 : Double(record.length) / Double(frame.rawLength)
                let taken = (share * Double(frame.storedLength) + Double(PackTrailer.frameRow) * share)
                if record.isData {
                    state.accounts[record.account].stored += weight * taken
                    if !frame.isCompressed {
                        state.accounts[record.account].incompressible += record.weight * Int64(record.length)
                    }
                    state.accounts[record.account].overhead += weight * Self.rowSize
                } else {
                    state.accounts[record.account].overhead += weight * (taken + Self.rowSize)
                }
            }
        }
    }

    /// Closes the frames that are open.
    ///
    /// - Returns: the accounts, as many as were used.
    public func finish() -> [Amounts] {
        let open = lanes.withLock { lanes in
            defer { lanes = [] }
            return lanes
        }
        for lane in open {
            for frame in lane.finish() { take(frame) }
        }
        return state.withLock(\.accounts).map { exact in
            var amounts = Amounts()
            amounts.distinct = exact.distinct
            amounts.known = exact.known
            amounts.stored = Int64(exact.stored.rounded())
            amounts.incompressible = exact.incompressible
            amounts.overhead = Int64(exact.overhead.rounded())
            return amounts
        }
    }
}
