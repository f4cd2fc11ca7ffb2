public import CairnCore
import CairnRemote
public import CairnStore

/// What a collection of a packed remote would do.
public struct RemoteCollectionPlan: Sendable {
    /// An object that goes.
    public struct Object: Sendable {
        /// Its name.
        public let id: ObjectID
        /// When the pack in which it lies was begun, by the clock of who wrote it, in milliseconds since 1970.
        public let created: Int64
    }

    /// The objects that go, directories first. Not among them is what was announced earlier.
    public private(set) var objects: [Object] = []
    /// How many objects stay.
    public private(set) var keptCount = 0
    /// The packs of which nothing is needed.
    public private(set) var removed: [PackInfo] = []
    /// The packs of which what is needed is written anew: too little of them is, or they are small and many, or they say how directories and
    /// files that go were put together.
    public private(set) var rewritten: [PackInfo] = []
    /// Packs that no push came to tell about, with their sizes.
    public private(set) var orphans: [(name: Digest, size: Int64)] = []
    /// Packs that were announced so long ago that they are given up now, as far as they are still there.
    public private(set) var ripe: [(name: Digest, size: Int64)] = []
    /// Packs that were given up so long ago that they are deleted now.
    public private(set) var deletable: [(name: Digest, size: Int64)] = []
    /// The bytes that the remote has less when all that goes now is deleted, about; less than zero where small packs are joined and little
    /// is gained.
    public private(set) var freed: Int64 = 0
    /// How long what goes can be brought back, in seconds.
    public var grace: Int64 { view.marker.collection.grace }

    let scope: Set<ObjectID>
    let roots: CollectionRoots
    let view: RemoteView
    let packs: PackListing
    /// Packs that are gone or damaged although the index tells of them.
    let lost: Set<Digest>
    let marks: RecordMarks
    /// True if nothing was missing of what is needed.
    let isWhole: Bool

    /// Below this part of its bytes in use a pack is written anew, in percent.
    static let leastUse: Int64 = 60
    /// A pack below this size is small.
    static let smallSize: Int64 = 8 << 20
    /// So many small packs of a class are joined.
    static let mostSmall = 8
    /// So many entries of packs are looked at together.
    private static let roundCount = 1 << 22

    init(
        scope: Set<ObjectID>, roots: CollectionRoots, view: RemoteView, packs: PackListing, lost: Set<Digest>,
        _ marking: ClosureMarking
    ) {
        self.scope = scope
        self.roots = roots
        self.view = view
        self.packs = packs
        self.lost = lost
        marks = marking.marks
        isWhole = marking.absentCount == 0
        choosePacks()
        findOrphans()
        describe()
    }

    /// True if nothing goes and nothing is deleted.
    public var isEmpty: Bool { doomed.isEmpty && ripe.isEmpty && deletable.isEmpty }

    /// The packs that are announced.
    var doomed: Set<Digest> { Set((removed + rewritten).map(\.name)).union(orphans.map(\.name)) }

    private mutating func choosePacks() {
        let givenUp = view.givenUp
        let uses = marks.usage().filter { use in
            !givenUp.contains(use.pack.name) && !lost.contains(use.pack.name)
                && packs.isOlder(use.pack.name, than: view.marker.collection.minimumAge)
        }
        removed = uses.filter { $0.needed == 0 }.map(\.pack)
        let used = uses.filter { $0.needed > 0 }
        let sizes = neededSizes(of: used.filter { $0.needed < $0.pack.recordCount })
        var small: [PackClass: [PackInfo]] = [:]
        for use in used {
            let pack = use.pack
            let size = sizes[pack.name] ?? pack.size
            // Pushers believe that all is there that is named in a pack of class meta: none may name what goes.
            let namesGarbage = pack.packClass == .meta && use.marked < pack.recordCount
            if namesGarbage || size * 100 < pack.size * Self.leastUse {
                rewritten.append(pack)
                freed += pack.size - size
            } else if pack.size < Self.smallSize {
                small[pack.packClass, default: []].append(pack)
            }
        }
        for packs in small.values where packs.count >= Self.mostSmall { rewritten += packs }
        freed += removed.reduce(0) { $0 + $1.size }
    }

    /// Estimates the bytes that needed records take in packs: of a frame with several records as large a part as there are needed ones.
    private func neededSizes(of uses: [RecordMarks.PackUse]) -> [Digest: Int64] {
        var sizes: [Digest: Int64] = [:]
        var rest = uses[...]
        while !rest.isEmpty {
            var (round, count): (Set<Digest>, Int) = ([], 0)
            while let use = rest.first, round.isEmpty || count + use.pack.recordCount <= Self.roundCount {
                round.insert(use.pack.name)
                count += use.pack.recordCount
                rest = rest.dropFirst()
            }
            var frames: [Digest: [UInt32: (all: Int64, needed: Int64, size: Int64)]] = [:]
            marks.forEachRecord(of: round) { key, pack, place, isMarked in
                let isNeeded = isMarked && marks.index.location(of: key)?.pack.name == pack.name
                var frame =
                    frames[pack.name, default: [:]][place.frameOffset] ?? (0, 0, Int64(place.frameLength))
                frame.all += 1
                frame.needed += isNeeded ? 1 : 0
                frames[pack.name, default: [:]][place.frameOffset] = frame
            }
            for (name, frames) in frames {
                sizes[name] = frames.values.reduce(0) { $0 + $1.size * $1.needed / $1.all }
            }
        }
        return sizes
    }

    private mutating func findOrphans() {
        let known = Set(view.index.packs.map(\.name)).union(view.givenUp)
        let dead = deadPacks()
        let rules = view.marker.collection
        for name in packs.names {
            guard let object = packs[name] else { continue }
            if !known.contains(name), packs.isOlder(name, than: rules.orphan) {
                orphans.append((name, object.size))
                freed += object.size
            }
            if let time = dead[name], packs.now - time >= rules.readDelay * 1000 {
                deletable.append((name, object.size))
            }
        }
        for name in Set(roots.ripe.values.flatMap(\.packs)).subtracting(dead.keys).sorted() {
            ripe.append((name, packs[name]?.size ?? 0))
        }
    }

    /// When packs were given up.
    func deadPacks() -> [Digest: Int64] {
        let times = LogTimes(view)
        var dead: [Digest: Int64] = [:]
        for (name, segment) in view.segments {
            for pack in segment.deadPacks {
                let time = times.time(of: pack, in: name)
                dead[pack.name] = min(dead[pack.name] ?? time, time)
            }
        }
        return dead
    }

    private mutating func describe() {
        let doomed = doomed
        let givenUp = view.givenUp
        var found: [Object] = []
        var kept = 0
        func isObject(_ key: RecordKey) -> Bool {
            key.kind == .directory || key.kind == .blob || key.kind == .recipe
        }
        marks.forEachMarked { key in kept += isObject(key) ? 1 : 0 }
        keptCount = kept
        guard !doomed.isEmpty else { return }
        marks.forEachRecord { key, isMarked in
            guard isObject(key), !isMarked else { return }
            let places = marks.index.locations(of: key).filter { !givenUp.contains($0.pack.name) }
            guard let first = places.first, places.allSatisfy({ doomed.contains($0.pack.name) }) else {
                return
            }
            found.append(
                Object(
                    id: ObjectID(.blake3, key.digest, isDirectory: key.kind == .directory),
                    created: first.pack.created))
        }
        objects = found.filter(\.id.isDirectory) + found.filter { !$0.id.isDirectory }
    }
}
