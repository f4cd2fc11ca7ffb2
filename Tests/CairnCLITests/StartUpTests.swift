import CairnTestSupport
import Testing

/// What a command does before it begins its work, which every command pays for.
@Suite("Start-up", .enabled(if: WriteOrder.reason == nil, "needs strace, and the right to trace processes"))
struct StartUpTests {
    @Test("opening a repository reads none of the system's certificates")
    func certificates() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("data", to: sandbox("one/data"))
        let order = try WriteOrder(of: ["add", "data"], in: "one", sandbox: sandbox)
        let opened = order.calls.filter { $0.name == "openat" }.flatMap(\.texts)
        #expect(opened.contains { $0.hasSuffix("/.dvc/config") }, "what is opened is seen")
        #expect(opened.contains { $0.hasSuffix(".git/config") }, "git is opened")
        #expect(opened.filter { $0.contains("/ssl/") || $0.contains("ca-certificates") } == [])
    }
}
