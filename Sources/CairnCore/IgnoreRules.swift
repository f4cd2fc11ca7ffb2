/// The rules that say which files of a workspace do not exist for cairn: those of the `.dvcignore` files met
/// on the way to a path, after a few that are built in (`.git`, `.hg/`, `.dvc/`).
///
/// A walker adds the file of a folder when it enters the folder. It must not enter ignored folders, nor read
/// a `.dvcignore` that is itself ignored. The value is cheap to copy, so each folder may keep the rules that
/// hold in it.
///
/// Three corners differ from DVC on purpose: a folder's own name is never taken for a pattern, a name with a
/// line break is compared like any other, and a broken rule matches nothing where DVC stops with an error.
public struct IgnoreRules: Sendable {
    /// A rule that decided about a path.
    public struct Match: Hashable, Sendable {
        /// The ignore file as DVC prints it (`sub/.dvcignore`); empty for a rule that is built in.
        public let source: String
        /// The line in that file, from 1; 0 for a rule that comes from no line.
        public let line: Int
        /// The rule as it stands in the file.
        public let pattern: [UInt8]
        /// True for a rule with `!`.
        public let isNegated: Bool

        /// What `check-ignore --details` prints in front of the path.
        public var text: [UInt8] {
            line == 0 ? Array("\(source):".utf8) + pattern : Array("\(source):\(line):".utf8) + pattern
        }
    }

    private struct Rule: Sendable {
        let pattern: IgnorePattern
        /// Index into `folders`; 0 is the top.
        let folder: Int
        let match: Match

        /// DVC merges rules that are of one kind and follow each other.
        func isMerged(with other: Rule) -> Bool {
            !pattern.isNegated && !other.pattern.isNegated
                && pattern.isDirectoryOnly == other.pattern.isDirectoryOnly
        }
    }

    private var rules: [Rule] = []
    /// Folders with ignore files, each with a slash at its end; the top is empty.
    private var folders: [[UInt8]] = [[]]
    /// Folders whose own file ignores everything in them, as indices.
    private var closedFolders: [Int] = []
    private var hasNegations = false
    private let builtInCount: Int

    /// Creates the rules that are built in.
    public init() {
        let builtIn = [".hg/", ".git/", ".git", ".dvc/"]
        builtInCount = builtIn.count
        for text in builtIn { append(Array(text.utf8), source: "", line: 0, folder: 0) }
    }

    /// True as long as no ignore file with a rule in it was added.
    public var hasOnlyBuiltIns: Bool { rules.count == builtInCount }

    /// Adds the rules of an ignore file, which are stronger than all that were added before.
    ///
    /// - Parameters:
    ///   - text: the bytes of the file.
    ///   - folder: the folder that the file is in, relative to the workspace; empty for the top.
    ///   - source: the path of the file as `check-ignore` prints it.
    public mutating func add(file text: [UInt8], in folder: [UInt8], source: String) {
        let index = register(folder)
        for (number, line) in Self.lines(of: text).enumerated() {
            append(PythonText.stripped(line), source: source, line: number + 1, folder: index)
        }
        // DVC looks at the folder again with the rules of the file that is in it.
        if let last = rules.lastIndex(where: { $0.folder == index && $0.pattern.coversFolder }),
            !rules[last].pattern.isNegated
        {
            closedFolders.append(index)
        }
    }

