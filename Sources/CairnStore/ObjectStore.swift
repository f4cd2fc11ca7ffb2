public import CairnCore
public import CairnSystem

/// The objects of a cache or of a remote, wherever in its folder they lie: one file each, or in packs.
///
/// An object is in one of the two or in none; who asks does not have to know in which.
public final class ObjectStore: Sendable {
    // A class: its parts own descriptors and what they learned of their folders.

    /// The objects that are files.
    public let loose: LooseStore
    /// The objects that are in packs; `nil` where the folder holds no packed store.
    public let packed: PackedStore?

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - creating: whether to make the folder if it is missing; without it a missing store is an empty one.
    ///   - isPacked: whether to make a packed store there, if it is none yet.
    ///   - isGroupShared: whether everybody in the folder's group may add objects.
    /// - Throws: `StoreError` if a folder cannot be opened or made, or the packed store is of a kind that is not known.
    public init(
        at root: FilePath, creating: Bool = false, isPacked: Bool = false, isGroupShared: Bool = false
    )
        throws(StoreError)
    {
        loose = try LooseStore(at: root, creating: creating, isGroupShared: isGroupShared)
        let packed = try PackedStore(
            at: root, creating: creating && isPacked, isGroupShared: isGroupShared)
        self.packed = packed.marker == nil ? nil : packed
    }

    /// Opens a packed store whose packs are brought when they are opened. There are no objects that are files.
    ///
    /// - Throws: `StoreError` if the folder cannot be opened, or the store is of a kind that is not known.
    public init(at root: FilePath, packsFrom source: any PackSource) throws(StoreError) {
        loose = try LooseStore(at: root)
        let packed = try PackedStore(at: root, source: source)
        self.packed = packed.marker == nil ? nil : packed
    }

    /// Takes a store whose objects are all files.
    public init(_ loose: LooseStore) {
        self.loose = loose
        packed = nil
    }

    /// The folder of the store.
    public var root: FilePath { loose.root }
    /// The open folder; `nil` while the store has not been made.
    public var folder: Folder? { loose.folder }

    /// Tells whether the store has an object. Its bytes are not looked at.
    public func contains(_ id: ObjectID) throws(StoreError) -> Bool {
        // What is in an index costs no look at the disk.
        if try isPacked(id) { return true }
        return try loose.status(of: id) != nil
    }

    /// Tells whether an object is in a pack.
    public func isPacked(_ id: ObjectID) throws(StoreError) -> Bool {
        guard let packed else { return false }
        return try id.algorithm == .blake3 ? packed.contains(id) : packed.containsAlias(of: id)
    }

    /// How many bytes an object has; `nil` if the store does not have it.
    public func size(of id: ObjectID) throws(StoreError) -> Int64? {
        if let status = try loose.status(of: id) { return status.size }
        guard let packed else { return nil }
        if id.algorithm == .blake3 { return try packed.size(of: id) }
        return try packed.containsAlias(of: id) ? packed.size(aliased: id) : nil
    }

    /// Reads an object whole and checks its bytes against its id.
    ///
    /// - Throws: `StoreError` with `.missing` or `.damaged`. Meant for what is small, and for listings.
    public func read(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        if let packed, try loose.status(of: id) == nil, try isPacked(id) {
            return try id.algorithm == .blake3 ? packed.read(id) : readAliased(id, in: packed)
        }
        return try loose.read(id)
    }

    /// Reads the listing of a directory and checks it.
    ///
    /// - Throws: `StoreError` with `.missing`, or `.damaged` when its bytes are not what its id says or are no listing.
    public func listing(_ id: ObjectID) throws(StoreError) -> DirListing {
        let bytes = try read(id)
        do {
            return try DirListing(parsing: bytes, as: DirListing.Form(of: id.algorithm))
        } catch {
            throw StoreError(.unreadableListing(id, "\(error)"), loose.path(of: id))
        }
    }

    /// Reads every byte of an object and compares it with its id.
    ///
    /// - Throws: `StoreError` with `.missing` or `.damaged`.
    public func verify(_ id: ObjectID, reporter: any Reporter = SilentReporter()) throws(StoreError) {
        if let packed, try loose.status(of: id) == nil, try isPacked(id) {
            if id.algorithm != .blake3 {
                try packed.read(aliased: id) { reporter.advance(items: 0, bytes: Int64($0.count)) }
            } else if id.isDirectory {
                try packed.verifyListing(id)
            } else {
                let size = try packed.size(of: id) ?? 0
                try packed.read(id, range: 0..<size) { reporter.advance(items: 0, bytes: Int64($0.count)) }
            }
            return
        }
        try loose.verify(id, reporter: reporter)
    }

    /// Takes an object whose bytes are wrong out of the store, so that it can be stored or fetched anew; what is damaged is kept.
    ///
    /// - Returns: where it lies now: the object's file, or a pack that has something of it; `nil` if the store does not have it any more,
    ///   because it lay in a pack that went with another object, or it is sound by now.
    /// - Throws: `StoreError` if the store cannot be written to.
    public func moveAside(_ id: ObjectID, into quarantine: FilePath) throws(StoreError) -> FilePath? {
        if try loose.status(of: id) != nil { return try loose.moveAside(id, into: quarantine) }
        guard let packed, try isPacked(id) else { return nil }
        return try packed.setAsideDamage(of: id, into: quarantine)
    }

    /// What the store looks like as far as objects of an algorithm are concerned, and when that last changed.
    ///
    /// - Returns: `nil` if the store is not there.
    /// - Throws: `StoreError` if a folder cannot be looked at.
    public func fingerprint(_ algorithm: HashAlgorithm) throws(StoreError) -> (
        digest: Digest, lastChange: Int64, device: UInt64
    )? {
        guard let files = try loose.fingerprint(algorithm) else { return nil }
        guard algorithm == .blake3, let packed, let packs = try packed.fingerprint() else { return files }
        return (
            BLAKE3.digest(of: files.digest.bytes + packs.digest.bytes),
            max(files.lastChange, packs.lastChange),
            files.device
        )
    }
}
