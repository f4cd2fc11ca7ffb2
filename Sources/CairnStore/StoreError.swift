public import CairnCore
import CairnSystem

/// Something that a store could not do.
public struct StoreError: Error, Hashable, Sendable {
    /// What kind of failure it was.
    public enum Reason: Hashable, Sendable {
        /// The store has no such object.
        case missing(ObjectID)
        /// The object's bytes are not what its name says.
        case damaged(ObjectID)
        /// The object is sound but is not the listing of a directory that we accept; with the reason.
        case unreadableListing(ObjectID, String)
        /// The operating system refused.
        case io(Errno)
        /// None of the link types that were asked for works between store and workspace.
        case cannotLink([LinkType])
        /// A file went on changing while it was worked on.
        case changing
        /// The file is not a regular file.
        case unsupportedFile
        /// The file system has too little room: bytes wanted and bytes free.
        case noSpace(needed: Int64, free: Int64)
        /// No pack of a packed store has the record; with the object that cannot be put together without it, where that is known.
        case missingPart(RecordKey, of: ObjectID?)
        /// Writing to a packed store needs features that this program lacks.
        case readOnly(missing: [String])
        /// Somebody works in a packed store who needs it for himself.
        case busy
        /// A file of a packed store is not of its format, or damaged.
        case malformed(FormatError)
        /// The database of the stat index answered with this code.
        case index(Int32, String)
    }

    /// What happened.
    public let reason: Reason
    /// The file that it happened to.
    public let path: FilePath

    /// Puts an error together.
    public init(_ reason: Reason, _ path: FilePath) {
        self.reason = reason
        self.path = path
    }

    /// The object that the store has, but not as it should: with wrong bytes, or without some of its parts.
    public var damagedObject: ObjectID? {
        switch reason {
        case .damaged(let id), .missingPart(_, of: let id?): id
        default: nil
        }
    }

    /// The refusal of a listing that is larger than one may be.
    public init(tooLarge id: ObjectID, _ size: Int64, _ path: FilePath) {
        let why =
            "it has \(size) bytes, and the list of files of a directory may have \(DirListing.largestSize)"
        self.init(.unreadableListing(id, why), path)
    }

    /// Translates a failed system call.
    public init(_ error: SystemError) {
        self.init(.io(error.errno), error.path)
    }
}

/// Calls `body` and translates what the operating system refused.
func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
    do throws(SystemError) { return try body() } catch { throw StoreError(error) }
}
