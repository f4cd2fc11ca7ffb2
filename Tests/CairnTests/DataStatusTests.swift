import Cairn
import CairnCore
import CairnTestSupport
import Foundation
import Testing

@Suite("Data status", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct DataStatusTests {
    static let changes: [(name: String, command: String)] = [
        ("nothing", "true"),
        ("a directory renamed", "mv data data2; sed 's/path: data/path: data2/' data.dvc > data2.dvc; rm data.dvc"),
        ("a member renamed", "mv data/a data/renamed"),
        ("equal files swapped around", "cp data/a data/z1; cp data/a data/z2; dvc add -q data; mkdir data/y; mv data/a data/y/a; mv data/z1 data/y/"),
        ("a listing lost after a commit", "rm -r .dvc/cache/files/md5/32; echo x > data/sub/x; mkdir data/e"),
        ("an older listing lost", "echo x > data/sub/deep; dvc add -q data; rm -r .dvc/cache/files/md5/32"),
        ("a member tracked on its own instead of its directory", "dvc remove data.dvc; rm -r data/sub; dvc add -q data/a"),
        ("a directory tracked instead of a member", "mkdir d; echo 1 > d/x; dvc add -q d/x; git add -A; git commit -qm d; dvc remove d/x.dvc; git rm -q --cached d/x.dvc d/.gitignore; dvc add -q d"),
        ("a stage that never ran", "dvc stage add -q -n n -o n.txt 'echo > n.txt'; echo x > n.txt"),
        ("an output of a stage changed", "echo x >> o.txt"),
        ("a file that became a directory", "rm f; mkdir f; echo > f/x"),
        ("a directory that became a file", "rm -r data; echo > data"),
        ("untracked files", "mkdir -p u/v; echo > u/v/w; echo > u/x"),
        ("an untracked pointer", "echo x > g; dvc add -q --no-commit g"),
        ("only members of the cache lost", "rm -r .dvc/cache/files/md5/b0 .dvc/cache/files/md5/26"),
        ("not every object pushed", "dvc remote add -d r ../remote; dvc push -q f data; rm -r ../remote/files/md5/26"),
        ("an output with a remote of its own", "dvc remote add -d r ../remote; dvc remote add o ../other; printf '  remote: o\\n' >> f.dvc; dvc push -q"),
        ("outputs that are not pushed", "dvc remote add -d r ../remote; printf '  push: false\\n' >> f.dvc; dvc push -q"),
        ("no commit at all", "git checkout -q --orphan fresh; git rm -rq --cached ."),
        ("ignored members", "echo '*.log' > .dvcignore; echo > data/x.log"),
        ("an old recording of DVC 2", "sed -i '/hash: md5/d' f.dvc; mkdir -p .dvc/cache/9a; cp .dvc/cache/files/md5/9a/* .dvc/cache/9a/"),
    ]

    static let questions: [(arguments: [String], targets: [String], options: DataStatusOptions)] = {
        func options(_ change: (inout DataStatusOptions) -> Void) -> DataStatusOptions {
            var options = DataStatusOptions()
            change(&options)
            return options
        }
        // Few, because each takes the real program more than half a second.
        return [
            (["--unchanged"], [], options { $0.listsUnchanged = true }),
            (
                ["--granular", "--unchanged"], [],
                options {
                    $0.isGranular = true
                    $0.listsUnchanged = true
                }
            ),
            (
                ["--not-in-remote", "--granular", "--untracked-files"], [],
                options {
                    $0.checksRemote = true
                    $0.isGranular = true
                    $0.listsUntracked = true
                }
            ),
            (["--granular", "data/sub", "f"], ["data/sub", "f"], options { $0.isGranular = true }),
            (
                ["--not-in-remote", "--untracked-files", "all", "data/sub", "u/v"], ["data/sub", "u/v"],
                options {
                    $0.checksRemote = true
                    $0.listsUntracked = true
                }
            ),
        ]
    }()

    @Test("finds what dvc finds", arguments: 0..<changes.count)
    func same(_ index: Int) throws {
        let (name, change) = Self.changes[index]
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare(change, in: "one")
        let commands = Self.questions.map { ["data", "status", "--json"] + $0.arguments }
        let theirs = try sandbox.dvcMany(commands, in: "one")
        for (question, their) in zip(Self.questions, theirs) {
            let what = "\(name): \(question.arguments.joined(separator: " "))"
            let mine = Result { try sandbox.workspace("one", as: .dvc).dataStatus(question.targets, question.options) }
            guard their.exitCode == 0 else {
                #expect(throws: (any Error).self, "\(what)\n\(their)") { try mine.get() }
                continue
            }
            #expect(try Facts(mine.get()) == Facts(parsing: their.output), "\(what)")
        }
    }

    @Test("paths are those of the workspace, untracked ones those of where the user stands")
    func standing() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare("mkdir u; echo > u/x; echo > y; echo x >> f", in: "one")
        var options = DataStatusOptions()
        options.listsUntracked = true
        let theirs = try sandbox.must(.dvc, "data", "status", "--json", "--untracked-files", in: "one/u")
        #expect(try Facts(sandbox.workspace("one/u").dataStatus([], options)) == Facts(parsing: theirs.output))
        // A target is where the user stands, too.
        let targeted = try sandbox.workspace("one/u").dataStatus(["../f"])
        #expect(targeted.uncommitted.modified.map(\.written.printable) == ["f"])
    }

    @Test("a workspace below the top of git, and one without git")
    func nested() throws {
        let sandbox = try Sandbox()
        try Files.makeFolder(sandbox("one/sub"))
        try sandbox.git("init", "-q", in: "one")
        try sandbox.prepare("dvc init -q --subdir; echo 1 > f; dvc add -q f; git add -A; git commit -qm 1; echo 2 > f", in: "one/sub")
        let report = try sandbox.workspace("one/sub").dataStatus()
        #expect(report.uncommitted.modified.map(\.written.printable) == ["f"] && report.committed.isEmpty)

        try Files.makeFolder(sandbox("bare"))
        try sandbox.prepare("dvc init -q --no-scm; echo 1 > f; dvc add -q f; echo 2 > f", in: "bare")
        let theirs = try sandbox.must(.dvc, "data", "status", "--json", in: "bare")
        #expect(try Facts(sandbox.workspace("bare").dataStatus()) == Facts(parsing: theirs.output))
    }

    @Test("the words are DVC's")
    func words() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare("echo x >> f; echo y > g; dvc add -q g; echo > u; rm -r .dvc/cache/files/md5/32", in: "one")
        for arguments in [[], ["--unchanged"], ["--untracked-files"], ["--granular", "f"]] {
            let command = ["data", "status"] + arguments
            let theirs = try sandbox.run(.dvc, command, in: "one")
            let mine = try sandbox.asDVC(command, in: "one")
            #expect(mine.stdout.split(separator: "\n").sorted() == theirs.stdout.split(separator: "\n").sorted(), "\(arguments)")
            #expect(mine.exitCode == 0)
        }
    }

    @Test("an unknown target, an unknown remote, no remote")
    func refusals() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        let unknown = #expect(throws: CairnError.self) { try sandbox.workspace("one").dataStatus(["nope"]) }
        #expect(unknown?.kind == .notFound)
        var options = DataStatusOptions()
        options.checksRemote = true
        let none = #expect(throws: CairnError.self) { try sandbox.workspace("one").dataStatus([], options) }
        #expect(none?.kind == .config)
        options.remote = "nope"
        let other = #expect(throws: CairnError.self) { try sandbox.workspace("one").dataStatus([], options) }
        #expect(other?.kind == .config && other?.message.contains("nope") == true)
    }
}