    /// Adds a folder that is a repository of its own, so that it is passed over.
    public mutating func add(repositoryIn folder: RepoPath) {
        let name = Array(folder.name)
        let parent = register(folder.parent?.bytes ?? [])
        let escaped = name.flatMap { Self.isSpecial($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
        let slash = UInt8(ascii: "/")
        append(
            [slash] + escaped + [slash], source: "in sub_repo", line: 0, folder: parent, shown: name)
    }

    /// Tells whether a path is ignored; its parents are taken for not ignored.
    ///
    /// - Parameters:
    ///   - path: relative to the workspace, not empty.
    ///   - isDirectory: true if a directory is there: rules that end in a slash are for directories only.
    public func isIgnored(_ path: UnsafeBufferPointer<UInt8>, isDirectory: Bool) -> Bool {
        guard !path.isEmpty else { return false }
        let name = Self.lastComponent(of: path)
        if hasOnlyBuiltIns && path[name] != UInt8(ascii: ".") { return false }
        for closed in closedFolders where Self.isPath(path, below: folders[closed]) { return true }
        for rule in rules.reversed() {
            if matches(rule, path, name: name, isDirectory: isDirectory, wholePath: hasNegations) {
                return !rule.pattern.isNegated
            }
        }
        return false
    }

    /// Tells whether a path is ignored; its parents are taken for not ignored.
    public func isIgnored(_ path: some Collection<UInt8>, isDirectory: Bool) -> Bool {
        path.withContiguousStorageIfAvailable { isIgnored($0, isDirectory: isDirectory) }
            ?? Array(path).withUnsafeBufferPointer { isIgnored($0, isDirectory: isDirectory) }
    }

    /// Tells whether a path, or any folder on the way to it, is ignored.
    public func isIgnored(withParents path: some Collection<UInt8>, isDirectory: Bool) -> Bool {
        matches(path, isDirectory: isDirectory).last.map { !$0.isNegated } ?? false
    }

    /// The rules that decide about a path, as `check-ignore` reports them: none, or one.
    ///
    /// The path is looked at from the top, component by component; the first that is ignored decides. A rule
    /// with `!` is reported only if it is the last word on the path itself.
    public func matches(_ path: some Collection<UInt8>, isDirectory: Bool) -> [Match] {
        let bytes = Array(path)
        let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") } + [bytes.count]
        return bytes.withUnsafeBufferPointer { bytes in
            let rules = rules.filter { Self.isPath(bytes, below: folders[$0.folder]) }
            for end in ends where end > 0 {
                let part = UnsafeBufferPointer(rebasing: bytes[..<end])
                let isLast = end == bytes.count
                if let rule = decidingRule(among: rules, on: part, isDirectory: isDirectory || !isLast),
                    isLast || !rule.pattern.isNegated
                {
                    return [rule.match]
                }
            }
            return []
        }
    }

    /// The rule that DVC names: of the merged rules around the last one that matches, the first that matches.
    private func decidingRule(
        among rules: [Rule], on path: UnsafeBufferPointer<UInt8>, isDirectory: Bool
    ) -> Rule? {
        let name = Self.lastComponent(of: path)
        func matches(_ rule: Rule, withSlash: Bool) -> Bool {
            guard isDirectory || !rule.pattern.isDirectoryOnly else { return false }
            let folder = folders[rule.folder]
            if folder.count == path.count + 1 && folder.dropLast().elementsEqual(path) {
                return withSlash && rule.pattern.coversFolder
            }
            return self.matches(
                rule, path, name: name, isDirectory: withSlash, wholePath: true, checksKind: false)
        }
        func matches(_ rule: Rule) -> Bool {
            matches(rule, withSlash: false) || (isDirectory && matches(rule, withSlash: true))
        }
        guard let last = rules.lastIndex(where: { matches($0) }) else { return nil }
        var first = last
        while first > 0 && rules[first - 1].isMerged(with: rules[last]) { first -= 1 }
        let merged = rules[first...last]
        // A directory is compared without and then with a slash behind it; which rule is named depends on it.
        return merged.first { matches($0, withSlash: false) } ?? merged.first { matches($0) }
    }

    @inline(__always)
    private func matches(
        _ rule: Rule, _ path: UnsafeBufferPointer<UInt8>, name: Int, isDirectory: Bool, wholePath: Bool,
        checksKind: Bool = true
    ) -> Bool {
        if checksKind && rule.pattern.isDirectoryOnly && !isDirectory { return false }
        guard rule.folder != 0 else {
            return rule.pattern.matches(path, name: name, isDirectory: isDirectory, wholePath: wholePath)
        }
        let folder = folders[rule.folder]
        guard Self.isPath(path, below: folder) else { return false }
        return rule.pattern.matches(
            UnsafeBufferPointer(rebasing: path[folder.count...]), name: name - folder.count,
            isDirectory: isDirectory, wholePath: wholePath)
    }
}

extension IgnoreRules {
    private mutating func append(
        _ text: [UInt8], source: String, line: Int, folder: Int, shown: [UInt8]? = nil
    ) {
        guard let pattern = IgnorePattern(text, isNested: folder != 0) else { return }
        let match = Match(source: source, line: line, pattern: shown ?? text, isNegated: pattern.isNegated)
        rules.append(Rule(pattern: pattern, folder: folder, match: match))
        hasNegations = hasNegations || pattern.isNegated
    }

    private mutating func register(_ folder: [UInt8]) -> Int {
        guard !folder.isEmpty else { return 0 }
        let prefix = folder + [UInt8(ascii: "/")]
        if let index = folders.firstIndex(of: prefix) { return index }
        folders.append(prefix)
        return folders.count - 1
    }

    /// The lines of a text, ended by `\n`, `\r\n` or `\r`.
    private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: "\n") && index > 0 && text[index - 1] == UInt8(ascii: "\r") {
                start = index + 1
            } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                lines.append(text[start..<index])
                start = index + 1
            }
        }
        if start < text.count { lines.append(text[start...]) }
        return lines
    }

    @inline(__always)
    private static func isPath(_ path: UnsafeBufferPointer<UInt8>, below folder: [UInt8]) -> Bool {
        guard path.count > folder.count else { return false }
        for index in folder.indices where path[index] != folder[index] { return false }
        return true
    }

    @inline(__always)
    private static func lastComponent(of path: UnsafeBufferPointer<UInt8>) -> Int {
        var index = path.count
        while index > 0 && path[index - 1] != UInt8(ascii: "/") { index -= 1 }
        return index
    }

    private static func isSpecial(_ byte: UInt8) -> Bool { "\\[]!*#?".utf8.contains(byte) }
}
