import Testing

@testable import CairnSystem

@Suite("Walked folder")
struct WalkedFolderTests {
    @Test("a tree is freed when the walk is over")
    func freed() {
        weak var seen: WalkedFolder?
        do {
            let top = WalkedFolder(path: [], isLink: false, parent: nil)
            Array("sub".utf8).withUnsafeBytes { top.append($0, status: nil, isLink: false) }
            top.finish()
            seen = top.children.first
            #expect(seen != nil)
        }
        #expect(seen == nil)
    }
}
