import CairnTestSupport
import Testing

/// Texts that are broken: what the hint says is typed where the user stands.
@Suite("Hints about broken files")
struct MendingHintTests {
    private let sandbox: Sandbox
    /// The folder in which the user stands.
    private static let place = "one/sub/deep"

    /// A committed workspace with a pointer of each kind of name, a pipeline and its lock.
    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one", settings: "[core]\n    autostage = false\n")
        try Files.makeFolder(sandbox(Self.place))
        for name in ["f", "its data", "sub/g"] {
            try Files.write("content of \(name)", to: sandbox("one/\(name)"))
            try sandbox.cairn("add", "-q", name, in: "one").succeeded()
        }
        try Files.write(
            "stages:\n  make:\n    cmd: cp f out\n    outs:\n    - out\n", to: sandbox("one/dvc.yaml"))
        try Files.write("made", to: sandbox("one/out"))
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try sandbox.commit("one", "all")
    }

    /// The broken file, what it says, and how the user calls it.
    static let broken: [(file: String, text: String, name: String)] = [
        ("f.dvc", "outs: [", "../../f.dvc"),
        ("its data.dvc", "outs:\n- path: its data\n  nope: 1\n", "'../../its data.dvc'"),
        ("sub/g.dvc", "outs:\n- path: ../../../evil\n", "../g.dvc"),
        ("dvc.yaml", "stages: 7\n", "../../dvc.yaml"), ("dvc.lock", "stages: [\n", "../../dvc.lock"),
        (".dvc/config", "[core\n", "../../.dvc/config"),
        (".dvc/config", "[core]\n    nope = 1\n", "../../.dvc/config"),
    ]

    private func commands(_ result: Program.Result) -> [String] {
        let hint = result.stderr.split(separator: "\n").first { $0.hasPrefix("hint: ") } ?? ""
        let parts = hint.split(separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
    }

    @Test(
        "a file that git has is shown and taken back by the commands of the hint", arguments: broken.indices)
    func tracked(_ number: Int) throws {
        let (file, text, name) = Self.broken[number]
        try Files.write(text, to: sandbox("one/\(file)"))
        let result = try sandbox.cairn("status", in: Self.place)
        #expect(result.exitCode == 128, "\(result)")
        let commands = commands(result)
        try #require(
            commands == [
                "git diff HEAD -- \(name)", "git checkout HEAD -- \(name)", "${EDITOR:-vi} \(name)",
            ],
            "\(result)")
        let seen = try sandbox.shell(commands[0], in: Self.place).succeeded()
        #expect(seen.stdout.contains("--- a/\(file)"), "\(seen)")
        let edited = try sandbox.shell("EDITOR=cat; \(commands[2])", in: Self.place).succeeded()
        #expect(edited.stdout == text)
        try sandbox.shell(commands[1], in: Self.place).succeeded()
        try sandbox.cairn("status", in: Self.place).succeeded()
    }

    @Test("a file that was committed as it is has a history to be looked at", arguments: broken.indices)
    func committed(_ number: Int) throws {
        let (file, text, name) = Self.broken[number]
        try Files.write(text, to: sandbox("one/\(file)"))
        try sandbox.commit("one", "broken")
        let result = try sandbox.cairn("status", in: Self.place)
        // A path that leads away is of the format; git is asked what it was all the same.
        guard file != "sub/g.dvc" else { return #expect(!commands(result).isEmpty, "\(result)") }
        #expect(commands(result) == ["git log -p -- \(name)", "${EDITOR:-vi} \(name)"], "\(result)")
        let log = try sandbox.shell(commands(result)[0], in: Self.place).succeeded()
        #expect(log.stdout.contains("broken"))
    }

    @Test("git is not proposed for what it does not have", arguments: broken.indices)
    func untracked(_ number: Int) throws {
        let (file, text, name) = Self.broken[number]
        try sandbox.shell("rm -rf .git && git init -q", in: "one").succeeded()
        try Files.write(text, to: sandbox("one/\(file)"))
        let result = try sandbox.cairn("status", in: Self.place)
        #expect(result.exitCode == 128 && commands(result) == ["${EDITOR:-vi} \(name)"], "\(result)")
    }

    @Test("git is not proposed where the workspace does not use it", arguments: broken.indices)
    func withoutGit(_ number: Int) throws {
        let (file, text, name) = Self.broken[number]
        let config = try Files.text(sandbox("one/.dvc/config")) + "    no_scm = true\n"
        try Files.write(config, to: sandbox("one/.dvc/config"))
        try sandbox.commit("one", "no git, committed all the same")
        try Files.write(text, to: sandbox("one/\(file)"))
        let result = try sandbox.cairn("status", in: Self.place)
        #expect(result.exitCode == 128 && commands(result) == ["${EDITOR:-vi} \(name)"], "\(result)")
    }

    @Test("settings that git does not keep are edited")
    func local() throws {
        try Files.write("[core\n", to: sandbox("one/.dvc/config.local"))
        let result = try sandbox.cairn("status", in: Self.place)
        #expect(commands(result) == ["${EDITOR:-vi} ../../.dvc/config.local"], "\(result)")
        Files.delete(sandbox("one/.dvc/config.local"))
        try Files.write("[core]\n    nope = 1\n", to: sandbox("home/dvc-global/config"))
        let user = try sandbox.cairn("status", in: Self.place)
        #expect(commands(user) == ["${EDITOR:-vi} \(sandbox("home/dvc-global/config"))"], "\(user)")
    }

    @Test("what was typed wrong is no reason to take a file back")
    func typed() throws {
        let result = try sandbox.cairn("config", "core.nope", "1", in: Self.place)
        #expect(result.exitCode == 128 && !result.stderr.contains("git "), "\(result)")
    }
}
