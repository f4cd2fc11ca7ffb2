import CairnTestSupport
import Testing

@Suite("Metrics check")
struct MetricsCheckTests {
    private static func prepare() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write("metrics:\n- m.json\n- other.yaml\n", to: sandbox("one/dvc.yaml"))
        try Files.write("a: 1\nshared: 5\n", to: sandbox("one/other.yaml"))
        try Files.write(
            #"{"acc": 0.9, "n": 3, "ok": true, "name": "best", "loss": {"val": 0.25}, "nan": NaN, "shared": 1, "big": 1e300}"#,
            to: sandbox("one/m.json"))
        try sandbox.commit("one", "before")
        try Files.write(
            #"{"acc": 0.895, "n": 3, "ok": true, "name": "best", "loss": {"val": 0.2}, "nan": NaN, "shared": 1}"#,
            to: sandbox("one/m.json"))
        return sandbox
    }

    @Test(
        "conditions hold or not",
        arguments: [
            ("acc > 0.85", true), ("acc>0.895", false), ("acc >= 0.895", true), ("acc < 0.9", true),
            ("acc <= 0.5", false), ("n == 3", true), ("n == 3.0", true), ("n != 3", false), ("n > -1", true),
            ("loss.val < 1e-1", false),
            ("loss.val<.25", true), ("ok == true", true), ("ok == false", false), ("ok != false", true),
            ("name == \"best\"", true), ("name != \"best\"", false), ("name == \"a > b\"", false),
            ("m.json:shared == 1", true),
            ("other.yaml:shared == 5", true), ("a == 1", true), ("nan > 0", false), ("nan == 0", false),
            ("nan != 0", true),
            ("acc >= HEAD:acc", false), ("acc >= HEAD:acc - 0.01", true),
            ("acc >= HEAD:m.json:acc - 0.001", false),
            ("loss.val <= HEAD:loss.val", true), ("loss.val <= HEAD:loss.val + 0.1", true),
            ("n == HEAD:n", true),
            ("ok == HEAD:ok", true), ("name == HEAD:name", true),
        ])
    func conditions(_ condition: String, _ isMet: Bool) throws {
        let sandbox = try Self.prepare()
        let result = try sandbox.cairn("metrics", "check", condition, in: "one")
        #expect(result.exitCode == (isMet ? 0 : 1), "\(result)")
        #expect(result.stdout.hasPrefix(isMet ? "ok    " : "fail  "), "\(result)")
        let json = try sandbox.cairn("metrics", "check", "--json", condition, in: "one").stdout
        #expect(json.hasSuffix("], \"met\": \(isMet)}\n"), "\(json)")
    }

    @Test("one that fails is enough, and says which value it had")
    func several() throws {
        let sandbox = try Self.prepare()
        let result = try sandbox.cairn(
            "metrics", "check", "acc > 0.85", "loss.val < 0.1", "acc >= HEAD:acc - 0.01", in: "one")
        #expect(result.exitCode == 1)
        #expect(
            result.stdout == """
                ok    acc > 0.85              (0.895 in m.json)
                fail  loss.val < 0.1          (0.2 in m.json)
                ok    acc >= HEAD:acc - 0.01  (0.895 in m.json, against 0.89)

                """)
        #expect(try sandbox.cairn("metrics", "check", "--rev", "HEAD", "acc == 0.9", in: "one").exitCode == 0)
        #expect(
            try sandbox.cairn("metrics", "check", "--rev", "HEAD", "acc == 0.895", in: "one").exitCode == 1)
        let name = try sandbox.cairnAsDVC("metrics", "check", "acc > 2", in: "one")
        #expect(name.exitCode != 0)
    }

    @Test(
        "what cannot be understood or answered is refused in a sentence",
        arguments: [
            ("acc", 129, "the condition 'acc' has none of"), ("> 1", 129, "has no key in front of '>'"),
            ("acc >", 129, "has nothing behind '>'"), ("acc === 1", 129, "has one '=' too many"),
            ("acc > high", 129, "compares with 'high', which is neither"),
            ("acc > \"x", 129, "has a text whose quotes do not close"),
            ("acc > \"x\"", 129, "compares with text: that can only be == or !="),
            ("ok > true", 129, "compares with true or false"),
            ("name == 1", 129, "compares text ('best') with a number"),
            ("ok == 1", 129, "compares true or false ('True') with a number"),
            ("acc >= HEAD:acc - x", 129, "has 'x' where a number has to be"),
            ("name >= HEAD:name", 129, "compares text: that can only be == or !="),
            ("name == HEAD:name + 1", 129, "adds a number to text ('best')"),
            (
                "shared == 1", 129,
                "several files have the metric 'shared': 'm.json', 'other.yaml'\nhint: name the file: 'm.json:shared'"
            ),
            ("accc > 1", 128, "there is no metric 'accc'\nhint: did you mean 'acc'?"),
            (
                "zzzzzzz > 1", 128,
                "there is no metric 'zzzzzzz'\nhint: see what there is: `cairn metrics show`"
            ),
            ("acc > nope:acc", 128, "'nope' is no revision that git knows"),
            ("acc > HEAD:big2", 128, "there is no metric 'big2' in 'HEAD'\nhint: did you mean 'big'?"),
            ("none.json:x > 1", 128, "'none.json' does not exist"),
            ("loss > 1", 128, "there is no metric 'loss'"),
            (":acc > 1", 129, "has nothing on one side of ':'"),
        ])
    func refusals(_ condition: String, _ code: Int32, _ words: String) throws {
        let sandbox = try Self.prepare()
        let result = try sandbox.cairn("metrics", "check", condition, in: "one")
        #expect(result.exitCode == code, "\(result)")
        #expect(result.stderr.contains(words), "\(result)")
        #expect(result.stdout.isEmpty)
    }

    @Test("a broken file is named with its line")
    func broken() throws {
        let sandbox = try Self.prepare()
        try Files.write("a: [\n", to: sandbox("one/other.yaml"))
        let named = try sandbox.cairn("metrics", "check", "other.yaml:a == 1", in: "one")
        #expect(named.exitCode == 128 && named.stderr.contains("error: other.yaml:"), "\(named)")
        #expect(try sandbox.cairn("metrics", "check", "acc > 0", in: "one").exitCode == 0)
    }
}
