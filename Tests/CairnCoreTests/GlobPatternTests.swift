import CairnCore
import CairnTestSupport
import Testing

@Suite("Glob pattern")
struct GlobPatternTests {
    @Test(
        "matches whole paths as shells do",
        arguments: [
            ("a", "a", true), ("a", "ab", false), ("", "", true), ("*", "", true), ("*", "a/b", false),
            ("**", "a/b", true),
            ("*/b", "a/b", true), ("a?c", "abc", true), ("a?c", "a/c", false), ("[ab]*", "bcd", true),
            ("[!ab]", "c", true),
            ("[^ab]", "a", false), ("[!]a]", "b", true), ("[!]a]", "]", false), ("[]a]", "]", true),
            ("[a-c]", "b", true),
            ("[c-a]", "b", false), ("[c-a]", "c", false), ("[a-]", "-", true), ("[", "[", true),
            ("[a", "[a", true), ("[!", "[!", true),
            ("[!/]", "/", false), ("[/]", "/", false), (#"\*"#, "*", true), (#"\*"#, "a", false),
            (#"a\"#, #"a\"#, true),
            ("**/*.csv", "a/b/c.csv", true), ("**/a*b", "x/ac/ab", true), ("**a*b/c", "a/axb/c", true),
            ("a*b*c", "abxbc", true),
            ("*a/*b", "aa/bb", true), ("**/x", "x", false), ("a**", "a", true), ("***", "a/b", true),
            ("*.dvc", ".dvc", true),
        ])
    func examples(_ pattern: String, _ path: String, _ expected: Bool) {
        #expect(GlobPattern(Array(pattern.utf8)).matches(Array(path.utf8)) == expected)
    }

    /// The meaning, tried out in every way: slow, and short enough to be seen to be right.
    private func reference(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        guard let first = pattern.first else { return path.isEmpty }
        let rest = pattern.dropFirst()
        if first == UInt8(ascii: "*") {
            if rest.first == UInt8(ascii: "*") {
                return (0...path.count).contains { reference(rest.dropFirst(), path.dropFirst($0)) }
            }
            return (0...path.count).contains {
                !path.prefix($0).contains(slash) && reference(rest, path.dropFirst($0))
            }
        }
        guard let byte = path.first else { return false }
        switch first {
        case UInt8(ascii: "?"): return byte != slash && reference(rest, path.dropFirst())
        case UInt8(ascii: "["):
            // Of sets the cases below only make [ab] and [!ab].
            let isNegated = rest.first == UInt8(ascii: "!")
            let members = rest.dropFirst(isNegated ? 1 : 0).prefix(2)
            let after = rest.dropFirst(isNegated ? 4 : 3)
            return byte != slash && members.contains(byte) != isNegated && reference(after, path.dropFirst())
        default: return byte == first && reference(rest, path.dropFirst())
        }
    }

    @Test("agrees with trying every way", arguments: 0..<40)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let parts = ["*", "**", "a", "b", "/", "?", "[ab]", "[!ab]"]
        for _ in 0..<500 {
            let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                parts[Int.random(in: 0..<8, using: &random)]
            }.joined()
            let path = String(
                (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    ["a", "b", "c", "/"][Int.random(in: 0..<4, using: &random)]
                })
            let expected = reference(Array(pattern.utf8)[...], Array(path.utf8)[...])
            #expect(
                GlobPattern(Array(pattern.utf8)).matches(Array(path.utf8)) == expected,
                "'\(pattern)' on '\(path)'")
        }
    }

    @Test("takes no time that grows with the number of ways", .timeLimit(.minutes(1)))
    func time() {
        let pattern = String(repeating: "a*", count: 200) + String(repeating: "**a", count: 200) + "b"
        #expect(!GlobPattern(Array(pattern.utf8)).matches(Array(repeating: UInt8(ascii: "a"), count: 2000)))
    }
}
