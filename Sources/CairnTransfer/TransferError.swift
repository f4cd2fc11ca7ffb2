import CairnCore
import CairnSystem

/// A transfer between two stores that did not bring every object over.
public struct TransferError: Error, Sendable {
    /// The objects that did not arrive, each with the reason for people.
    public let failures: [(id: ObjectID, reason: String)]

    /// Puts an error together.
    public init(failures: [(id: ObjectID, reason: String)]) {
        self.failures = failures
    }
}
