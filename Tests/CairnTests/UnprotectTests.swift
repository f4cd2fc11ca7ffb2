import Cairn
import CairnTestSupport
import Testing

@Suite("Unprotect", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct UnprotectTests {
    @Test(
        "leaves the same files as dvc", arguments: ["copy", "hardlink", "symlink"],
        [["f"], ["data"], ["data/sub", "f"], ["data/a"]])
    func same(_ type: String, _ targets: [String]) throws {
        let twins = try Twins(cacheType: type)
        try twins.expectSame(["unprotect"] + targets) { _ = try $0.unprotect(targets) }
    }

    @Test("a missing target is refused")
    func missing() throws {
        let twins = try Twins()
        try twins.expectSame(["unprotect", "nope"]) { _ = try $0.unprotect(["nope"]) }
    }

    @Test("links to elsewhere stay links, and what was written through a hard link is kept")
    func foreign() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one", cacheType: "hardlink")
        try Files.write("far\n", to: sandbox("far"))
        try Files.link(sandbox("one/data/link"), to: sandbox("far"))
        try sandbox.prepare("chmod u+w data/a; echo mine >> data/a", in: "one")
        let report = try sandbox.workspace("one").unprotect(["data"])
        #expect(report.copied == 2)
        let tree = TreeListing(of: sandbox("one/data"))
        #expect(tree.entries.map(\.links) == [1, 1, 1] && tree.entries[1].target == sandbox("far"))
        #expect(try Files.text(sandbox("one/data/a")) == "1\nmine\n")
    }

    @Test("a link to data that the cache lost is reported")
    func dangling() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one", cacheType: "symlink")
        Files.delete(sandbox("one/.dvc/cache/files/md5/b0"))
        let error = #expect(throws: CairnError.self) { try sandbox.workspace("one").unprotect(["data"]) }
        #expect(error?.kind == .missing && error?.message.hasPrefix("'data/a' is a link to data") == true)
    }
}
