import CairnCore

/// A set of ids in sorted arrays: a hash table of a million of them would need three times the memory.
struct ObjectSet {
    private(set) var sorted: [ObjectID] = []
    private var fresh: [ObjectID] = []

    /// Takes an id in.
    mutating func insert(_ id: ObjectID) {
        fresh.append(id)
        // The same files come again with each revision: sorted in time, they never take more room than the set twice.
        if fresh.count > max(sorted.count, 1 << 20) { compact() }
    }

    /// Makes all that was inserted part of `sorted`.
    mutating func compact() {
        guard !fresh.isEmpty else { return }
        fresh.sort()
        var merged: [ObjectID] = []
        merged.reserveCapacity(sorted.count + fresh.count)
        var (left, right) = (0, 0)
        while left < sorted.count || right < fresh.count {
            let next: ObjectID
            if right == fresh.count || (left < sorted.count && sorted[left] <= fresh[right]) {
                next = sorted[left]
                left += 1
            } else {
                next = fresh[right]
                right += 1
            }
            if merged.last != next { merged.append(next) }
        }
        sorted = merged
        fresh = []
    }

    /// Tells whether an id is among those that were compacted.
    func contains(_ id: ObjectID) -> Bool {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == id
    }
}
