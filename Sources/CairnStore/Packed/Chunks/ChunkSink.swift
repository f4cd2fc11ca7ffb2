/// Where records go that a file was cut into.
public protocol ChunkSink: Sendable {
    /// True if the record is stored already, or was handed over before.
    func contains(_ key: RecordKey) -> Bool

    /// Takes records; those that are there are passed over. The bytes are not kept beyond the call.
    ///
    /// - Throws: `StoreError` if they cannot be stored.
    func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError)
}

extension ChunkSink {
    /// Takes a record that is in memory anyway.
    ///
    /// - Throws: `StoreError` as `add(_:)`.
    public func add(_ key: RecordKey, _ bytes: ArraySlice<UInt8>) throws(StoreError) {
        try bytes.withBytes { (bytes) throws(StoreError) in try add([(key, bytes)]) }
    }
}

/// Where the records lie that a file is put together from.
public protocol ChunkSource: Sendable {
    /// Reads a record, checked against its key if that is the hash of its bytes.
    ///
    /// - Throws: `StoreError` if it is nowhere, or damaged everywhere.
    func record(_ key: RecordKey) throws(StoreError) -> ArraySlice<UInt8>
}
