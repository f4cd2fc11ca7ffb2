import CairnCore
import Foundation
import Testing

@Suite("IgnoreRules")
struct IgnoreTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/dvc/13-dvcignore")

    static func rules(_ files: [(folder: String, text: String)]) -> IgnoreRules {
        var rules = IgnoreRules()
        for (folder, text) in files {
            rules.add(
                file: Array(text.utf8), in: Array(folder.utf8),
                source: folder.isEmpty ? ".dvcignore" : folder + "/.dvcignore")
        }
        return rules
    }

    static func text(_ rules: IgnoreRules, _ path: String, isDirectory: Bool = false) -> String? {
        rules.matches(Array(path.utf8), isDirectory: isDirectory).last.map {
            String(decoding: $0.text, as: UTF8.self)
        }
    }

    /// Random rules with what `dvc.ignore` of DVC 3.67 says about paths: `case`, then `file` with a folder and its `rule` lines, then
    /// `check` with kind, path, 1 if it is ignored, and the rule that decides.
    static func recordedCases() throws -> [[[String]]] {
        let data = try Data(contentsOf: fixtures.appending(path: "checks.txt"))
        let lines = data.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: 9, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        return lines.split { $0 == ["case"] }.map(Array.init)
    }

    @Test("decides as DVC does on random rules and paths")
    func recorded() throws {
        let cases = try Self.recordedCases()
        #expect(cases.count == 110)
        for lines in cases {
            var files: [(folder: String, text: String)] = []
            for line in lines {
                if line[0] == "file" { files.append((line[1], "")) }
                if line[0] == "rule" {
                    files[files.count - 1].text += line[1...].joined(separator: "\t") + "\n"
                }
            }
            let rules = Self.rules(files)
            for line in lines where line[0] == "check" {
                let isDirectory = line[1] == "d"
                let path = Array(line[2].utf8)
                #expect(
                    rules.isIgnored(withParents: path, isDirectory: isDirectory) == (line[3] == "1"),
                    "\(lines) \(line)")
                #expect(
                    Self.text(rules, line[2], isDirectory: isDirectory) ?? "" == line[4], "\(lines) \(line)")
                #expect(
                    Self.walk(rules, path, isDirectory: isDirectory) == (line[3] == "1"), "\(lines) \(line)")
            }
        }
    }

    /// The question as a walker asks it: folder by folder from the top, until one is ignored.
    static func walk(_ rules: IgnoreRules, _ path: [UInt8], isDirectory: Bool) -> Bool {
        for (index, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
            if rules.isIgnored(path[..<index], isDirectory: true) { return true }
        }
        return rules.isIgnored(path, isDirectory: isDirectory)
    }

    @Test(
        "names the rule as check-ignore does",
        arguments: [
            ("data/a.tmp", ".dvcignore:1:*.tmp"), ("data/keep.tmp", ".dvcignore:2:!keep.tmp"),
            ("data/skip/x", ".dvcignore:3:/data/skip"), ("data/logs/l", ".dvcignore:4:logs/"),
            ("data/b", nil),
            ("sub/.git", ":.git"), (".dvc/config", ":.dvc/"), (".dvcignore", nil), ("data/sub/skip/y", nil),
        ])
    func sample(_ path: String, _ expected: String?) throws {
        var rules = IgnoreRules()
        let file = Array(try Data(contentsOf: Self.fixtures.appending(path: "after/.dvcignore")))
        rules.add(file: file, in: [], source: ".dvcignore")
        #expect(Self.text(rules, path) == expected)
    }

    @Test(
        "without an ignore file only version control is hidden",
        arguments: [
            (".git", true, true), (".git", false, true), (".hg", true, true), (".hg", false, false),
            (".dvc", true, true),
            (".dvc", false, false), (".gitignore", false, false), ("a/.git", true, true),
            ("a/.dvc", true, true), ("a", true, false),
        ])
    func builtIns(_ path: String, _ isDirectory: Bool, _ expected: Bool) {
        let rules = IgnoreRules()
        #expect(rules.hasOnlyBuiltIns)
        #expect(rules.isIgnored(Array(path.utf8), isDirectory: isDirectory) == expected)
    }

    @Test("counts lines of every kind of line ending, skips comments and blank lines")
    func lines() {
        let rules = Self.rules([("", "# c\r\n\r\n  a \r#\n\u{3000}b\u{a0}")])
        #expect(Self.text(rules, "a") == ".dvcignore:3:a")
        #expect(Self.text(rules, "b") == ".dvcignore:5:b")
        #expect(!rules.isIgnored(Array("# c".utf8), isDirectory: false))
    }

    @Test("rules of a nested file hold in its folder only, and names of folders are no patterns")
    func nested() {
        let rules = Self.rules([("", "*.log"), ("a[b]", "!keep.log\n/top\nx/y")])
        #expect(Self.text(rules, "a[b]/keep.log") == "a[b]/.dvcignore:1:!keep.log")
        #expect(Self.text(rules, "a[b]/c/keep.log") == "a[b]/.dvcignore:1:!keep.log")
        #expect(Self.text(rules, "ab/keep.log") == ".dvcignore:1:*.log")
        #expect(Self.text(rules, "a[b]/top") == "a[b]/.dvcignore:2:/top")
        #expect(Self.text(rules, "a[b]/c/top") == nil)
        #expect(Self.text(rules, "top") == nil)
        #expect(Self.text(rules, "a[b]/x/y/z") == "a[b]/.dvcignore:3:x/y")
    }

    @Test("a repository inside the workspace is passed over")
    func subRepository() throws {
        var rules = IgnoreRules()
        rules.add(repositoryIn: try RepoPath(validating: "libs/o[1]"))
        #expect(rules.isIgnored(Array("libs/o[1]".utf8), isDirectory: true))
        #expect(!rules.isIgnored(Array("libs/o1".utf8), isDirectory: true))
        #expect(!rules.isIgnored(Array("o[1]".utf8), isDirectory: true))
        #expect(Self.text(rules, "libs/o[1]/x") == "in sub_repo:o[1]")
    }

    @Test("names that are not UTF-8 and broken rules do no harm")
    func oddBytes() {
        var rules = IgnoreRules()
        rules.add(file: [0xFF, 0x2A, 0x0A] + Array("[a\nb\\\n[z-a]\n?x".utf8), in: [], source: ".dvcignore")
        #expect(rules.isIgnored([0xFF, 0xFE], isDirectory: false))
        #expect(rules.isIgnored([0xFE, 0x78], isDirectory: false))
        #expect(rules.isIgnored(Array("éx".utf8), isDirectory: false))
        #expect(!rules.isIgnored(Array("[a".utf8), isDirectory: false))
        #expect(!rules.isIgnored(Array("b".utf8), isDirectory: false))
        #expect(!rules.isIgnored([], isDirectory: true))
        #expect(!IgnoreRules().isIgnored([], isDirectory: true))
    }

    @Test("a pattern made to be slow is not")
    func hostile() {
        let pattern = String(repeating: "*a", count: 60) + "b/**/" + String(repeating: "?*", count: 60) + "/x"
        let rules = Self.rules([("", pattern)])
        let path = String(repeating: "a", count: 2000) + "/" + String(repeating: "c/", count: 500) + "y"
        #expect(!rules.isIgnored(Array(path.utf8), isDirectory: false))
    }
}
