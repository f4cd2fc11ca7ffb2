import Cairn
import CairnCore
import CairnTestSupport
import Testing

@Suite("List", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct ListTests {
    static let questions: [[String]] = [
        [], ["-R"], ["--dvc-only"], ["-R", "--dvc-only"], ["-T"], ["-T", "-L", "1"], ["-R", "-L", "2"],
        ["-R", "-L", "0"], ["-L", "1"],
        ["--size", "--show-hash"], ["-T", "--show-hash"], ["-T", "--size", "--dvc-only"], ["--json"],
        ["-R", "--json"],
        ["data"], ["data", "--json"], ["data/sub", "-R", "--json"], ["data", "-T"], ["f", "--json"],
        ["data/sub/b", "--json"], ["nope"],
        ["data/nope"], ["d"], ["d", "-R", "--json"], ["--rev", "HEAD"], ["--rev", "HEAD", "-R"],
        ["--rev", "HEAD", "-T", "--show-hash"],
        ["data", "--rev", "HEAD", "-R", "--json"], ["--rev", "nope"], ["-T", "--json"], ["d", "--dvc-only"],
    ]

    static let changes: [(name: String, command: String)] = [
        ("as it was added", "true"),
        ("data that is not here", "rm -r data f"),
        ("other files in the data", "echo > data/other; mkdir data/empty; rm data/a"),
        ("a file in the place of a directory", "rm -r data; echo > data"),
        ("a directory in the place of a file", "rm f; mkdir f; echo > f/x"),
        (
            "links, executable and ignored files",
            "ln -s f l; ln -s nowhere broken; ln -s data dl; chmod +x params.yaml; echo no > no.tmp"
        ),
    ]

    @Test("prints what dvc prints", arguments: 0..<changes.count)
    func same(_ index: Int) throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try Files.write("*.tmp\n", to: sandbox("one/.dvcignore"))
        try Files.write("x\n", to: sandbox("one/d/e/x"))
        try Files.write("y\n", to: sandbox("one/d/y"))
        try Files.makeFolder(sandbox("one/empty"))
        try sandbox.prepare("dvc add -q d/y", in: "one")
        try sandbox.commit("one", "more")
        try sandbox.prepare(Self.changes[index].command, in: "one")
        let commands = Self.questions.map { ["ls", "."] + $0 }
        for (command, theirs) in zip(commands, try sandbox.dvcMany(commands, in: "one")) {
            let mine = try sandbox.asDVC(command, in: "one")
            #expect(
                (mine.exitCode == 0) == (theirs.exitCode == 0),
                "\(Self.changes[index].name)\n\(mine)\n\(theirs)")
            #expect(
                mine.stdout == theirs.stdout, "\(Self.changes[index].name): \(command.joined(separator: " "))"
            )
        }
    }

    @Test("the folder that is named, from wherever one stands")
    func elsewhere() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try Files.write("y\n", to: sandbox("one/d/y"))
        func names(_ arguments: String..., in folder: String) throws -> String {
            try sandbox.run(.cairn, ["ls"] + arguments, in: folder).succeeded().stdout
        }
        #expect(try names(".", in: "one/d") == "y\n")
        #expect(try names("..", "data", in: "one/d") == "a\nsub\n")
        #expect(try names("one", "data/sub", in: "") == "b\n")
        #expect(try names(sandbox("one/data"), "-R", in: "") == "a\nsub/b\n")
        try sandbox.commit("one", "all")
        #expect(try names("file://\(sandbox("one"))", "data", in: "") == "a\nsub\n")
        let refused = try sandbox.run(.cairn, ["ls", "https://localhost:1/x.git"], in: "one")
        #expect(
            refused.exitCode == 128
                && refused.stderr.contains("error: git could not fetch from 'https://localhost:1/x.git'"))
    }
}
