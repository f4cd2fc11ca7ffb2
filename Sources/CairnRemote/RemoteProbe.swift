import CairnSystem

/// Finds out what a remote can do and how long it takes, with one small object.
///
/// What fails is noted, and the rest goes on. The object lies under a key that nothing else has; where it may not be deleted it stays.
public struct RemoteProbe: Sendable {
    /// One thing that a remote may be able to do.
    public enum Ability: String, Hashable, Sendable, CaseIterable {
        /// Telling what is there.
        case list
        /// Taking an object.
        case write
        /// Telling of the object that was just written.
        case listAgain
        /// Giving the object back, byte by byte.
        case read
        /// Giving a part of it.
        case readRange
        /// Taking the same object again as if nothing had been.
        case rewrite
        /// Refusing another object under its key.
        case keep
        /// Deleting it.
        case delete
    }

    /// How it went.
    public enum Outcome: Hashable, Sendable {
        /// As it should, in that time.
        case works(Duration)
        /// Something else came than should have, after that time.
        case isWrong(Duration)
        /// It failed.
        case fails(RemoteError)
        /// It could not be tried, because something before it failed.
        case untried
    }

    /// What was tried, in order.
    public private(set) var findings: [(ability: Ability, outcome: Outcome)] = []
    /// Whether the service itself refuses to replace objects; `nil` if that is not known, or not for it to decide.
    public private(set) var keepsObjects: Bool?
    /// The object that was written and could not be deleted.
    public private(set) var remainder: String?

    /// Tries everything.
    ///
    /// - Throws: `RemoteError` with `.interrupted` if the user asks to stop; all else is a finding.
    public static func run(
        on remote: any Remote, surroundings: RemoteSurroundings = .system
    ) async throws(RemoteError) -> RemoteProbe {
        let name = surroundings.withRandom { UInt64.random(in: 0 ... .max, using: &$0) }
        var probe = RemoteProbe(remote, surroundings.clock, key: "cairn.check/\(String(name, radix: 16))")
        try await probe.run()
        return probe
    }

    private let remote: any Remote
    private let clock: any RemoteClock
    private let key: String

    private init(_ remote: any Remote, _ clock: any RemoteClock, key: String) {
        self.remote = remote
        self.clock = clock
        self.key = key
    }

    private mutating func run() async throws(RemoteError) {
        let bytes = Array("written by `cairn remote check`; it may be deleted\n".utf8)
        let (remote, key) = (remote, key)
        try await note(.list) { () async throws(RemoteError) in
            _ = try await remote.top()
            return true
        }
        let isWritten = try await note(.write) { () async throws(RemoteError) in
            try await remote.write([RemoteUpload(key, .bytes(bytes))], jobs: 1).isEmpty
        }
        guard isWritten else {
            findings += Ability.allCases.dropFirst(2).map { ($0, .untried) }
            return
        }
        try await note(.listAgain) { () async throws(RemoteError) in
            try await remote.list(key).objects.map(\.size) == [Int64(bytes.count)]
        }
        try await note(.read) { () async throws(RemoteError) in
            try await remote.read(key, nil, limit: bytes.count) == bytes
        }
        try await note(.readRange) { () async throws(RemoteError) in
            try await remote.read(key, 8..<10, limit: 2) == Array(bytes[8..<10])
        }
        try await note(.rewrite) { () async throws(RemoteError) in
            try await remote.write([RemoteUpload(key, .bytes(bytes))], jobs: 1) == [key]
        }
        try await note(.keep) { () async throws(RemoteError) in
            do throws(RemoteError) {
                try await remote.write([RemoteUpload(key, .bytes(bytes + bytes))], jobs: 1)
                return false
            } catch {
                guard error.reason == .conflict else { throw error }
                return true
            }
        }
        keepsObjects = (remote as? S3Remote)?.isKnownToKeepObjects
        let isGone = try await note(.delete) { () async throws(RemoteError) in
            try await remote.delete([key])
            return true
        }
        if !isGone { remainder = key }
    }

    /// Tries something and notes how it went.
    ///
    /// - Returns: true if it works.
    @discardableResult
    private mutating func note(
        _ ability: Ability, _ body: () async throws(RemoteError) -> Bool
    ) async throws(RemoteError) -> Bool {
        let start = clock.elapsed
        do throws(RemoteError) {
            let isRight = try await body()
            let time = clock.elapsed - start
            findings.append((ability, isRight ? .works(time) : .isWrong(time)))
            return isRight
        } catch {
            if error.reason == .interrupted { throw error }
            findings.append((ability, .fails(error)))
            return false
        }
    }
}
