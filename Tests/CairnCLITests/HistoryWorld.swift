import CairnTestSupport

/// A project with a short history of data, and one command after another in it.
struct HistoryWorld {
    let sandbox: Sandbox

    /// - Parameter isNative: whether the workspace is a native one.
    init(isNative: Bool = false) throws {
        sandbox = try Sandbox()
        if isNative { try sandbox.makeNativeProject("one") } else { try sandbox.makeProject("one") }
    }

    /// Writes files and adds what they are tracked as.
    func write(_ files: [(String, String)], add outputs: String...) throws {
        for (path, text) in files { try Files.write(text, to: sandbox("one/\(path)")) }
        for output in outputs { try run("add", "-q", output).succeeded() }
    }

    /// Commits everything under a message, which becomes a tag too.
    func save(_ name: String) throws {
        try sandbox.commit("one", name)
        try sandbox.git("tag", name, in: "one")
    }

    /// Runs `cairn`.
    func run(_ arguments: String...) throws -> Program.Result {
        try sandbox.run(.cairn, arguments, in: "one")
    }

    /// The fields of the lines that a command prints.
    func fields(_ arguments: String...) throws -> [[String]] {
        try sandbox.run(.cairn, arguments, in: "one").succeeded().stdout
            .split(separator: "\n").map {
                $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            }
    }
}
