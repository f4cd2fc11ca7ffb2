public import CairnSystem

/// What went wrong with a remote.
public struct RemoteError: Error, Hashable, Sendable {
    /// Why it cannot be used, or why one operation failed.
    public enum Reason: Hashable, Sendable {
        /// The URL is of a kind that is not supported; its scheme.
        case unsupportedScheme(String)
        /// A `file:` URL names another machine; its name.
        case otherHost(String)
        /// The URL names no place.
        case noPath
        /// No object can have that key, or no key begins like that.
        case invalidKey
        /// There is no object of that key.
        case notFound
        /// The object has fewer bytes than were asked for, or than were promised.
        case truncated
        /// The object has more bytes than the caller is ready to take.
        case tooLarge(Int64)
        /// There is another object of that key.
        case conflict
        /// Reading or writing is not allowed.
        case denied
        /// The place does not tell which objects it has, or not to this user.
        case notListable
        /// The place wants to know who asks, and was not told, or does not believe it.
        case unknownUser
        /// There is no key to sign requests with, or it cannot be had; in words for the user, with what to do.
        case noCredentials(String)
        /// The place can be read and not written to.
        case readOnly
        /// There is no room left.
        case full
        /// What may go well when it is tried again: the network, a busy server; in words for the user.
        case temporary(String)
        /// The same for a place to which no connection can be made: it may be down, or its name wrong; in words for the user.
        case unreachable(String)
        /// The place does not prove to be the one that it is called; in words for the user.
        case untrusted(String)
        /// What another attempt will not change: answers that make no sense, requests that cannot be sent; in words for the user.
        case unusable(String)
        /// A library that is needed is not on this machine; the package that brings it.
        case missingLibrary(String)
        /// An S3 service refused, or answered in a way that helps nobody.
        case refused(S3Refusal)
        /// The operating system refused.
        case io(Errno)
        /// The user asked to stop.
        case interrupted
    }

    /// What happened.
    public let reason: Reason
    /// The object concerned; empty if it is the remote as a whole.
    public let key: String

    /// Puts an error together.
    public init(_ reason: Reason, _ key: String = "") {
        self.reason = reason
        self.key = key
    }

    /// True if the same operation may go well a little later.
    public var isTemporary: Bool {
        switch reason {
        case .temporary, .unreachable: true
        default: false
        }
    }
}

extension RemoteError {
    /// What an answer of the operating system means for a remote.
    init(_ error: SystemError, _ key: String = "") {
        let reason: Reason =
            switch error.errno {
            case .noSpace, .diskQuotaExceeded: .full
            case .readOnlyFileSystem: .readOnly
            case .permissionDenied, .notPermitted: .denied
            case .interrupted: .interrupted
            default: .io(error.errno)
            }
        self.init(reason, key)
    }
}

/// Runs a step of the operating system's and gives its failure the words of a remote.
func system<Success: ~Copyable>(
    _ key: String = "", _ step: () throws(SystemError) -> Success
) throws(RemoteError) -> Success {
    do throws(SystemError) {
        return try step()
    } catch {
        throw RemoteError(error, key)
    }
}
