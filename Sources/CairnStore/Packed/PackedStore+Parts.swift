public import CairnCore

extension PackedStore {
    /// The records that the first record of an object refers to: spans and chunks of a recipe, pages of a directory. Whether they are there
    /// is not looked at, except for spans, which are read.
    ///
    /// - Throws: `StoreError` with `.missing`, `.missingPart` or `.damaged`.
    public func parts(of key: RecordKey, _ id: ObjectID) throws(StoreError) -> [RecordKey] {
        try PackUsage.parts(of: key, id, in: self)
    }
}

extension PackIndex {
    /// The record that an object begins with: the file itself, its recipe, or the directory.
    ///
    /// - Returns: `nil` if no pack has it.
    public func firstKey(of id: ObjectID) -> RecordKey? { key(of: id) }
}
