import CairnCore
import CairnRemote
import CairnSystem
import CairnTransfer

/// What a remote turned out to be able to do.
public struct RemoteCheckReport: Sendable {
    /// One thing that commands ask of remotes.
    public enum Ability: String, Sendable {
        case list, write, read
        /// Telling at once of what was just written.
        case listAgain = "list what was written"
        case readRange = "read a range"
        /// Taking the same object again.
        case rewrite = "write the same again"
        /// Refusing other bytes under a key that is taken.
        case keep = "keep what is there"
        case delete
    }

    /// How one thing went.
    public struct Finding: Sendable {
        /// What was tried.
        public let ability: Ability
        /// True if it went as it should; `nil` if it could not be tried.
        public let works: Bool?
        /// How long it took, if there was an answer.
        public let time: Duration?
        /// Why it failed, if it did.
        public let problem: CairnError?
    }

    /// The name in the configuration.
    public let name: String
    /// Where it is, without a password.
    public let url: [UInt8]
    /// How objects lie there; `nil` if there are none yet.
    public let layout: RemoteLayout?
    /// True for a kind of remote that is never written to.
    public let isReadOnly: Bool
    /// What was tried, in order.
    public internal(set) var findings: [Finding] = []
    /// Whether the service itself refuses to replace objects; `nil` if that is not known, or not for it to decide.
    public internal(set) var keepsObjects: Bool?
    /// The object that was written to try it out and could not be deleted.
    public internal(set) var remainder: String?

    /// True if an ability was shown.
    public func can(_ ability: Ability) -> Bool {
        findings.contains { $0.ability == ability && $0.works == true }
    }

    /// True if `fetch` and `pull` can do their work.
    public var canFetch: Bool { isReadOnly ? can(.list) : can(.read) && can(.readRange) }
    /// True if `push` can.
    public var canPush: Bool { can(.list) && can(.write) && can(.read) }
    /// True if `gc -c` can.
    public var canCollect: Bool { canPush && can(.delete) }
    /// True if all works that such a remote is there for.
    public var isFine: Bool { isReadOnly ? canFetch : canFetch && canPush }
}

extension Workspace {
    /// Tries out what a remote can do, with one small object that is deleted at the end.
    ///
    /// - Parameter name: `nil` for the default remote.
    /// - Throws: `CairnError` of kind `config` if there is no such remote, or if the user asked to stop. What the remote cannot do is in the
    ///   report.
    public func checkRemote(_ name: String? = nil) throws -> RemoteCheckReport {
        let store = try remoteStore(name, for: "remote check")
        let remote = store.contract
        let url = try self.remote(name).location.shown
        var layout: RemoteLayout?
        var problem: CairnError?
        let start = RemoteSurroundings.system.clock.elapsed
        do { layout = try store.layout() } catch let error as CairnError { problem = error }
        let time = RemoteSurroundings.system.clock.elapsed - start
        let isReadOnly = store.connection?.isReadOnly ?? false
        var report = RemoteCheckReport(name: store.name, url: url, layout: layout, isReadOnly: isReadOnly)
        guard !isReadOnly else {
            // Without an object of ours, what can be seen is whether the place answers.
            report.findings = [
                .init(
                    ability: .list, works: problem == nil, time: problem == nil ? time : nil, problem: problem
                )
            ]
            return report
        }
        let probe = try store.wait(jobs: 1) { () async throws(TransferError) in
            do throws(RemoteError) {
                return try await RemoteProbe.run(on: remote)
            } catch {
                throw TransferError(.remote(error))
            }
        }
        report.findings = probe.findings.map {
            RemoteCheckReport.Finding($0.ability, $0.outcome, of: store.name)
        }
        report.keepsObjects = probe.keepsObjects
        report.remainder = probe.remainder
        return report
    }
}

extension RemoteCheckReport.Finding {
    init(_ ability: RemoteProbe.Ability, _ outcome: RemoteProbe.Outcome, of name: String) {
        self.ability = RemoteCheckReport.Ability(ability)
        switch outcome {
        case .works(let duration): (works, time, problem) = (true, duration, nil)
        case .isWrong(let duration): (works, time, problem) = (false, duration, nil)
        case .fails(let error): (works, time, problem) = (false, nil, CairnError(error, remote: name))
        case .untried: (works, time, problem) = (nil, nil, nil)
        }
    }
}

extension RemoteCheckReport.Ability {
    init(_ ability: RemoteProbe.Ability) {
        self =
            switch ability {
            case .list: .list
            case .write: .write
            case .listAgain: .listAgain
            case .read: .read
            case .readRange: .readRange
            case .rewrite: .rewrite
            case .keep: .keep
            case .delete: .delete
            }
    }
}
