import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc

/// A folder that one writes to directly, and reads from over a web server: what has to be the same as any remote.
struct ServedFolder: Remote {
    let folder: FolderRemote
    let web: HTTPRemote

    /// A new folder of a server.
    ///
    /// - Parameters:
    ///   - files: the folder that the server shows.
    ///   - url: where it shows it.
    init(
        in files: String, at url: String, proof: WebSettings.Proof = .none, client: HTTPClient = HTTPClient()
    ) throws {
        let name = "remote+\(getpid())-\(UInt64.random(in: 0 ... .max))"
        folder = FolderRemote(FilePath("\(files)/\(name)"))
        try Files.makeFolder(folder.place)
        web = try HTTPRemote(WebSettings(url: "\(url)/\(name)", proof: proof), client)
    }

    /// A new folder of a server of the tests.
    init(_ kind: TestServer.Kind, _ url: String, _ proof: WebSettings.Proof = .none) throws {
        let server = try TestServer.shared(kind)
        try self.init(in: server["FILES"], at: server[url], proof: proof)
    }

    /// The user of lighttpd.
    static func digest() throws -> HTTPLogin {
        let server = try TestServer.shared(.lighttpd)
        return HTTPLogin(user: server["USER"], password: server["PASSWORD"], method: .digest)
    }

    var place: String { web.place }
    func list(_ prefix: String) async throws(RemoteError) -> RemoteListing { try await web.list(prefix) }
    func top() async throws(RemoteError) -> Set<String> {
        // A server also shows folders with nothing in them.
        try await web.top().filter {
            !$0.hasSuffix("/") || !Files.paths(below: "\(folder.place)/\($0)").isEmpty
        }
    }
    func size(of key: String) async throws(RemoteError) -> Int64? { try await web.size(of: key) }
    func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        try await web.read(key, range, limit: limit)
    }
    @discardableResult
    func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        try await folder.write(uploads, jobs: jobs)
    }
    func delete(_ keys: [String]) async throws(RemoteError) { try await folder.delete(keys) }
}

/// Python's web server: it knows no ranges, and closes each connection.
final class PythonServer: Sendable {
    let url: String
    let files: String
    private let scratch: ScratchDirectory
    private let process: Int32

    init() throws {
        scratch = try ScratchDirectory()
        files = scratch("files")
        try Files.makeFolder(files)
        // In a session of its own it ends with the shell of this test only when it is told so; its parent is watched.
        let script = """
            import functools, http.server, os, sys, threading, time
            class Quiet(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *arguments): pass
            class Server(http.server.ThreadingHTTPServer):
                request_queue_size = 256
            server = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
            parent = os.getppid()
            def watch():
                while os.getppid() == parent: time.sleep(0.2)
                os._exit(0)
            threading.Thread(target=watch, daemon=True).start()
            with open(sys.argv[2] + ".new", "w") as file: file.write(str(server.server_address[1]))
            os.rename(sys.argv[2] + ".new", sys.argv[2])
            server.serve_forever()
            """
        var child: pid_t = 0
        let words = [
            "/usr/bin/env", "PATH=/usr/local/bin:/usr/bin:/bin", "python3", "-c", script, files,
            scratch("port"),
        ]
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        guard posix_spawn(&child, words[0], nil, nil, &argv, environ) == 0 else {
            throw SupportError("no python3")
        }
        process = child
        let deadline = Monotonic.now + 30
        while !Files.exists(scratch("port")) {
            guard Monotonic.now < deadline else {
                kill(child, SIGKILL)
                throw SupportError("Python's web server does not start")
            }
            usleep(5000)
        }
        url = "http://127.0.0.1:\(try Files.text(scratch("port")))"
    }

    deinit {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}
