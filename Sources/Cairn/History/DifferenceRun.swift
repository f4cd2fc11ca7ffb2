import CairnCore
import CairnStore
import CairnSystem

/// Compares two sides output by output.
struct DifferenceRun {
    private typealias Version = DataDifference.Version

    private let old: DifferenceSide
    private let new: DifferenceSide
    private let options: DataDifferenceOptions
    private let session: Session
    private let listings: RecordedListings
    /// Which objects the cache has, once that was asked for.
    private var takenInventory: ObjectInventory?
    /// How many objects may be asked for.
    private let expected: Int
    /// True if the cache is known to have most of what may be asked for.
    private var isMostStored = false
    /// What targets name; `nil` for everything.
    private let roots: Set<RepoPath>
    private let hasTargets: Bool
    private let isDVC: Bool

    private var found = DataDifference()

    init(
        _ sides: (old: DifferenceSide, new: DifferenceSide), _ options: DataDifferenceOptions,
        _ session: Session
    ) throws {
        (old, new) = sides
        self.options = options
        self.session = session
        listings = RecordedListings(session, asksRemotes: true)
        roots = old.roots.union(new.roots)
        hasTargets = !options.targets.isEmpty
        isDVC = session.workspace.personality == .dvc
        expected = old.outputs.values.lazy.map(\.record).expectedFileCount
    }

    /// Compares everything.
    ///
    /// - Throws: `CairnError` as `Workspace.dataDifference`.
    mutating func result() throws -> DataDifference {
        let all = Set(old.outputs.keys).union(new.outputs.keys)
        let groups = Dictionary(grouping: all) { $0.topmost(in: all) ?? $0 }
        for (root, members) in groups.sorted(by: { $0.key < $1.key }) {
            try Interruption.check()
            try compare(root, members.sorted())
        }
        found.pairRenames()
        found.sort()
        if options.measures { found.amounts = try DifferenceAmounts(of: found, session) }
        return found
    }

    // MARK: Sides

    private mutating func compare(_ root: RepoPath, _ members: [RepoPath]) throws {
        var parts: [(path: RepoPath, old: DifferenceLines.Part?, new: DifferenceLines.Part?)] = []
        for path in members {
            // A file is compared by its id; so is a directory that is the same on both sides, if nobody asks for its files.
            let (before, after) = (old.outputs[path], new.outputs[path])
            if !options.looksForMissing, members.count == 1, !old.isWorkspace, !new.isWorkspace,
                let id = before?.record.id, id == after?.record.id
            {
                return
            }
            // The listing of the one side is read while the other is looked at.
            if let before, after != nil, !old.isWorkspace { try listings.begin(before) }
            let theirs = try part(after, new)
            let mine = try part(before, old)
            // The same directory twice: what the workspace has tells what the listing would.
            if let theirs, theirs.isStored { isMostStored = true }
            if members.count == 1, let mine, let theirs, mine.entry.id != nil,
                !options.looksForMissing || theirs.isStored,
                mine.entry.isSame(as: theirs.entry)
            {
                return
            }
            parts.append((path, mine, theirs))
        }
        func lines(
            _ side: KeyPath<
                (path: RepoPath, old: DifferenceLines.Part?, new: DifferenceLines.Part?),
                DifferenceLines.Part?
            >
        )
            -> DifferenceLines
        {
            if parts.count == 1 {
                return parts[0][keyPath: side].map { DifferenceLines($0) } ?? DifferenceLines()
            }
            return DifferenceLines(
                parts.compactMap { part in part[keyPath: side].map { (part.path, $0) } }, in: root)
        }
        try compare(root, lines(\.old), lines(\.new), Set(members))
    }

    /// An output as a side has it; `nil` if it does not.
    private func part(_ output: TrackedOutput?, _ side: DifferenceSide) throws -> DifferenceLines.Part? {
        guard let output else { return nil }
        return side.isWorkspace ? try found(output) : try recorded(output)
    }

    private func recorded(_ output: TrackedOutput) throws -> DifferenceLines.Part {
        let record = output.record
        let entry = DifferenceLines.Entry(
            record.id, isFolder: record.id?.isDirectory ?? false, size: record.size)
        guard let id = record.id, id.isDirectory else { return .init(entry: entry, files: .none) }
        guard let listing = try listings.listing(of: output) else {
            return .init(entry: entry, files: .unknown)
        }
        return .init(entry: entry, files: .listing(listing, id.algorithm))
    }

