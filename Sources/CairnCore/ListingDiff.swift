/// What happened to a path between two listings; the numbers are positions in the old and in the new one.
public enum ListingChange: Hashable, Sendable {
    /// Only the new listing has the path.
    case added(new: Int)
    /// Only the old listing has the path.
    case deleted(old: Int)
    /// Both have the path, with different bytes.
    case modified(old: Int, new: Int)
    /// Both have the path, with the same bytes.
    case unchanged(old: Int, new: Int)
}

/// The difference of two listings: a merge that copies neither paths nor digests.
public struct ListingDiff: Sequence, Sendable {
    /// The listing before.
    public let old: DirListing
    /// The listing after.
    public let new: DirListing

    /// Puts two listings of one form side by side; nothing is compared yet.
    public init(from old: DirListing, to new: DirListing) {
        self.old = old
        self.new = new
    }

    /// Walks over both listings at once, in the order of their paths; time is linear, memory constant.
    public struct Iterator: IteratorProtocol {
        private let old: DirListing
        private let new: DirListing
        private var oldIndex = 0
        private var newIndex = 0

        init(_ diff: ListingDiff) {
            old = diff.old
            new = diff.new
        }

        public mutating func next() -> ListingChange? {
            let order: Int
            if oldIndex == old.count {
                guard newIndex < new.count else { return nil }
                order = 1
            } else if newIndex == new.count {
                order = -1
            } else {
                order = old.paths.withPath(oldIndex) { left in
                    new.paths.withPath(newIndex) { new.form.compare(left, $0) }
                }
            }
            defer {
                if order <= 0 { oldIndex += 1 }
                if order >= 0 { newIndex += 1 }
            }
            if order < 0 { return .deleted(old: oldIndex) }
            if order > 0 { return .added(new: newIndex) }
            let isSame =
                old.digests[oldIndex] == new.digests[newIndex]
                && old.kind(at: oldIndex) == new.kind(at: newIndex)
            return isSame
                ? .unchanged(old: oldIndex, new: newIndex)
                : .modified(old: oldIndex, new: newIndex)
        }
    }

    public func makeIterator() -> Iterator { Iterator(self) }

    /// Pairs deleted and added files of equal digest.
    ///
    /// Added files are taken in the order of their path's components, each gets the first deleted file, in
    /// the same order, whose bytes it has and which no other got; so the result is the one DVC reports.
    public func renames() -> [(old: Int, new: Int)] {
        var added: [Int] = []
        var deleted: [Int] = []
        for change in self {
            switch change {
            case .added(let new): added.append(new)
            case .deleted(let old): deleted.append(old)
            case .modified, .unchanged: break
            }
        }
        guard !added.isEmpty && !deleted.isEmpty else { return [] }
        deleted.sort { old.componentsPrecede($0, $1) }
        added.sort { new.componentsPrecede($0, $1) }
        // Every queue holds its positions backwards: the first is the cheapest to take.
        var queues: [Digest: [Int]] = [:]
        for index in deleted.reversed() { queues[old.digest(at: index), default: []].append(index) }
        return added.compactMap { index in
            queues[new.digest(at: index)]?.popLast().map { (old: $0, new: index) }
        }
    }
}

extension DirListing {
    /// True if a path comes first when paths are compared component by component, so that a slash sorts
    /// before everything.
    fileprivate func componentsPrecede(_ one: Int, _ other: Int) -> Bool {
        let slash = UInt8(ascii: "/")
        let left = paths[one].split(separator: slash)
        let right = paths[other].split(separator: slash)
        for (name, otherName) in zip(left, right) {
            let order = name.withUnsafeBufferPointer { name in
                otherName.withUnsafeBufferPointer { PythonText.compare(name, $0) }
            }
            if order != 0 { return order < 0 }
        }
        return left.count < right.count
    }
}
