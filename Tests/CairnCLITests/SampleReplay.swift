import CairnTestSupport
import Foundation
import Testing

/// Runs the commands of one sample's transcript against the program under test, called `dvc`, and compares what comes out.
///
/// A transcript does not show what was done between its commands (files changed, objects deleted); the test does it.
final class SampleReplay {
    /// One command of a transcript.
    struct Step {
        let command: String
        let output: String
        let exitCode: Int32
    }

    /// How outputs are compared: DVC prints some things in an order that is not fixed.
    enum Comparison {
        case exact
        /// The same lines in any order.
        case lines
        /// The same value as JSON, lists of strings in any order.
        case json
        /// Only the exit code.
        case exitCode
    }

    let sandbox: Sandbox
    /// The project's folder in the sandbox.
    let project = "parent/project"
    private let name: String
    private var steps: ArraySlice<Step>

    /// Prepares a project with the state `start` of a sample (a folder of it), or an empty git repository when nil.
    init(_ name: String, from start: String? = "before", skipping skipped: Set<String> = []) throws {
        self.name = name
        sandbox = try Sandbox()
        try Files.makeFolder(sandbox(project))
        try sandbox.git("init", "-q", in: project)
        let transcript = PackageRoot.fixture("dvc/\(name)/transcript.txt")
        steps = Files.exists(transcript) ? Self.parse(try Files.text(transcript))[...] : []
        if let start {
            try copy(start, skipping: skipped)
            // The data stay untracked, as when the sample was made.
            try sandbox.git("add", ".dvc", ".dvcignore", in: project)
            try sandbox.git("commit", "-q", "-m", "start", in: project)
        }
    }

    /// Copies a state of the sample into the project, with the modes of its listing.
    func copy(_ state: String, skipping skipped: Set<String> = []) throws {
        let source = PackageRoot.fixture("dvc/\(name)/\(state)")
        let listing = TreeListing(parsing: try Files.text("\(source).tree.txt"))
        for path in Files.paths(below: source) where !skipped.contains(where: { path.hasPrefix($0) }) {
            let mode = try #require(listing.mode(path), "\(path) is not in the listing of \(state)")
            let bits = mode.dropFirst().enumerated().reduce(0) {
                $0 | ($1.element == "-" ? 0 : 0o400 >> $1.offset)
            }
            try Files.write(
                try Files.read("\(source)/\(path)"), to: sandbox("\(project)/\(path)"), mode: mode_t(bits))
        }
    }

    /// The path of something in the project.
    func path(_ relative: String) -> String { sandbox("\(project)/\(relative)") }

    /// Passes over commands of the transcript that belong to another feature. Each must begin with `prefix`.
    func skip(_ count: Int = 1, startingWith prefix: String) throws {
        for _ in 0..<count {
            let step = try next()
            try #require(step.command.hasPrefix(prefix), "not to be skipped: \(step.command)")
        }
    }