    /// The data of an output in the workspace.
    private func found(_ output: TrackedOutput) throws -> DifferenceLines.Part? {
        let (path, record) = (output.path, output.record)
        let algorithm = record.id?.algorithm ?? session.workspace.algorithm
        guard try session.folder.status(of: path.bytes, following: true) != nil else {
            // A symbolic link that leads nowhere is there, and has no content.
            let isThere = try session.folder.status(of: path.bytes) != nil
            return isThere ? .init(entry: .init(nil), files: .none) : nil
        }
        let look = try DataLook(
            path, as: algorithm, following: .recorded(record.id),
            rules: IgnoreFiles(above: path, session: session), session: session)
        guard let look else { return nil }
        guard case .directory(let walked) = look.content else {
            var tree = look.takeTree()
            let id = try tree.currentID(algorithm, session)
            return .init(entry: .init(id, size: tree.snapshot.files[0].size), files: .none)
        }
        let memory = TreeMemory(output, try session.store(), session)
        // It looks as it did when all of it was as recorded.
        if let memory, memory.holds(for: walked), let listing = try listings.listing(of: output) {
            return .init(
                entry: .init(record.id, isFolder: true), files: .listing(listing, algorithm), isStored: true)
        }
        var tree = look.takeTree()
        let id = try tree.currentID(algorithm, session)
        if let memory, id == record.id, tree.digests.count >= TreeMemory.smallest,
            try tree.isStored(
                as: id, in: ObjectInventory(of: session.store(), expecting: tree.digests.count))
        {
            memory.keep(walked)
        }
        return .init(entry: .init(id, isFolder: true), files: .tree(tree, algorithm))
    }

    // MARK: Comparison

