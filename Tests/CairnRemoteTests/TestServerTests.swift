import CairnTestSupport
import Glibc
import Testing

/// The servers of the tests do what the other suites rely on.
@Suite("Test servers")
struct TestServerTests {
    @Test(
        "an S3 server keeps objects, and knows its owner from others",
        arguments: [TestServer.Kind.ceph, .swift].filter(\.isAvailable))
    func objects(_ kind: TestServer.Kind) throws {
        let place = try S3Place(on: kind)
        try place.write(Array("ten bytes!".utf8), to: "a/b c+é")
        try place.write([], to: "empty")
        #expect(try place.objects() == ["a/b c+é": 10, "empty": 0])
        #expect(try place.read("a/b c+é") == Array("ten bytes!".utf8))
        try place.delete("empty")
        #expect(try place.objects("a/") == ["a/b c+é": 10])
        #expect(try place.unfinishedUploads().isEmpty)
        let unsigned = try LocalHTTP.send("GET", "\(place.endpoint)/\(place.bucket)/empty")
        #expect((400...403).contains(unsigned.0))
    }

    @Test("servers say why they cannot be had", arguments: TestServer.Kind.allCases)
    func reasons(_ kind: TestServer.Kind) {
        if let reason = kind.reason { #expect(reason.contains("'\(kind.rawValue)': ")) }
    }

    @Test("a server ends with the value that stands for it", .enabled(if: TestServer.Kind.nginx.isAvailable))
    func ends() throws {
        var server: TestServer? = try TestServer(.nginx)
        let port = try #require(server.flatMap { UInt16($0["HTTP_URL"].split(separator: ":").last ?? "") })
        let files = try #require(server?["FILES"])
        #expect(LocalHTTP.isOpen(port))
        server = nil
        #expect(!LocalHTTP.isOpen(port))
        #expect(!Files.exists(files))
    }

    @Test(
        "no process of a server outlives its starter, nor its supervisor, even when they are killed",
        .enabled(if: TestServer.Kind.ceph.isAvailable), arguments: [false, true])
    func outlivesNobody(killsSupervisor: Bool) throws {
        let scratch = try ScratchDirectory()
        // The starter holds the other end of the server's standard input, as a test process does.
        let script = """
            import os, subprocess, sys, time
            child = subprocess.Popen([sys.argv[1], "run", "ceph", sys.argv[2], "--until-eof"], stdin=subprocess.PIPE)
            print(child.pid, flush=True)
            time.sleep(600)
            """
        let environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        let starter = try Program.start(
            "/usr/bin/env",
            ["python3", "-c", script, "\(PackageRoot.path)/Tests/servers/server", scratch("state")],
            in: "/", environment: environment)
        try wait("the server is up") { Files.exists(scratch("state/env")) }
        let supervisor = try #require(pid_t(try Files.text(scratch("state/pid"))))
        #expect(processes(naming: scratch("state")).count >= 4)
        if killsSupervisor {
            kill(supervisor, SIGKILL)
        } else {
            // The starter alone, not its group.
            kill(starter.process, SIGKILL)
        }
        try wait("all processes are gone") {
            _ = starter.hasEnded
            return processes(naming: scratch("state")).allSatisfy { $0 == starter.process }
        }
        #expect(killsSupervisor || !Files.exists(scratch("state/env")))
        starter.kill(SIGKILL)
    }

    /// The processes whose command line has a text in it.
    private func processes(naming text: String) -> [pid_t] {
        Files.names(in: "/proc").compactMap { pid_t($0) }.filter {
            (try? Files.read("/proc/\($0)/cmdline"))?.firstRange(of: Array(text.utf8)) != nil
        }
    }

    private func wait(_ what: String, until condition: () throws -> Bool) throws {
        let deadline = Monotonic.now + 60
        while try !condition() {
            guard Monotonic.now < deadline else { throw SupportError("never: \(what)") }
            usleep(20_000)
        }
    }
}
