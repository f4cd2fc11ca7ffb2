import CairnTestSupport
import Testing

@testable import CairnGit

@Suite("Damaged .gitignore files")
struct GitIgnoreFuzzTests {
    private static let samples = ["/data\n/big\n*.log\n!keep.log\nbuild/\n**/x\na/**/z\n[a-c]1\n\\#x\nq\\ \n"]
        .map { Array($0.utf8) }

    @Test("are read, and what is added to them is found and taken out again")
    func damaged() {
        let found = Fuzzing.firstProblem(rounds: 2500) { random in
            let text = random.damagedText(random.damaged(Self.samples[0]), others: Self.samples)
            let list = GitIgnoreList(text)
            for path in ["data", "a/b/z", "build", "x[", "1"] {
                let bytes = Array(path.utf8)[...]
                _ = list.decision(on: bytes, name: bytes.suffix(1), isFolder: Bool.random(using: &random))
            }
            let name = Array("new file".utf8)
            let added = GitIgnoreFile.adding(entryFor: name, to: text)
            guard added.starts(with: text) || text.contains(13) else { return "text is lost" }
            guard GitIgnoreList(added).decision(on: name[...], name: name[...], isFolder: false) == true
            else {
                return "the entry does not count in \(added)"
            }
            let removed = GitIgnoreFile.removing(entryFor: name, from: added) ?? []
            return GitIgnoreList(removed).decision(on: name[...], name: name[...], isFolder: false)
                == GitIgnoreList(text).decision(on: name[...], name: name[...], isFolder: false)
                ? nil : "the entry stays in \(added)"
        }
        #expect(found == nil)
    }
}
