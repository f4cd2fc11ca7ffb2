import Glibc

/// A server that runs as long as somebody holds it, or this process lives: see Tests/servers.
final class ServedStore {
    /// What it prints when it has started.
    let values: [String: String]
    /// The folder of its state.
    let state: String
    private let process: pid_t
    /// The server ends when this end of a connection is closed, be it by the kernel.
    private let leash: Int32

    /// Starts a server and waits until it answers.
    ///
    /// - Parameter options: as `upstream=127.0.0.1:8000`.
    /// - Throws: `BenchError` if it does not start.
    init(_ kind: String, _ options: [String] = [], on bench: Workbench) throws(BenchError) {
        state = try Disk.makeScratch("\(bench.root)/\(kind).")
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw BenchError("no pair of sockets") }
        defer { close(ends[0]) }
        leash = ends[1]
        let words = [bench.server, "run", kind, state] + options + ["--until-eof"]
        process = try Program(words, in: bench.root).start(bench.environment, input: ends[0])
        let file = "\(state)/env"
        while Disk.read(file) == nil {
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == 0 else {
                close(leash)
                throw BenchError("the server '\(kind)' does not start here; see Tests/servers/install")
            }
            usleep(20_000)
        }
        var values: [String: String] = [:]
        for line in String(decoding: Disk.read(file) ?? [], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        self.values = values
    }

    deinit {
        close(leash)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}
