import Glibc
import Synchronization

/// A real server of this machine, started by `Tests/servers/server` and ended with this process, however that ends.
public final class TestServer: Sendable {
    /// What can be started: a file of `Tests/servers/kinds`.
    public enum Kind: String, Sendable, CaseIterable {
        /// Ceph's RADOS gateway: the main S3 server.
        case ceph
        /// OpenStack Swift with its S3 API: the second opinion; slow, so give it little.
        case swift
        /// nginx: plain HTTP and HTTPS, basic and token authentication, redirects, a front with TLS.
        case nginx
        /// lighttpd: digest authentication.
        case lighttpd
        /// The proxy that does harm; see `FaultProxy`.
        case fault

        /// Why there can be none here; nil where there can.
        public var reason: String? {
            let folder = "\(PackageRoot.path)/.build-tools/servers"
            if let left = try? Files.text("\(folder)/\(rawValue).unavailable") {
                return "needs the server '\(rawValue)': \(left.prefix { $0 != "\n" })"
            }
            let isThere = Files.names(in: folder).contains { $0.hasPrefix("\(rawValue).works-") }
            return isThere ? nil : "needs the server '\(rawValue)': run `make test-tools` first"
        }

        /// Whether tests that need it can run.
        public var isAvailable: Bool { reason == nil }

    }

    /// What it prints when it has started: addresses, keys, paths.
    public let values: [String: String]
    private let process: Mutex<RunningProgram?>
    /// While this end of a connection is open, the server runs. The kernel closes it with this process.
    private let leash: Int32

    /// Starts a server of its own, for a test that changes it or ends it; it ends with the value.
    ///
    /// - Parameter options: what the kind takes, as `upstream`.
    /// - Throws: `SupportError` when it does not start.
    public init(_ kind: Kind, _ options: [String: String] = [:]) throws {
        let state = try Self.newFolder(kind.rawValue)
        var ends: [Int32] = [0, 0]
        // A pair of sockets, because those alone can be made so that no other test's program inherits them.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SupportError("no pair of sockets") }
        leash = ends[1]
        defer { close(ends[0]) }
        let words =
            ["run", kind.rawValue, state, "--until-eof", "--temporary"]
            + options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let running = try Program.start(
            "\(PackageRoot.path)/Tests/servers/server", words, in: "/", environment: Self.environment,
            standardInput: ends[0])
        let deadline = Monotonic.now + 180
        while !Files.exists("\(state)/env") {
            guard !running.hasEnded, Monotonic.now < deadline else {
                close(leash)
                let end = try running.wait(seconds: 20)
                throw SupportError("the server does not start\n\(end.map(\.description) ?? "")")
            }
            usleep(10_000)
        }
        values = Self.pairs(try Files.text("\(state)/env"))
        process = Mutex(running)
    }

    deinit {
        close(leash)
        process.withLock { _ = try? $0?.wait(seconds: 20) }
    }

    /// One of the values that it printed; empty if it did not print it.
    public subscript(_ name: String) -> String { values[name] ?? "" }

    /// Ends it now, as a server goes down under its clients.
    public func stop() {
        process.withLock {
            $0?.kill(SIGTERM)
            _ = try? $0?.wait(seconds: 20)
            $0 = nil
        }
    }

    /// The server of a kind that the tests of this process share. It is started when it is first asked for.
    ///
    /// - Throws: `SupportError` when it does not start.
    public static func shared(_ kind: Kind) throws -> TestServer {
        guard let server = all[kind] else { throw SupportError("no server '\(kind.rawValue)'") }
        return try server.value()
    }

    private static let all = Dictionary(
        uniqueKeysWithValues: Kind.allCases.map { kind in (kind, Once { try TestServer(kind) }) })

    private static func newFolder(_ name: String) throws -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/cairn-\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let path = realpath(template, nil) else {
            throw SupportError("no folder for a server in \(base): \(String(cString: strerror(errno)))")
        }
        defer { free(path) }
        return String(cString: path)
    }

    private static let environment: [String: String] = {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return [
            "PATH": "\(path):/usr/local/sbin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
        ]
    }()

    private static func pairs(_ text: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            pairs[String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
        return pairs
    }
}

/// Something that is made once, when it is first asked for; others wait meanwhile. A failure is for all.
public final class Once<Value: Sendable>: Sendable {
    private let made = Mutex<Result<Value, any Error>?>(nil)
    private let make: @Sendable () throws -> Value

    /// Something that `make` makes.
    public init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

    /// The value, or what making it failed with.
    public func value() throws -> Value {
        try made.withLock {
            if let there = $0 { return try there.get() }
            let result = Result { try make() }
            $0 = result
            return try result.get()
        }
    }
}
