import CairnCore

/// Compares two sides group by group, as DVC compares two indexes: by content alone.
struct DataComparison {
    /// What was found, in the order of paths.
    private(set) var changes = DataStatusReport.Changes()
    /// What both sides have alike.
    private(set) var unchanged: [DataStatusReport.Path] = []

    /// Whether `unchanged` is wanted.
    let listsUnchanged: Bool
    /// Asked about every entry of the old side.
    var visitOld: (_ path: ArraySlice<UInt8>, _ id: ObjectID) throws -> Void = { _, _ in }

    private var added: [(path: [UInt8], id: ObjectID)] = []
    private var deleted: [(path: [UInt8], id: ObjectID)] = []

    private let isWanted: (([UInt8]) -> Bool)?

    /// Starts a comparison.
    ///
    /// - Parameter isWanted: tells whether a path is looked at; `nil` for all.
    init(listsUnchanged: Bool, where isWanted: (([UInt8]) -> Bool)?) {
        self.listsUnchanged = listsUnchanged
        self.isWanted = isWanted
    }

    /// Compares what both sides have at and below one path.
    ///
    /// - Parameter emptyFolders: folders without files in the new side, by the output that they are in.
    mutating func compare(_ old: DataGroup, _ new: DataGroup, emptyFolders: [RepoPath: [[UInt8]]] = [:])
        throws
    {
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            let order: Int
            if left == old.count {
                order = 1
            } else if right == new.count {
                order = -1
            } else {
                order = old.paths.withPath(left) { left in
                    new.paths.withPath(right) { DataGroup.compare(left, $0) }
                }
            }
            if order <= 0 { try visitOld(old.paths[left], old.ids[left]) }
            let path = order <= 0 ? old.paths[left] : new.paths[right]
            if Self.isUnknown(path, old, new) {
                if order >= 0 { changes.unknown.append(Self.path(path, new.ids[right])) }
            } else if order < 0 {
                deleted.append((Array(path), old.ids[left]))
            } else if order > 0 {
                added.append((Array(path), new.ids[right]))
            } else if !old.ids[left].hasSameDigest(as: new.ids[right]) {
                changes.modified.append(Self.path(path, new.ids[right]))
            } else if listsUnchanged {
                unchanged.append(Self.path(path, new.ids[right]))
            }
            if order <= 0 { left += 1 }
            if order >= 0 { right += 1 }
        }
        for root in old.unknown {
            for folder in new.folders(below: root, and: emptyFolders[root] ?? [])
            where isWanted?(folder) ?? true {
                changes.unknown.append(DataStatusReport.Path(bytes: folder, isFolder: true))
            }
        }
    }

    /// True for files inside of a directory that one side cannot list.
    private static func isUnknown(_ path: ArraySlice<UInt8>, _ old: DataGroup, _ new: DataGroup) -> Bool {
        func isInside(_ root: RepoPath) -> Bool {
            path.count > root.bytes.count && path[path.startIndex + root.bytes.count] == UInt8(ascii: "/")
                && path.starts(with: root.bytes)
        }
        return old.unknown.contains(where: isInside) || new.unknown.contains(where: isInside)
    }

    /// Pairs what was added with what was deleted where both have the same content, and sorts everything.
    mutating func finish() {
        // In the order of components, as DVC takes them.
        added.sort { Self.componentsPrecede($0.path, $1.path) }
        deleted.sort { Self.componentsPrecede($0.path, $1.path) }
        // Every queue holds its positions backwards: the first is the cheapest to take.
        var queues: [ObjectID: [Int]] = [:]
        for index in deleted.indices.reversed() { queues[deleted[index].id, default: []].append(index) }
        var taken: Set<Int> = []
        for entry in added {
            if let index = queues[entry.id]?.popLast() {
                taken.insert(index)
                changes.renamed.append(
                    (
                        Self.path(deleted[index].path[...], deleted[index].id),
                        Self.path(entry.path[...], entry.id)
                    ))
            } else {
                changes.added.append(Self.path(entry.path[...], entry.id))
            }
        }
        changes.deleted = deleted.indices.filter { !taken.contains($0) }.map {
            Self.path(deleted[$0].path[...], deleted[$0].id)
        }
        changes.sort()
        unchanged.sort()
        (added, deleted) = ([], [])
    }

    private static func path(_ bytes: ArraySlice<UInt8>, _ id: ObjectID) -> DataStatusReport.Path {
        DataStatusReport.Path(bytes: Array(bytes), isFolder: id.isDirectory)
    }

    /// Orders paths by their components.
    static func componentsPrecede(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            // A slash ends a component, and what ends first comes first.
            if left[index] == slash { return true }
            if right[index] == slash { return false }
            return left[index] < right[index]
        }
        return left.count < right.count
    }
}

extension ObjectID {
    /// True if the digests are equal, however they were made: what DVC 2 recorded and DVC 3 records of most data.
    fileprivate func hasSameDigest(as other: ObjectID) -> Bool {
        digest == other.digest && isDirectory == other.isDirectory
    }
}