    /// Runs the next command of the transcript and compares exit code and output.
    func run(_ comparison: Comparison = .exact, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let step = try next(sourceLocation)
        let result = try sandbox.shell(step.command, in: project)
        let actual = normalized(result.stdout)
        let comment: Comment = "$ \(step.command)\n\(actual)[exit \(result.exitCode)]"
        #expect(result.exitCode == step.exitCode, comment, sourceLocation: sourceLocation)
        switch comparison {
        case .exact:
            #expect(
                Self.canonicalHint(actual) == Self.canonicalHint(step.output), comment,
                sourceLocation: sourceLocation)
        case .lines:
            let lines = { (text: String) in text.split(separator: "\n").sorted() }
            #expect(lines(actual) == lines(step.output), comment, sourceLocation: sourceLocation)
        case .json:
            #expect(
                try JSONValue(parsing: actual) == JSONValue(parsing: step.output), comment,
                sourceLocation: sourceLocation)
        case .exitCode:
            break
        }
    }

    /// Runs a command that the transcript does not show; it must succeed.
    func prepare(_ command: String) throws { try sandbox.shell(command, in: project).succeeded() }

    /// Compares the project (or another folder of the sandbox) with a state of the sample: names, sizes, modes, bytes.
    func expect(
        state: String, in folder: String? = nil, skipping skipped: Set<String> = [".git", ".dvc/tmp"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = PackageRoot.fixture("dvc/\(name)/\(state)")
        let actual = sandbox(folder ?? project)
        let listing = try Files.text("\(expected).tree.txt")
        #expect(
            TreeListing(of: actual, skipping: skipped).description == listing, "listing of \(state)",
            sourceLocation: sourceLocation)
        for path in Files.paths(below: expected) {
            // The listing shows what is not there.
            guard let bytes = try? Files.read("\(actual)/\(path)") else { continue }
            let difference = GoldenFile.difference(
                bytes, from: try Files.read("\(expected)/\(path)"), name: path)
            #expect(difference == nil, sourceLocation: sourceLocation)
        }
    }

    /// Fails when commands of the transcript are left.
    func expectEnd(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(steps.map(\.command) == [], sourceLocation: sourceLocation)
    }

    private func next(_ sourceLocation: SourceLocation = #_sourceLocation) throws -> Step {
        let step = steps.popFirst()
        return try #require(step, "the transcript is at its end", sourceLocation: sourceLocation)
    }

    private func normalized(_ text: String) -> String {
        text.replacing(sandbox(project), with: "/PROJECT").replacing(sandbox("parent"), with: "/PARENT")
            .replacing(sandbox.scratch.path, with: "/PARENT-OF-PARENT")
    }

    /// Sorts the files in the `git add` line of a hint: DVC prints them in any order.
    private static func canonicalHint(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("\tgit add ")
                ? "\tgit add " + words(line.dropFirst(9)).sorted().joined(separator: " ") : String(line)
        }.joined(separator: "\n")
    }

    /// Splits at spaces outside of single quotes.
    private static func words(_ text: Substring) -> [String] {
        var words = [""]
        var isQuoted = false
        for character in text {
            if character == "'" { isQuoted.toggle() }
            if character == " " && !isQuoted {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words
    }

    private static func parse(_ text: String) -> [Step] {
        var steps: [Step] = []
        var command: String?
        var output = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("$ ") && command == nil {
                command = String(line.dropFirst(2))
                output = ""
            } else if let exit = line.range(of: #"\[exit [0-9]+\]$"#, options: .regularExpression),
                let done = command
            {
                // An output without a final newline has the mark on its last line.
                output += line[..<exit.lowerBound]
                let code = Int32(line[exit].dropFirst(6).dropLast()) ?? -1
                steps.append(Step(command: done, output: output, exitCode: code))
                command = nil
            } else {
                output += line + "\n"
            }
        }
        return steps
    }
}

/// A parsed JSON text that can be compared; lists of strings are compared as sets, because DVC makes some of them from sets.
indirect enum JSONValue: Equatable, CustomStringConvertible {
    case object([String: JSONValue])
    case list([JSONValue])
    case text(String)
    case number(Double)
    case boolean(Bool)
    case null

    /// Parses a text.
    ///
    /// - Throws: Foundation's error, with the text, when it is not JSON.
    init(parsing text: String) throws {
        do {
            self.init(try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed))
        } catch {
            throw SupportError("not JSON: \(text.debugDescription)")
        }
    }

    private init(_ value: Any) {
        switch value {
        case let map as [String: Any]: self = .object(map.mapValues(JSONValue.init))
        case let list as [Any]:
            let values = list.map(JSONValue.init)
            let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
            self = .list(texts.count == values.count ? texts.sorted().map(JSONValue.text) : values)
        case let text as String: self = .text(text)
        case let number as NSNumber:
            let isBoolean = String(cString: number.objCType) == "c"
            self = isBoolean ? .boolean(number.boolValue) : .number(number.doubleValue)
        default: self = .null
        }
    }

    /// The member of an object, or nil.
    subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The value as JSON-like text with sorted keys.
    var description: String {
        switch self {
        case .object(let map):
            "{" + map.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
                + "}"
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .text(let text): text.debugDescription
        case .number(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .null: "null"
        }
    }
}

extension SampleReplay {
    /// Runs an `ls -l` of the transcript and compares mode, link count, name and target of each line. Owners, the sizes of links
    /// (their targets are absolute) and block totals belong to the machine.
    func runListing(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let step = try next(sourceLocation)
        try #require(step.command.hasPrefix("ls -l"), sourceLocation: sourceLocation)
        let result = try sandbox.shell(step.command, in: project)
        func lines(_ text: String) -> [String] {
            text.split(separator: "\n").filter { !$0.hasPrefix("total") }.map { line in
                var fields = line.split(separator: " ").map(String.init)
                guard fields.count > 5 else { return String(line) }
                if fields[0].hasPrefix("l") { fields.remove(at: 4) }
                fields.removeSubrange(2...3)
                return fields.joined(separator: " ")
            }
        }
        #expect(lines(result.stdout) == lines(step.output), sourceLocation: sourceLocation)
    }
}