    private mutating func compare(
        _ root: RepoPath, _ old: DifferenceLines, _ new: DifferenceLines, _ outputs: Set<RepoPath>
    ) throws {
        let own = roots.filter { $0.overlaps(root) }
        let isWhole = own.count == 1 && own.contains(root)
        for part in own where part != root {
            let inner = part.relative(to: root)?.bytes ?? []
            if hasTargets, !outputs.contains(part), old.isUnknown(inner[...]) || new.isUnknown(inner[...]) {
                throw unlisted(root, part)
            }
        }
        if isWhole || own.contains(root) {
            try note(
                root.bytes, old.top, new.top, times: 1, isPath: (old.isFolder([]), new.isFolder([])), own)
        }
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            let order =
                left == old.count
                ? 1
                : right == new.count
                    ? -1
                    : old.paths.withPath(left) { left in
                        new.paths.withPath(right) { DataGroup.compare(left, $0) }
                    }
            let before = order <= 0 ? old.entry(at: left) : nil
            let after = order >= 0 ? new.entry(at: right) : nil
            let isEqual = if let before, let after { before.isSame(as: after) } else { false }
            if !isEqual || (options.looksForMissing && !new.isStored) {
                let inner = order <= 0 ? old.paths[left] : new.paths[right]
                if old.isUnknown(inner) || new.isUnknown(inner) {
                    // Neither added nor deleted: nobody knows.
                    try noteMissing(root.bytes + [UInt8(ascii: "/")] + inner, before)
                } else {
                    let path = root.bytes + [UInt8(ascii: "/")] + inner
                    let times = isWhole ? 1 : Self.count(of: own, covering: path)
                    let isPath = (
                        before == nil && after != nil && isDVC && old.isFolder(inner),
                        after == nil && before != nil && isDVC && new.isFolder(inner)
                    )
                    try note(path, before, after, times: times, isPath: isPath, own)
                }
            }
            if order <= 0 { left += 1 }
            if order >= 0 { right += 1 }
        }
        let isSame = if let top = old.top, let other = new.top { top.isSame(as: other) } else { false }
        if !isSame, !old.unknown.isEmpty || !new.unknown.isEmpty {
            found.unlisted.append(Version(path: root.bytes, isFolder: true, id: nil, size: nil))
        }
    }

    /// How often a path is compared: DVC looks at an output inside of another one's place twice.
    private static func count(of roots: Set<RepoPath>, covering path: [UInt8]) -> Int {
        roots.count {
            path.starts(with: $0.bytes)
                && (path.count == $0.bytes.count || path[$0.bytes.count] == UInt8(ascii: "/"))
        }
    }

    private mutating func note(
        _ path: [UInt8], _ old: DifferenceLines.Entry?, _ new: DifferenceLines.Entry?, times: Int,
        isPath: (old: Bool, new: Bool), _ own: Set<RepoPath>
    ) throws {
        guard times > 0 else { return }
        func version(_ entry: DifferenceLines.Entry) -> Version {
            Version(path: path, isFolder: entry.isFolder, id: entry.id, size: entry.size)
        }
        // DVC says nothing of what became a mere folder, or was one.
        let isHidden = isDVC && ((old == nil && isPath.old) || (new == nil && isPath.new))
        for _ in 0..<(isDVC ? times : 1) where !isHidden {
            switch (old, new) {
            case (nil, nil): break
            case (nil, let new?): found.added.append(version(new))
            case (let old?, nil): found.deleted.append(version(old))
            case (let old?, let new?):
                if !old.isSame(as: new) {
                    found.modified.append(DataDifference.Pair(old: version(old), new: version(new)))
                }
            }
        }
        if !isHidden { for _ in 0..<(isDVC ? times : 1) { try noteMissing(path, old) } }
    }

    private mutating func noteMissing(_ path: [UInt8], _ entry: DifferenceLines.Entry?) throws {
        guard options.looksForMissing, let entry, let id = entry.id else { return }
        // Of what was never downloaded DVC does not look whether the cache has it by chance.
        let isAbsent = isDVC && old.sourced.contains { $0.bytes.elementsEqual(path) }
        guard try isAbsent || !inventory().contains(id) else { return }
        found.missing.append(Version(path: path, isFolder: entry.isFolder, id: id, size: entry.size))
    }

    private mutating func inventory() throws -> ObjectInventory {
        if let takenInventory { return takenInventory }
        let inventory = try ObjectInventory(of: session.store(), expecting: isMostStored ? 0 : expected)
        takenInventory = inventory
        return inventory
    }

    private func unlisted(_ root: RepoPath, _ part: RepoPath) -> CairnError {
        let name = session.workspace.display(root)
        return CairnError(
            isDVC ? .internal : .missing,
            "the files in '\(name)' are not known, because a listing of it is not here, so '\(session.workspace.display(part))' cannot be compared",
            hint:
                "bring it: `\(session.workspace.personality.command) fetch --all-commits \(Shell.quoted(name))`",
            dvc: "failed to load directory ('\(name)',)")
    }
}

extension DataDifference {
    /// Makes one of what was added and what was deleted where both have the same content.
    mutating func pairRenames() {
        // In the order of components, as DVC takes them.
        added.sort { DataComparison.componentsPrecede($0.path, $1.path) }
        deleted.sort { DataComparison.componentsPrecede($0.path, $1.path) }
        // Every queue holds its positions backwards: the first is the cheapest to take.
        var queues: [ObjectID: [Int]] = [:]
        for index in deleted.indices.reversed() {
            if let id = deleted[index].id { queues[id, default: []].append(index) }
        }
        var taken: Set<Int> = []
        var rest: [Version] = []
        for version in added {
            if let id = version.id, let index = queues[id]?.popLast() {
                taken.insert(index)
                renamed.append(Pair(old: deleted[index], new: version))
            } else {
                rest.append(version)
            }
        }
        added = rest
        deleted = deleted.indices.filter { !taken.contains($0) }.map { deleted[$0] }
    }

    mutating func sort() {
        func precedes(_ left: Version, _ right: Version) -> Bool {
            left.written.lexicographicallyPrecedes(right.written)
        }
        added.sort(by: precedes)
        deleted.sort(by: precedes)
        modified.sort { precedes($0.old, $1.old) }
        renamed.sort { precedes($0.old, $1.old) }
        missing.sort(by: precedes)
        unlisted.sort(by: precedes)
    }
}
