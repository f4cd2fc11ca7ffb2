import CairnTestSupport
import Glibc
import Testing

extension DocumentationTests {
    @Test("docs/commands is what the program's help says")
    func commandPages() throws {
        let commands = try DocumentationCommands(asking: Sandbox())
        let folder = "\(PackageRoot.path)/docs/commands"
        let pages = commands.pages
        if getenv("CAIRN_REWRITE_GOLDEN").map({ String(cString: $0) }) == "1" {
            for name in Files.names(in: folder) where pages[name] == nil { Files.delete("\(folder)/\(name)") }
            for (name, text) in pages { try Files.write(text, to: "\(folder)/\(name)") }
        }
        #expect(
            Files.names(in: folder) == pages.keys.sorted(), "write them anew: `Tests/tools/command-pages`")
        for (name, text) in pages.sorted(by: { $0.key < $1.key }) where Files.exists("\(folder)/\(name)") {
            let difference = GoldenFile.difference(
                Array(text.utf8), from: try Files.read("\(folder)/\(name)"), name: "docs/commands/\(name)")
            #expect(difference == nil, "write them anew: `Tests/tools/command-pages`")
        }
    }

    @Test("what exit code 1 means is said for every command, and for nothing else")
    func exitCodes() throws {
        let commands = try DocumentationCommands(asking: Sandbox())
        #expect(commands.leaves.sorted() == DocumentationExitCodes.no.keys.sorted())
    }

    @Test("docs/scripting.md has a section for every command with --json")
    func shapes() throws {
        let commands = try DocumentationCommands(asking: Sandbox())
        let headings = try DocumentationPage("docs/scripting.md").headings
        let described = Set(
            headings.flatMap { $0.split(separator: ",").map { $0.drop { $0 == " " } } }.map(String.init))
        #expect(commands.leaves(withOption: "json").filter { !described.contains($0) } == [])
    }
}
