import CairnTestSupport
import Testing

/// A workspace in git with hooks of ours, a remote for data, and another repository to push to.
struct HookWorld {
    let sandbox: Sandbox

    /// - Parameters:
    ///   - isInstalled: whether to install hooks.
    ///   - own: cairn's own settings.
    ///   - isNative: whether the workspace is a native one.
    init(isInstalled: Bool = true, own: String = "", isNative: Bool = true) throws {
        sandbox = try Sandbox()
        let settings = """
            [core]
                remote = store
            [cache]
                dir = \(sandbox("cache"))
            ['remote "store"']
                url = \(sandbox("remote"))

            """
        if isNative {
            try sandbox.makeNativeProject("one", settings: settings)
        } else {
            try sandbox.makeProject("one", settings: settings)
        }
        if !own.isEmpty { try Files.write(own, to: sandbox("one/.dvc/cairn.config")) }
        try Files.write("a", to: sandbox("one/data/a"))
        try Files.write("b", to: sandbox("one/data/b"))
        try sandbox.shell("cairn add -q data", in: "one").succeeded()
        if isInstalled { try sandbox.shell("cairn install", in: "one").succeeded() }
        try sandbox.commit("one", "data")
        try sandbox.shell(
            "git init -q --bare ../there.git && git remote add origin ../there.git", in: "one"
        ).succeeded()
    }

    /// Runs a line in the workspace; both streams come in one.
    func run(_ line: String, in folder: String = "one") throws -> Program.Result {
        try sandbox.shell(line, in: folder)
    }

    /// Runs a line that has to succeed.
    @discardableResult
    func must(_ line: String, in folder: String = "one") throws -> Program.Result {
        try sandbox.shell(line, in: folder).succeeded()
    }

    /// Writes a file of the workspace.
    func write(_ text: String, to path: String) throws { try Files.write(text, to: sandbox("one/\(path)")) }

    /// The files of a directory with what is in them.
    func tree(_ path: String = "one/data") throws -> [String: String] {
        var tree: [String: String] = [:]
        for name in Files.paths(below: sandbox(path)) where !Files.isFolder(sandbox("\(path)/\(name)")) {
            tree[name] = try Files.text(sandbox("\(path)/\(name)"))
        }
        return tree
    }
}
