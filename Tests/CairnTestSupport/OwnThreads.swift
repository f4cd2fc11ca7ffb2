import CairnSystem
public import Testing

/// Runs each test of a suite on threads of its own: on the pool that all tests share, hundreds that block stand before it, and times that it measures
/// would be theirs.
public struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true

    public func scopeProvider(for test: Test, testCase: Test.Case?) -> OwnThreads? {
        testCase == nil ? nil : self
    }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(TaskThreads(count: 4)) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// See `OwnThreads`.
    public static var ownThreads: OwnThreads { OwnThreads() }
}
