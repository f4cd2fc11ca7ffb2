public import CairnCore
public import CairnStore
import CairnSystem
import Synchronization

/// What a packed remote lacks of some objects, and where it is in the cache.
public struct PushPlan: Sendable {
    /// Frames of the cache's packs with chunks and whole files.
    var dataFrames: [FrameSelection] = []
    /// Frames with pages of directories.
    var pageFrames: [FrameSelection] = []
    /// Files, and directories, whose recipe or record is in the cache's packs.
    var composites: [ObjectID] = []
    /// Spans of the recipes.
    var spans: [RecordKey] = []
    /// Objects that are files of the cache.
    var loose: [ObjectReader.Object] = []
    /// Objects that the remote does not have completely: those above and the whole files in frames.
    public internal(set) var lacking: [ObjectID] = []
    /// Objects that neither has.
    public internal(set) var missing: [ObjectID] = []
    /// Objects that the cache has, but not as it should.
    public internal(set) var failures: [(id: ObjectID, error: StoreError)] = []
    /// How many of the objects the remote has completely.
    public internal(set) var presentCount = 0

    /// True if nothing has to be sent.
    public var isEmpty: Bool {
        dataFrames.isEmpty && pageFrames.isEmpty && composites.isEmpty && loose.isEmpty
    }

    /// Gives the memory back that the places of chunks and files take, when these are sent.
    mutating func forgetData() { dataFrames = [] }

    /// The bytes that will be read for it, which is about what will be sent; files of the cache may turn out to be smaller.
    public var bytes: Int64 {
        (dataFrames + pageFrames).reduce(0) { $0 + $1.length } + loose.reduce(0) { $0 + $1.size }
    }
}

extension PushPlan {
    /// About how many requests sending takes: for packs, for the segment, the clone's roots and the mark of the end, and for the log, which is
    /// read again before the end.
    public var requests: Int {
        guard !isEmpty else { return 0 }
        func packs(_ bytes: Int64, _ packClass: PackClass) -> Int {
            Int((bytes + packClass.closingSize - 1) / packClass.closingSize)
        }
        let data = dataFrames.reduce(0) { $0 + $1.length } + loose.reduce(0) { $0 + $1.size }
        let pages = pageFrames.reduce(0) { $0 + $1.length }
        let hasMeta = !pageFrames.isEmpty || !composites.isEmpty || loose.contains { $0.id.isDirectory }
        return packs(data, .data) + max(packs(pages, .meta), hasMeta ? 1 : 0) + 4
    }
}

/// Finds out what a packed remote lacks: no question goes to the remote, its index answers all.
struct PushQuery: Sendable {
    let cache: ObjectStore
    let view: RemoteView
    /// True for a record that is on the remote, though no log tells of it yet.
    let isSent: @Sendable (RecordKey) -> Bool
    let workers: Workers

    private struct Look: Sendable {
        var present = 0
        /// Files that are one record.
        var files: [RecordKey] = []
        /// Files of several chunks, or of a chunk of another one, and directories.
        var composites: [(id: ObjectID, key: RecordKey)] = []
        var loose: [ObjectReader.Object] = []
        var missing: [ObjectID] = []
    }

    private func isThere(_ key: RecordKey) -> Bool { view.has(key) || isSent(key) }

    /// Makes the plan.
    ///
    /// - Parameter ids: no id twice.
    /// - Throws: `StoreError` if the cache cannot be looked at, or the user asked to stop.
    func plan(_ ids: [ObjectID]) throws(StoreError) -> PushPlan {
        var plan = PushPlan()
        // No file is there twice, as no id is: only parts have to be told from those of others.
        var files: [RecordKey] = []
        var parts: Set<RecordKey> = []
        let index = try cache.packed?.refresh()
        var looks = Array(try look(at: ids, index).reversed())
        while let look = looks.popLast() {
            plan.presentCount += look.present
            plan.loose += look.loose
            plan.missing += look.missing
            plan.lacking += look.loose.map(\.id)
            plan.lacking += look.files.map { ObjectID(.blake3, $0.digest) }
            files += look.files.filter { !isSent($0) }
            for (id, key) in look.composites {
                do throws(StoreError) {
                    try note(key, of: id, &parts, &plan)
                    plan.lacking.append(id)
                } catch {
                    guard error.damagedObject != nil || error.isAbsence else { throw error }
                    plan.failures.append((id, error))
                }
            }
        }
        guard let index else { return plan }
        files += parts.filter { $0.kind.packClass == .data }
        plan.dataFrames = index.frames(holding: files).frames
        plan.pageFrames = index.frames(holding: parts.filter { $0.kind == .page }).frames
        plan.spans = parts.filter { $0.kind == .span }
        return plan
    }

    private func look(at ids: [ObjectID], _ index: PackIndex?) throws(StoreError) -> [Look] {
        let looks = Mutex<[(start: Int, look: Look)]>([])
        try workers.forEachRange(of: ids.count, stride: 4096) { (range) throws(StoreError) in
            var look = Look()
            for id in ids[range] {
                if view.isComplete(id) {
                    look.present += 1
                } else if let key = index?.firstKey(of: id) {
                    switch key.kind {
                    case .blob: look.files.append(key)
                    // A chunk that is a file may be part of another one as well.
                    default: look.composites.append((id, key))
                    }
                } else if let size = try cache.loose.status(of: id)?.size {
                    look.loose.append(ObjectReader.Object(id, size: size))
                } else {
                    look.missing.append(id)
                }
            }
            looks.withLock { [look] in $0.append((range.lowerBound, look)) }
        }
        return looks.withLock { $0 }.sorted { $0.start < $1.start }.map(\.look)
    }

    /// Notes the records of an object that are not on the remote.
    private func note(
        _ key: RecordKey, of id: ObjectID, _ parts: inout Set<RecordKey>, _ plan: inout PushPlan
    ) throws(StoreError) {
        guard let packed = cache.packed else { return }
        guard key.kind != .chunk else {
            if !isThere(key) { parts.insert(key) }
            return
        }
        for part in try packed.parts(of: key, id) where !isThere(part) { parts.insert(part) }
        if !isThere(key) { plan.composites.append(id) }
    }
}

extension StoreError {
    /// True if something is not there.
    var isAbsence: Bool {
        switch reason {
        case .missing, .missingPart: true
        default: false
        }
    }
}
