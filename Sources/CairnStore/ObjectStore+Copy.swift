public import CairnCore
public import CairnSystem

extension ObjectStore {
    /// Writes an object's bytes to a file, from its current position on; each of them was checked against the id.
    ///
    /// - Throws: `StoreError` with `.missing`, `.damaged` or `.missingPart`; the file may have some bytes then.
    public func copy(_ id: ObjectID, to file: borrowing OpenFile) throws(StoreError) {
        guard let packed, try loose.status(of: id) == nil, try isPacked(id) else {
            let source = try loose.open(id)
            let digest = try system { () throws(SystemError) in
                try source.digest(id.contentAlgorithm, copyingTo: file) { _ in }
            }
            guard digest == id.digest else { throw StoreError(.damaged(id), loose.path(of: id)) }
            return
        }
        if id.algorithm == .blake3 { return try packed.copy(id, to: file) }
        try packed.read(aliased: id) { (part) throws(StoreError) in
            try system { () throws(SystemError) in try file.write(part) }
        }
    }
}
