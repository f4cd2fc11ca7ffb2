import CairnTestSupport
import Testing

extension Tag {
    /// Holds the documents to the program.
    @Tag static var documentation: Self
}

/// What the documents say is what the program does.
@Suite(
    "Documentation", .tags(.documentation), .enabled(if: !Cairn.isStandIn, "the documents are about cairn"))
struct DocumentationTests {
    @Test("README.md is short")
    func readmeIsShort() throws {
        let lines = try Files.text("\(PackageRoot.path)/README.md").utf8.split(
            separator: 10, omittingEmptySubsequences: false)
        #expect(lines.count < 200)
    }

    @Test("links and paths lead somewhere", arguments: DocumentationPage.all)
    func links(_ path: String) throws {
        let page = try DocumentationPage(path)
        for (line, target) in page.links where !target.contains("://") && !target.hasPrefix("mailto:") {
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let file = parts[0].isEmpty ? path : Self.resolve(String(parts[0]), from: page.folder)
            guard Files.exists("\(PackageRoot.path)/\(file)") else {
                Issue.record("\(path):\(line): '\(target)' leads nowhere")
                continue
            }
            guard parts.count > 1 else { continue }
            let anchors = try DocumentationPage(file).anchors
            #expect(anchors.contains(String(parts[1])), "\(path):\(line): '\(target)' names no heading")
        }
        for (line, named) in page.namedPaths {
            #expect(Files.exists("\(PackageRoot.path)/\(named)"), "\(path):\(line): there is no '\(named)'")
        }
    }

    @Test("every page can be reached from README.md by links")
    func reachable() throws {
        var seen: Set<String> = ["README.md"]
        var open = ["README.md"]
        while let path = open.popLast() {
            let page = try DocumentationPage(path)
            for (_, target) in page.links where !target.contains("://") {
                let name = target.split(separator: "#", omittingEmptySubsequences: false)[0]
                let file = Self.resolve(String(name), from: page.folder)
                if file.hasSuffix(".md"), Files.exists("\(PackageRoot.path)/\(file)"),
                    seen.insert(file).inserted
                {
                    open.append(file)
                }
            }
        }
        #expect(Set(DocumentationPage.all).subtracting(seen).sorted() == [])
    }

    private static func resolve(_ relative: String, from folder: String) -> String {
        var parts = folder.split(separator: "/")
        for part in relative.split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
