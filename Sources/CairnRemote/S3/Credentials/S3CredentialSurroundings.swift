public import CairnSystem

/// What the search for a key takes from outside. Tests pass their own.
public struct S3CredentialSurroundings: Sendable {
    /// The environment variables.
    public var environment: [String: String]
    /// The user's home folder, if there is one.
    public var home: FilePath?
    /// Reads a file; `nil` if there is none.
    public var readFile: @Sendable (FilePath) throws(SystemError) -> [UInt8]?
    /// Runs a program, given as its words.
    public var run: @Sendable (_ words: [String]) throws(SystemError) -> ChildProcess.Output
    /// Sends requests to services.
    public var services: any HTTPSending
    /// Sends requests to what answers on this machine or beside it: `metadataSettings` are made for that.
    public var metadata: any HTTPSending
    /// The clock.
    public var clock: any RemoteClock

    /// How long a program may take to tell a key, in seconds: it may ask its user first.
    private static let patience = 120

    /// Those of this machine.
    ///
    /// - Parameters:
    ///   - surroundings: environment and home folder.
    ///   - services: sends requests to services.
    ///   - metadata: sends requests to what answers on this machine or beside it.
    public init(
        _ surroundings: Surroundings, services: any HTTPSending, metadata: any HTTPSending,
        clock: any RemoteClock = SystemClock()
    ) {
        let environment = surroundings.environment
        self.environment = environment
        home = surroundings.home
        readFile = { path throws(SystemError) in try path.readIfPresent(limit: 1 << 20) }
        run = { words throws(SystemError) in
            try ChildProcess.output(
                of: words[0], Array(words.dropFirst()), environment: environment, limit: 1 << 20,
                seconds: Self.patience)
        }
        self.services = services
        self.metadata = metadata
        self.clock = clock
    }

    /// How to talk to the services of a machine that give it its keys: where there are none, nobody should have to wait for long, and
    /// what they say is not for proxies.
    public static func metadataSettings(_ environment: [String: String]) -> HTTPSettings {
        var settings = HTTPSettings()
        let seconds = environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap { Int($0) } ?? 1
        settings.connectTimeout = .seconds(min(max(seconds, 1), 60))
        settings.stallTimeout = settings.connectTimeout
        settings.attempts = environment["AWS_METADATA_SERVICE_NUM_ATTEMPTS"].flatMap { Int($0) } ?? 1
        settings.attempts = min(max(settings.attempts, 1), 10)
        settings.usesProxies = false
        return settings
    }

    /// A variable of the environment; empty is as good as nothing.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A path as a user writes it, with `~` for the home folder.
    func path(_ text: String) -> FilePath {
        guard let home, text == "~" || text.utf8.starts(with: "~/".utf8) else { return FilePath(text) }
        return text == "~" ? home : home.appending(String(text.dropFirst(2)))
    }
}
