public import CairnCore
import CairnSystem

/// Which objects a store has: learned from its folders in one go, or asked one by one, whichever costs less.
///
/// A value of one moment; objects that arrive later are not seen.
public struct ObjectInventory: Sendable {
    private let store: LooseStore
    private let known: Set<ObjectID>?

    /// Takes the inventory of a store for about `expected` questions.
    ///
    /// - Throws: `StoreError` if a folder of the store cannot be read.
    public init(of store: LooseStore, expecting expected: Int) throws(StoreError) {
        self.store = store
        // Listing costs about 0.2 µs an object of the store, a question 2 µs: few questions are better asked.
        known = expected < 2000 ? nil : Set(try store.allObjects([.md5, .md5DOS2Unix]))
    }

    /// Tells whether the store has the object. Its bytes are not looked at.
    public func contains(_ id: ObjectID) throws(StoreError) -> Bool {
        if let known { return known.contains(id) }
        return try store.status(of: id) != nil
    }
}

extension LooseStore {
    /// All objects of the given algorithms, in no order.
    ///
    /// - Throws: `StoreError` if a folder cannot be read.
    public func allObjects(_ algorithms: [HashAlgorithm]) throws(StoreError) -> [ObjectID] {
        var result: [ObjectID] = []
        for algorithm in algorithms {
            try forEachObject(of: algorithm) { result.append($0) }
        }
        return result
    }

    /// Hands every name in the place of an object to `body`.
    func forEachObject(of algorithm: HashAlgorithm, _ body: (ObjectID) -> Void) throws(StoreError) {
        guard let root = folder else { return }
        do throws(SystemError) {
            var top = root
            for component in Self.folders(of: algorithm) {
                guard try top.status(of: component)?.kind == .folder else { return }
                top = try top.folder(named: component)
            }
            for name in try top.names() where name.count == 2 && name.allSatisfy(Self.isDigit) {
                guard try top.status(of: name)?.kind == .folder else { continue }
                var digits = name
                try top.folder(named: name).forEachName { rest, kind in
                    guard kind == .regular || kind == .unknown else { return }
                    digits.removeSubrange(2...)
                    digits.append(contentsOf: rest)
                    // Upper-case digits are no name of an object.
                    guard let id = ObjectID(algorithm, parsing: digits), !rest.contains(where: { (65...70).contains($0) })
                    else { return }
                    body(id)
                }
            }
        } catch {
            throw StoreError(error)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
}
