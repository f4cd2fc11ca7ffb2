import CairnTestSupport
import Testing

@Suite("history: diff")
struct DiffTests {
    @Test("counts bytes and chunks that really changed")
    func amounts() throws {
        let world = try HistoryWorld(isNative: true)
        try world.sandbox.shell(
            "seq 1 400000 > big; echo small > f; cairn add -q big f", in: "one"
        ).succeeded()
        try world.save("one")
        try world.sandbox.shell("echo more >> big; echo new > g; cairn add -q big g", in: "one").succeeded()
        try world.save("two")
        let text = try world.run("diff", "--stat", "--json", "one", "two").succeeded().stdout
        let stat = try #require(JSONValue(parsing: text)["stat"])
        let gained = try #require(stat["gained"]?["bytes"]?.number)
        let shared = try #require(stat["shared"]?["bytes"]?.number)
        #expect(gained > 5 && gained < 600_000, "\(text)")
        #expect(shared > 1_000_000, "\(text)")
        #expect(stat["files"]?.items?.count == 2, "\(text)")
        let words = try world.run("diff", "--stat", "one", "two").succeeded().stdout
        #expect(words.contains("shared by both versions: "), "\(words)")
        // What is not added yet is cut for it.
        try world.sandbox.shell("git checkout -q one -- big.dvc f.dvc", in: "one").succeeded()
        let open = try world.run("diff", "--stat", "--json", "one").succeeded().stdout
        #expect(try JSONValue(parsing: open)["stat"]?["shared"]?["bytes"]?.number == shared, "\(open)")
    }

    @Test("compares the workspace as either side, ranges, folders, and tells by its exit code")
    func sides() throws {
        let world = try HistoryWorld(isNative: true)
        try world.write([("x/f", "1\n"), ("x/g", "1 1\n")], add: "x/f", "x/g")
        try world.save("one")
        try world.write([("x/f", "2\n")], add: "x/f")
        try world.save("two")
        let forth = try world.run("diff", "one", "--json", "--exit-code")
        #expect(
            forth.exitCode == 1 && forth.stdout.contains("\"modified\": [{\"path\": \"x/f\"}]"), "\(forth)")
        let back = try world.run("diff", "workspace", "one", "--show-hash", "--json").succeeded().stdout
        let there = try world.run("diff", "two", "one", "--show-hash", "--json").succeeded().stdout
        #expect(back == there)
        #expect(try world.run("diff", "one..", "--json").succeeded().stdout.contains("x/f"))
        #expect(try world.run("diff", "--exit-code", "one", "--targets", "x").exitCode == 1)
        #expect(try world.run("diff", "--exit-code", "one", "--targets", "x/g").exitCode == 0)
        let same = try world.run("diff", "HEAD").succeeded()
        #expect(same.stdout.isEmpty && same.stderr == "nothing differs\n")
    }

    @Test("sees what became executable in a native directory")
    func kinds() throws {
        let world = try HistoryWorld(isNative: true)
        try world.write([("d/a", "1\n")], add: "d")
        try world.save("one")
        try world.sandbox.shell("chmod +x d/a && cairn add -q d", in: "one").succeeded()
        try world.save("two")
        let text = try world.run("diff", "one", "two").succeeded().stdout
        #expect(text == "Modified:\n    d/\n    d/a\n\nfiles summary: 1 modified\n")
    }
}

extension JSONValue {
    fileprivate var number: Double? { if case .number(let number) = self { number } else { nil } }
    fileprivate var items: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
}
