public import CairnRemote
public import CairnStore
import CairnSystem

/// What went wrong between a cache and a packed remote.
public struct TransferError: Error, Hashable, Sendable {
    /// Why work had to stop.
    public enum Reason: Hashable, Sendable {
        /// An operation of the remote failed.
        case remote(RemoteError)
        /// Something on this side failed.
        case local(StoreError)
        /// An object of the remote is not of its format, or was altered; its key.
        case malformed(String, FormatError)
        /// The marker of the store is gone, though its log is there.
        case lostMarker
        /// The log has pushes to another store than the marker names: both ids.
        case twoStores(marker: UniqueID, log: UniqueID)
        /// The remote is no packed store.
        case noStore
        /// Writing needs features that this program lacks.
        case readOnly([String])
        /// What was pushed was given up by collectors again and again.
        case overtaken
        /// A repository has pushed and has not said what it needs.
        case unknownRoots(UniqueID)
        /// What a clone says it needs cannot be read, or is of another store.
        case unreadableRoots(RootsName, FormatError?)
        /// A record that is needed cannot be read from any pack.
        case unreadable(RecordKey)
    }

    /// What happened.
    public let reason: Reason

    /// Puts an error together.
    public init(_ reason: Reason) { self.reason = reason }

    /// True if an object of the remote is not there any more.
    var isAbsence: Bool {
        if case .remote(let error) = reason { return error.reason == .notFound }
        return false
    }

    /// True if the user asked to stop.
    public var isInterruption: Bool {
        switch reason {
        case .remote(let error): error.reason == .interrupted
        case .local(let error): error.reason == .io(.interrupted)
        default: false
        }
    }
}

/// Calls `body` and says that the remote failed.
func remotely<Result>(
    _ body: () async throws(RemoteError) -> Result
) async throws(TransferError) -> Result {
    do throws(RemoteError) { return try await body() } catch { throw TransferError(.remote(error)) }
}

/// Calls `body` and translates what the operating system refused.
func onDisk<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
    do throws(SystemError) { return try body() } catch { throw StoreError(error) }
}

/// Calls `body` and says that something on this side failed.
func locally<Result: ~Copyable>(_ body: () throws(StoreError) -> Result) throws(TransferError) -> Result {
    do throws(StoreError) { return try body() } catch { throw TransferError(.local(error)) }
}