/// The findings of either program, without the order of lists, which is not fixed in DVC's.
private struct Facts: Equatable {
    var sets: [String: Set<String>] = [:]

    init(_ report: DataStatusReport) {
        func add(_ name: String, _ paths: some Sequence<String>) {
            let set = Set(paths)
            if !set.isEmpty { sets[name] = set }
        }
        func text(_ path: DataStatusReport.Path) -> String { String(decoding: path.written, as: UTF8.self) }
        add("not_in_cache", report.notInCache.map(text))
        add("not_in_remote", report.notInRemote.map(text))
        add("untracked", report.untracked.map { String(decoding: $0, as: UTF8.self) })
        add("unchanged", report.unchanged.map(text))
        for (name, changes) in [("committed", report.committed), ("uncommitted", report.uncommitted)] {
            add("\(name).modified", changes.modified.map(text))
            add("\(name).added", changes.added.map(text))
            add("\(name).deleted", changes.deleted.map(text))
            add("\(name).renamed", changes.renamed.map { "\(text($0.old)) -> \(text($0.new))" })
            add("\(name).unknown", changes.unknown.map(text))
        }
    }

    init(parsing json: [UInt8]) throws {
        let object = try #require(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        func add(_ name: String, _ value: Any) {
            if let map = value as? [String: Any] {
                for (key, value) in map { add("\(name).\(key)", value) }
            } else if let list = value as? [String] {
                sets[name] = Set(list)
            } else if let list = value as? [[String: String]] {
                sets[name] = Set(list.map { "\($0["old"] ?? "") -> \($0["new"] ?? "")" })
            }
        }
        for (name, value) in object { add(name, value) }
    }
}
