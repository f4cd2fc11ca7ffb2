import CairnTestSupport
import Testing

@Suite(
    "Stage add", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct StageAddTests {
    /// A project with a folder for each case, in which both programs find the same.
    static func prepare(_ sandbox: Sandbox, _ project: String) throws {
        try sandbox.makeProject(project)
        try Files.write("*.ignored\n", to: sandbox("\(project)/.dvcignore"))
        for (index, one) in StageAddCase.all.enumerated() {
            let folder = "\(project)/\(index)"
            try Files.makeFolder(sandbox("\(folder)/sub"))
            try Files.write("here\n", to: sandbox("\(folder)/file"))
            if let before = one.before { try Files.write(before, to: sandbox("\(folder)/dvc.yaml")) }
        }
    }

    @Test("writes the same files as dvc, and says the same under its name")
    func same() throws {
        let sandbox = try Sandbox()
        for project in ["dvc", "cairn"] { try Self.prepare(sandbox, project) }
        let commands = StageAddCase.all.enumerated().map { ["--cd", "\($0)", "stage", "add"] + $1.arguments }
        let theirs = try sandbox.dvcMany(commands, in: "dvc")
        for (index, one) in StageAddCase.all.enumerated() {
            let result = theirs[index]
            let mine = try sandbox.asDVC(commands[index], in: "cairn")
            #expect((result.exitCode != 0) == one.isRefused, "\(one): \(result)")
            #expect(mine.exitCode == result.exitCode, "\(one): \(mine)\n\(result)")
            // DVC tells of a file for git even if it wrote the same again.
            let isQuiet = one.description == "in its place the same"
            #expect(
                isQuiet || Self.words(mine.stdout, sandbox) == Self.words(result.stdout, sandbox), "\(one)")
            #expect(Self.words(mine.stderr, sandbox) == Self.words(result.stderr, sandbox), "\(one)")
            for path in Set(["dvc", "cairn"].flatMap { Files.paths(below: sandbox("\($0)/\(index)")) })
                .sorted()
            {
                let texts = ["dvc", "cairn"].map { try? Files.text(sandbox("\($0)/\(index)/\(path)")) }
                #expect(texts[0] == texts[1], "\(one): \(path)")
            }
        }
    }

    /// What a program says, without where it works; files for git come in any order.
    private static func words(_ text: String, _ sandbox: Sandbox) -> [String] {
        text.replacing(sandbox("dvc"), with: "W").replacing(
            sandbox("cairn"), with: "W"
        )
        .split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("\tgit add ") || line.hasPrefix("ERROR: Same item")
                ? line.split { " ,.".contains($0) }.sorted().joined(separator: " ") : String(line)
        }
    }

    @Test("in native repositories the files are the same", arguments: StageAddCase.all.indices)
    func native(_ index: Int) throws {
        let one = StageAddCase.all[index]
        let sandbox = try Sandbox()
        try sandbox.makeProject("dvc")
        try sandbox.makeNativeProject("native")
        for project in ["dvc", "native"] {
            try Files.write("*.ignored\n", to: sandbox("\(project)/.dvcignore"))
            try Files.makeFolder(sandbox("\(project)/f/sub"))
            try Files.write("here\n", to: sandbox("\(project)/f/file"))
            if let before = one.before { try Files.write(before, to: sandbox("\(project)/f/dvc.yaml")) }
        }
        let results = try ["dvc", "native"].map {
            try sandbox.run(.cairn, ["stage", "add"] + one.arguments, in: "\($0)/f")
        }
        #expect(results[0].exitCode == results[1].exitCode)
        #expect((results[0].exitCode != 0) == one.isRefused, "\(results[0])")
        for path in ["f/dvc.yaml", "f/.gitignore", "f/sub/.gitignore"] {
            let texts = ["dvc", "native"].map { try? Files.text(sandbox("\($0)/\(path)")) }
            #expect(texts[0] == texts[1], "\(path)")
        }
        if one.isRefused {
            // A refusal changes nothing, and says what is wrong in one sentence.
            #expect((try? Files.text(sandbox("native/f/dvc.yaml"))) == one.before)
            #expect(!Files.exists(sandbox("native/f/.gitignore")))
            #expect(results[0].stderr.hasPrefix("error: "), "\(results[0])")
        }
    }
}
