import CairnTestSupport

/// A page of the documentation: README.md or a file below docs/.
struct DocumentationPage {
    /// Relative to the package.
    let path: String
    private let lines: [String]

    init(_ path: String) throws {
        self.path = path
        let text = try Files.text("\(PackageRoot.path)/\(path)")
        lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String($0) ?? "" }
    }

    /// The paths of all pages.
    static let all: [String] =
        ["README.md"]
        + Files.paths(below: "\(PackageRoot.path)/docs").filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }

    /// The folder of the page, relative to the package; empty for README.md.
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    /// Something to run: a block of commands, or one command and what it prints.
    struct Step {
        /// The line of the page, counted from 1.
        let line: Int
        /// What a shell runs.
        var script: String
        /// What it prints; `nil` when the page does not say.
        var output: [String]?
    }

    /// What stands in the page's blocks, in their order.
    ///
    /// A block of `console` shows commands behind `$ ` (going on behind `> `), each with all that it prints. A block of `sh` is to be
    /// pasted; its output is not shown. A comment that begins with `run` is for the test alone: it makes what the page takes as given.
    var steps: [Step] {
        var steps: [Step] = []
        for block in blocks {
            switch block.kind {
            case "sh", "run":
                steps.append(Step(line: block.line, script: block.lines.joined(separator: "\n")))
            case "console":
                for (offset, line) in block.lines.enumerated() {
                    if line.hasPrefix("$ ") {
                        steps.append(
                            Step(line: block.line + offset, script: String(line.dropFirst(2)), output: []))
                    } else if line.hasPrefix("> "), steps.last?.output?.isEmpty == true {
                        steps[steps.count - 1].script += "\n" + line.dropFirst(2)
                    } else {
                        steps[steps.count - 1].output?.append(line)
                    }
                }
            default: continue
            }
        }
        return steps
    }

    private struct Block {
        let kind: String
        let line: Int
        var lines: [String] = []
    }

    private var blocks: [Block] {
        var blocks: [Block] = []
        var open: (block: Block, end: String)?
        for (number, line) in lines.enumerated() {
            if let current = open {
                if line == current.end {
                    blocks.append(current.block)
                    open = nil
                } else {
                    open?.block.lines.append(line)
                }
            } else if line.hasPrefix("```") {
                open = (Block(kind: String(line.dropFirst(3)), line: number + 2), "```")
            } else if line.hasPrefix("<!-- run") {
                open = (Block(kind: "run", line: number + 2), "-->")
            }
        }
        return blocks
    }

    /// The lines outside of blocks, with their numbers.
    private var prose: [(number: Int, text: String)] {
        var isInside = false
        return lines.enumerated().compactMap { number, line in
            if line.hasPrefix("```") {
                isInside.toggle()
                return nil
            }
            return isInside ? nil : (number + 1, line)
        }
    }

    /// The texts of the page's headings.
    var headings: [String] {
        prose.filter { $0.text.hasPrefix("#") }.map { String($0.text.drop { $0 == "#" }.dropFirst()) }
    }

    /// The names by which links reach the page's headings, as GitHub makes them.
    var anchors: Set<String> {
        Set(
            headings.map { heading in
                heading.lowercased().compactMap { character in
                    if character == " " { return "-" }
                    let isKept =
                        character.isLetter || character.isNumber || character == "-" || character == "_"
                    return isKept ? String(character) : nil
                }.joined()
            })
    }

    /// Where links of the page lead, with the lines in which they stand.
    var links: [(line: Int, target: String)] {
        prose.flatMap { number, text in
            text.matches(of: /\]\(([^)\s]+)\)/).map { (number, String($0.1)) }
        }
    }

    /// Paths of this package that the text names, with their lines.
    var namedPaths: [(line: Int, path: String)] {
        prose.flatMap { number, text in
            text.matches(of: /(?:^|[\s`(])((?:docs|fixtures|Sources|Tests)\/[A-Za-z0-9_.\/+-]*)(.?)/)
                .compactMap { match in
                    // What goes on with a placeholder is named up to there.
                    let path = match.2 == "<" ? match.1.prefix { $0 != "<" } : match.1
                    let end = path.lastIndex { !".,".contains($0) }
                    guard let end, match.2 != "*" else { return nil }
                    let whole = String(path[...end])
                    return (
                        number,
                        match.2 == "<" ? whole.split(separator: "/").dropLast().joined(separator: "/") : whole
                    )
                }
        }
    }
}
