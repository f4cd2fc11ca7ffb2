import CairnTestSupport

/// A repository with data, and another one that uses it.
struct ReuseWorld {
    let sandbox: Sandbox

    /// Makes `source` with a remote of its own, in two commits: `v1` and what follows it.
    ///
    /// - Parameters:
    ///   - isNative: the format of the source.
    ///   - environment: what programs see besides.
    init(isNative: Bool = false, environment: [String: String] = [:]) throws {
        sandbox = try Sandbox(environment: environment)
        try Files.write(
            "#!/bin/sh\nshift $(($# - 1))\nexec sh -c \"$1\"\n", to: sandbox("bin/fake-ssh"), mode: 0o755)
        let remote = "[core]\n    remote = store\n['remote \"store\"']\n    url = \(sandbox("remote"))\n"
        if isNative {
            try sandbox.makeNativeProject("source", settings: remote)
        } else {
            try sandbox.makeProject("source", settings: remote)
        }
        try Files.write("one\n", to: sandbox("source/file.txt"))
        try Files.write("x\n", to: sandbox("source/data/x"))
        try Files.write("y\n", to: sandbox("source/data/deep/y"))
        try Files.write("big\n", to: sandbox("source/mixed/big"))
        try Files.write("small\n", to: sandbox("source/mixed/small"))
        try Files.write("#!/bin/sh\n", to: sandbox("source/tool.sh"), mode: 0o755)
        try sandbox.must(.cairn, "add", "-q", "file.txt", "data", "mixed/big", in: "source")
        try sandbox.must(.cairn, "push", "-q", in: "source")
        try sandbox.commit("source", "one")
        try sandbox.git("tag", "v1", in: "source")
        try Files.write("two\n", to: sandbox("source/file.txt"))
        try sandbox.must(.cairn, "add", "-q", "file.txt", in: "source")
        try sandbox.must(.cairn, "push", "-q", in: "source")
        try sandbox.commit("source", "two")
        try Files.makeFolder(sandbox("out"))
    }

    /// The source by an address that only git can use: a stand-in for ssh runs what it is told here.
    var networkAddress: String { "ssh://somewhere\(sandbox("source"))" }

    /// The environment in which `networkAddress` leads to the source.
    static let network = ["GIT_SSH_COMMAND": "fake-ssh", "GIT_SSH_VARIANT": "simple"]

    /// Changes a file of the source, and commits and pushes it.
    func change(_ text: String) throws {
        try Files.write(text, to: sandbox("source/file.txt"))
        try sandbox.must(.cairn, "add", "-q", "file.txt", in: "source")
        try sandbox.must(.cairn, "push", "-q", in: "source")
        try sandbox.commit("source", text)
    }
}
