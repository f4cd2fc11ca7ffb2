import CairnSystem
import Synchronization

@testable import CairnRemote

/// All that a search for keys can see, made up.
struct CredentialWorld {
    /// What answers requests, and remembers them.
    final class Services: HTTPSending {
        private let answer: @Sendable (HTTPRequest) throws(RemoteError) -> HTTPResponse
        private let seen = Mutex<[HTTPRequest]>([])

        init(_ answer: @escaping @Sendable (HTTPRequest) throws(RemoteError) -> HTTPResponse) {
            self.answer = answer
        }

        var requests: [HTTPRequest] { seen.withLock { $0 } }

        func send(
            _ request: HTTPRequest, _ rules: HTTPAttemptRules
        ) async throws(RemoteError) -> HTTPResponse {
            var request = request
            try await rules.prepare(&request)
            seen.withLock { $0.append(request) }
            return try answer(request)
        }
    }

    /// A clock that stands where it is put.
    final class Clock: RemoteClock {
        private let now: Mutex<Int64>
        init(_ now: Int64) { self.now = Mutex(now) }
        var elapsed: Duration { .zero }
        var date: Int64 {
            get { now.withLock { $0 } }
            set { now.withLock { $0 = newValue } }
        }
        func sleep(for duration: Duration) async throws(RemoteError) {}
    }

    /// 2026-01-01T00:00:00Z
    static let start: Int64 = 1_767_225_600_000

    var options = S3CredentialOptions()
    var environment: [String: String] = [:]
    /// Files by path; "~" is the home folder.
    var files: [String: String] = [:]
    var program: @Sendable ([String]) throws(SystemError) -> ChildProcess.Output = {
        words throws(SystemError) in throw SystemError(.noSuchFileOrDirectory, "start", FilePath(words[0]))
    }
    var services = Services { _ throws(RemoteError) in throw RemoteError(.unreachable("nobody")) }
    var metadata = Services { _ throws(RemoteError) in throw RemoteError(.unreachable("nobody")) }
    var clock = Clock(start)

    var surroundings: S3CredentialSurroundings {
        let home = FilePath("/home/u")
        var result = S3CredentialSurroundings(
            Surroundings(environment: environment, workingDirectory: "/", home: home), services: services,
            metadata: metadata, clock: clock)
        let files = files
        result.readFile = { path throws(SystemError) in
            let text = path.string.hasPrefix("/home/u/") ? "~/" + path.string.dropFirst(8) : path.string
            if files[text] == "denied" { throw SystemError(.permissionDenied, "open", path) }
            return files[text].map { Array($0.utf8) }
        }
        result.run = program
        return result
    }

    var chain: S3CredentialChain { S3CredentialChain(options, surroundings) }

    /// The key that is found, as `id/secret/token`; "anonymous" for none; what is wrong.
    func found() async -> String {
        do throws(RemoteError) {
            guard let key = try await chain.credentials() else { return "anonymous" }
            return [key.accessKeyID, key.secretAccessKey, key.sessionToken ?? "-"].joined(separator: "/")
        } catch {
            if case .noCredentials(let why) = error.reason { return "error: \(why)" }
            return "error: \(error.reason)"
        }
    }
}
