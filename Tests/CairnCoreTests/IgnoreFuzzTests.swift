import CairnTestSupport
import Testing

@testable import CairnCore

/// Patterns that nobody would write: each is taken or passed over, in a time that does not grow with their nesting.
@Suite("Damaged patterns and paths")
struct IgnoreFuzzTests {
    private static let pieces = [
        "*", "**", "/", "\\", "?", "[", "]", "!", "-", "a", "b", "^", "[!a-", "[[:alpha:]]", "#", " ", "\t",
        "\r", "\n",
        "é", "{", "}", ".", "..", "(", ")", "+", "$", "\u{0}", "[z-a]", "\\n",
    ]

    private static func text(_ random: inout SeededRandom, _ count: Int) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 0...count, using: &random) {
            text += Array((pieces.randomElement(using: &random) ?? "").utf8)
            if Int.random(in: 0..<30, using: &random) == 0 { text.append(0xFF) }
        }
        return text
    }

    @Test("rules of any text decide about any path, the same with and without a walk")
    func rules() {
        let found = Fuzzing.firstProblem(rounds: 1500) { random in
            var rules = IgnoreRules()
            rules.add(file: Self.text(&random, 25), in: [], source: "a")
            rules.add(file: Self.text(&random, 25), in: Array("a".utf8), source: "b")
            let path = Self.text(&random, 8).filter { $0 != 0 }
            guard (try? RepoPath(validating: path)) != nil else { return nil }
            for isDirectory in [false, true] {
                let last = rules.matches(path, isDirectory: isDirectory).last
                let isIgnored = rules.isIgnored(path, isDirectory: isDirectory)
                if isIgnored, last == nil { return "\(path) is ignored by no rule" }
                _ = rules.isIgnored(withParents: path, isDirectory: isDirectory)
            }
            return nil
        }
        #expect(found == nil)
    }

    @Test("globs of any text match or do not")
    func globs() {
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            _ = GlobPattern(Self.text(&random, 12)).matches(Self.text(&random, 12))
            return nil
        }
        #expect(found == nil)
    }

    @Test("many stars take no time worth noticing")
    func stars() {
        let clock = ContinuousClock()
        let path = Array(
            (String(repeating: "a", count: 500) + "b/" + String(repeating: "ab/", count: 30) + "c").utf8)
        let time = clock.measure {
            for pattern in [
                "*a*a*a*a*a*a*a*a*a*a*a*a*d", "**/a/**/a/**/a/**/a/**/a/**/d", "a?*a?*a?*a?*a?*a?*z",
            ] {
                var rules = IgnoreRules()
                rules.add(file: Array(pattern.utf8), in: [], source: "x")
                _ = rules.isIgnored(withParents: path, isDirectory: false)
                _ = GlobPattern(Array(pattern.utf8)).matches(path)
            }
        }
        #expect(time < .seconds(5))
    }

    @Test("a path is refused, or lies below where it is taken to")
    func paths() {
        let pieces = ["/", ".", "..", "a", "\u{0}", "\\", "é", "...", " ", "//", "./", "../"]
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...9, using: &random) {
                bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
            }
            guard let path = try? RepoPath(validating: bytes) else { return nil }
            let bad: [[UInt8]] = [[], Array(".".utf8), Array("..".utf8)]
            let isInside = path.components.allSatisfy { !bad.contains(Array($0)) && !$0.contains(0) }
            return isInside && path.bytes == bytes ? nil : "\(bytes)"
        }
        #expect(found == nil)
    }

    @Test("an id is refused, or has the text from which it was read")
    func ids() {
        let samples = [
            "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e.dir",
            String(repeating: "0a", count: 32),
        ]
        .map { Array($0.utf8) }
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let text = random.damagedText(samples.randomElement(using: &random) ?? [], others: samples)
            for algorithm in HashAlgorithm.all {
                if let id = ObjectID(algorithm, parsing: text), Array(id.text.utf8) != text {
                    return "\(text)"
                }
            }
            return nil
        }
        #expect(found == nil)
    }
}
