public import CairnCore
import CairnSystem
import Synchronization

/// Which objects a store has: learned from its folders in one go, or asked one by one, whichever costs less.
///
/// A value of one moment; objects that arrive later are not seen.
public struct ObjectInventory: Sendable {
    private let store: ObjectStore
    /// Sorted ids of the objects that are files, by the first byte of their digest; `nil` where objects are asked for one by one.
    private let known: [[ObjectID]]?

    /// Takes the inventory of a store for about `expected` questions.
    ///
    /// - Throws: `StoreError` if a folder of the store cannot be read.
    public init(of store: ObjectStore, expecting expected: Int, workers: Workers = .perProcessor)
        throws(StoreError)
    {
        self.store = store
        // Listing costs about 0.2 µs an object of the store, a question 2 µs: few questions are better asked.
        known = expected < 2000 ? nil : try store.loose.allObjectsByFirstByte(HashAlgorithm.all, workers)
    }

    /// Tells whether the store has the object. Its bytes are not looked at.
    public func contains(_ id: ObjectID) throws(StoreError) -> Bool {
        guard let known else { return try store.contains(id) }
        let isFile = known[Int(id.digest.firstByte)].withUnsafeBufferPointer { bucket in
            var (low, high) = (0, bucket.count)
            while low < high {
                let middle = (low + high) / 2
                if bucket[middle] < id { low = middle + 1 } else { high = middle }
            }
            return low < bucket.count && bucket[low] == id
        }
        if isFile { return true }
        return try store.isPacked(id)
    }
}

extension LooseStore {
    /// All objects of the given algorithms, in ascending order of their digests' first bytes.
    ///
    /// - Throws: `StoreError` if a folder cannot be read.
    public func allObjects(
        _ algorithms: [HashAlgorithm], workers: Workers = .perProcessor
    ) throws(StoreError) -> [ObjectID] {
        try allObjectsByFirstByte(algorithms, workers).flatMap(\.self)
    }

    /// All objects, sorted, in 256 lists.
    func allObjectsByFirstByte(
        _ algorithms: [HashAlgorithm], _ workers: Workers
    ) throws(StoreError) -> [[ObjectID]] {
        let result = Mutex([[ObjectID]](repeating: [], count: 256))
        for algorithm in algorithms {
            guard let top = try objectsFolder(algorithm) else { continue }
            try workers.forEachRange(of: 256, stride: 8) { (range) throws(StoreError) in
                for byte in range {
                    let list = try objects(startingWith: UInt8(byte), algorithm, in: top)
                    if !list.isEmpty { result.withLock { $0[byte] += list } }
                }
            }
        }
        var lists = result.withLock { $0 }
        for byte in lists.indices { lists[byte].sort() }
        return lists
    }

    /// True if the store may have objects: there are folders for them.
    public func hasFolders(of algorithms: [HashAlgorithm]) throws(StoreError) -> Bool {
        for algorithm in algorithms where try objectsFolder(algorithm) != nil { return true }
        return false
    }

    /// The folder with the 256 folders of an algorithm; `nil` if there is none, or a link in its place.
    private func objectsFolder(_ algorithm: HashAlgorithm) throws(StoreError) -> Folder? {
        guard var top = folder else { return nil }
        do throws(SystemError) {
            for component in Self.folders(of: algorithm) {
                guard try top.status(of: component)?.kind == .folder else { return nil }
                top = try top.folder(named: component)
            }
            return top
        } catch {
            throw StoreError(error)
        }
    }

    private func objects(
        startingWith byte: UInt8, _ algorithm: HashAlgorithm, in top: Folder
    ) throws(StoreError) -> [ObjectID] {
        var result: [ObjectID] = []
        let digits = Array(Self.hexDigits(of: byte))
        do throws(SystemError) {
            guard try top.status(of: digits)?.kind == .folder else { return [] }
            let folder = try top.folder(named: digits)
            var unclear: [(id: ObjectID, name: [UInt8])] = []
            try folder.forEachName { rest, kind in
                guard kind == .regular || kind == .unknown,
                    let id = ObjectID(algorithm, firstByte: byte, restOfName: rest)
                else { return }
                if kind == .regular { result.append(id) } else { unclear.append((id, Array(rest))) }
            }
            // A file system that does not say what a name stands for has to be asked.
            for (id, name) in unclear where try folder.status(of: name)?.kind == .regular {
                result.append(id)
            }
        } catch {
            throw StoreError(error)
        }
        return result
    }

    static func hexDigits(of byte: UInt8) -> [UInt8] {
        [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 87 + $0 }
    }
}
