import CairnTestSupport
import Glibc
import Testing

/// One thing that the program must refuse.
struct BadInput: Sendable, CustomTestStringConvertible {
    /// What is wrong, in words.
    let name: String
    /// The command that is given, in the folder `one`.
    let command: [String]
    /// Texts that the error must contain: the path, at least.
    let names: [String]
    /// Shell commands that bring the situation about. `one` is a project with `f` and `data/a`, `data/sub/b` tracked and pushed to
    /// `remote`; the shell runs in it, `$W` is the folder of both.
    let setUp: String
    /// Paths (relative to the folder of both) that the command may change, with what is below them.
    let mayChange: [String]
    /// Whether it must be an unprivileged user who does all this.
    let isUnprivileged: Bool

    var testDescription: String { name }

    init(
        _ name: String, _ command: [String], names: [String], mayChange: [String] = [],
        unprivileged: Bool = false, _ setUp: String
    ) {
        self.name = name
        self.command = command
        self.names = names
        self.mayChange = mayChange
        isUnprivileged = unprivileged
        self.setUp = setUp
    }
}

extension BadInput {
    /// Makes the situation, gives the command, and expects: an exit code that is not 0, one line `error:` that names the path, nothing
    /// changed, nothing left over.
    func expectRefusal(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.shell("W=..; set -e; \(setUp)", in: "one").succeeded()
        if isUnprivileged { Unprivileged.give(sandbox.scratch.path) }
        let before = try Self.snapshot(sandbox, except: mayChange)

        let result =
            isUnprivileged
            ? try sandbox.cairnUnprivileged(command, in: "one")
            : try sandbox.cairn(command, in: "one", seconds: 30)

        #expect(result.exitCode != 0, "\(result)", sourceLocation: sourceLocation)
        try Self.expectUnchanged(sandbox, since: before, except: mayChange, sourceLocation: sourceLocation)
        for path in mayChange {
            #expect(StoreCheck.leftovers(in: sandbox(path)) == [], sourceLocation: sourceLocation)
        }
        // Another program that stands in for cairn words it differently.
        if Cairn.isStandIn { return }
        #expect((1...130).contains(result.exitCode), "a crash\n\(result)", sourceLocation: sourceLocation)
        let errors = result.stderr.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == 1, "\(result)", sourceLocation: sourceLocation)
        for name in names {
            #expect(
                errors.first?.contains(name) == true, "names \(name)\n\(result)",
                sourceLocation: sourceLocation)
        }
    }

    /// Makes the project that every set-up begins with, by plain files: no command of the program is needed for it.
    static func makeProject(_ sandbox: Sandbox) throws {
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        let files = ["f": "f\n", "data/a": "1\n", "data/sub/b": "2\n"]
        let f = "9a8ad92c50cae39aa2c5604fd0ab6d8c"
        let listing =
            #"[{"md5": "b026324c6904b2a9cb4b88d6d61c81d1", "relpath": "a"}, "#
            + #"{"md5": "26ab0db90d72e28ad0ba1e22ee510510", "relpath": "sub/b"}]"#
        try Files.write(listing, to: sandbox("listing"))
        let id = try #require(try StoreCheck.md5([sandbox("listing")])[sandbox("listing")])
        Files.delete(sandbox("listing"))
        for (path, text) in files { try Files.write(text, to: sandbox("one/\(path)")) }
        let objects = [
            f: "f\n", "b026324c6904b2a9cb4b88d6d61c81d1": "1\n", "26ab0db90d72e28ad0ba1e22ee510510": "2\n",
            "\(id).dir": listing,
        ]
        for store in ["one/.dvc/cache", "remote"] {
            for (id, bytes) in objects {
                try Files.write(
                    bytes, to: sandbox("\(store)/files/md5/\(id.prefix(2))/\(id.dropFirst(2))"), mode: 0o444)
            }
        }
        try Files.write("outs:\n- md5: \(f)\n  size: 2\n  hash: md5\n  path: f\n", to: sandbox("one/f.dvc"))
        try Files.write(
            "outs:\n- md5: \(id).dir\n  size: 4\n  nfiles: 2\n  hash: md5\n  path: data\n",
            to: sandbox("one/data.dvc"))
        try Files.write("/f\n/data\n", to: sandbox("one/.gitignore"))
        try sandbox.commit("one", "data")
    }

    /// Expects that nothing was added, deleted or changed since a snapshot.
    static func expectUnchanged(
        _ sandbox: Sandbox, since before: [String], except: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let after = try snapshot(sandbox, except: except)
        let changes = after.difference(from: before).map { change in
            switch change {
            case .insert(_, let line, _): "now: \(line)"
            case .remove(_, let line, _): "before: \(line)"
            }
        }
        #expect(changes == [], sourceLocation: sourceLocation)
    }

    /// Kind, mode, size and bytes of everything in the project, the remote and beside them.
    static func snapshot(_ sandbox: Sandbox, except: [String] = []) throws -> [String] {
        let own = ["home", "bin", "site", "one/.git", "one/.dvc/tmp"]
        let listing = TreeListing(of: sandbox.scratch.path, skipping: Set(own + except))
        let plain = listing.entries.filter { $0.mode.hasPrefix("-") && !$0.path.contains("\u{FFFD}") }
        let digests = geteuid() == 0 ? try StoreCheck.md5(plain.map { sandbox($0.path) }) : [:]
        return listing.entries.map { entry in
            "\(entry.mode) \(entry.size) \(entry.path) \(entry.target) \(digests[sandbox(entry.path)] ?? "")"
        }
    }
}

extension Sandbox {
    /// Runs the program under test with these arguments.
    func cairn(_ arguments: [String], in folder: String, seconds: Double) throws -> Program.Result {
        try Program.run(
            scratch("bin/cairn"), arguments, in: scratch(folder), environment: environment, seconds: seconds)
    }

    /// Runs the program under test with these arguments as a user without privileges.
    func cairnUnprivileged(_ arguments: [String], in folder: String) throws -> Program.Result {
        let (program, all) = Unprivileged.command(scratch("bin/cairn"), arguments)
        return try Program.run(program, all, in: scratch(folder), environment: environment, seconds: 30)
    }
}
