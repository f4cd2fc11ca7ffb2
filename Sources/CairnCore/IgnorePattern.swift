/// One rule of an ignore file, made ready to be compared with paths.
///
/// The language is gitignore's with what DVC makes of it: a rule that matches a folder matches everything
/// below, a bracket expression that is turned round takes a slash too, and `*/`, `**/` at the top match
/// nothing. Paths are compared by character, so `?` is one character of UTF-8 and not one byte.
struct IgnorePattern: Sendable {
    /// How the rule is compared. The shapes beside `automaton` are what nearly all rules are, and much
    /// faster.
    enum Shape: Sendable {
        /// No path.
        case nothing
        /// Every path.
        case everything
        /// A component with this name.
        case name([UInt8])
        /// A component that ends like this.
        case suffix([UInt8])
        /// This path from the top.
        case path([UInt8])
        /// Anything else.
        case automaton(IgnoreAutomaton)
    }

    /// True for a rule with `!`: what it matches is not ignored.
    let isNegated: Bool
    /// True for a rule that ends in a slash: files are not compared with it.
    let isDirectoryOnly: Bool
    /// True if a slash must follow what matches; a directory counts as if one followed it.
    let needsSlash: Bool
    /// How the rule is compared.
    let shape: Shape
    /// True for a rule of a nested file that matches that file's own folder: `**`, or `***`, which is also an
    /// empty name.
    let coversFolder: Bool

    /// Makes a rule ready.
    ///
    /// - Parameters:
    ///   - text: the line without white space at its ends.
    ///   - isNested: the file is not the one at the top. DVC rewrites the rules of nested files, with small
    ///     differences.
    /// - Returns: `nil` for what is no rule: an empty line, a comment, a broken rule.
    init?(_ text: [UInt8], isNested: Bool) {
        let slash = UInt8(ascii: "/")
        var rule = text[...]
        guard let first = rule.first, first != UInt8(ascii: "#") else { return nil }
        isNegated = first == UInt8(ascii: "!")
        if isNegated { rule = rule.dropFirst() }
        isDirectoryOnly = rule.last == slash
        guard !rule.isEmpty, !rule.elementsEqual([slash]) else { return nil }
        var segments = isNested ? Self.nestedSegments(of: rule) : Self.segments(of: rule)
        if segments.last?.isEmpty == true { segments[segments.count - 1] = Self.doubleStar }
        for index in segments.indices.dropFirst().reversed()
        where segments[index] == Self.doubleStar && segments[index - 1] == Self.doubleStar {
            segments.remove(at: index)
        }
        needsSlash = segments.last == Self.doubleStar && segments.count > 1
        guard let shape = Self.shape(of: segments, isNested, isDirectoryOnly) else { return nil }
        self.shape = shape
        coversFolder = isNested && Self.matchesEmptyPath(shape, segments)
    }

    private static let doubleStar: ArraySlice<UInt8> = [UInt8(ascii: "*"), UInt8(ascii: "*")]
    private static let star: ArraySlice<UInt8> = [UInt8(ascii: "*")]

    /// Compares with a path.
    ///
    /// - Parameters:
    ///   - name: where the last component starts.
    ///   - wholePath: also compares with the folders that the path is in, as DVC does; without, the caller
    ///     knows that none of them matches.
    @inline(__always)
    func matches(
        _ path: UnsafeBufferPointer<UInt8>, name: Int, isDirectory: Bool, wholePath: Bool
    ) -> Bool {
        switch shape {
        case .nothing:
            return false
        case .everything:
            return true
        case .name(let expected):
            if (isDirectory || !needsSlash) && Self.isEqual(path, name, path.count, expected) { return true }
            return wholePath && anyFolder(of: path) { Self.isEqual(path, $0, $1, expected) }
        case .suffix(let expected):
            if (isDirectory || !needsSlash) && Self.hasSuffix(path, name, path.count, expected) {
                return true
            }
            return wholePath && anyFolder(of: path) { Self.hasSuffix(path, $0, $1, expected) }
        case .path(let expected):
            guard path.count >= expected.count, Self.isEqual(path, 0, expected.count, expected) else {
                return false
            }
            return path.count == expected.count
                ? isDirectory || !needsSlash : path[expected.count] == UInt8(ascii: "/")
        case .automaton(let automaton):
            if automaton.staysInName && !wholePath {
                return automaton.matches(
                    UnsafeBufferPointer(rebasing: path[name...]), isDirectory: isDirectory)
            }
            return automaton.matches(path, isDirectory: isDirectory)
        }
    }

    private func anyFolder(of path: UnsafeBufferPointer<UInt8>, _ test: (Int, Int) -> Bool) -> Bool {
        var start = 0
        for index in path.indices where path[index] == UInt8(ascii: "/") {
            if test(start, index) { return true }
            start = index + 1
        }
        return false
    }

    @inline(__always)
    private static func isEqual(
        _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ expected: [UInt8]
    ) -> Bool {
        guard end - start == expected.count else { return false }
        for index in expected.indices where path[start + index] != expected[index] { return false }
        return true
    }

    @inline(__always)
    private static func hasSuffix(
        _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ expected: [UInt8]
    ) -> Bool {
        end - start >= expected.count && isEqual(path, end - expected.count, end, expected)
    }
}

extension IgnorePattern {
    /// The parts of a rule of the top file, with `**` in front where it may match at any depth.
    private static func segments(of rule: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var segments = split(rule)
        if segments[0].isEmpty {
            segments.removeFirst()
        } else if segments.count == 1 || (segments.count == 2 && segments[1].isEmpty) {
            if segments[0] != doubleStar { segments.insert(doubleStar, at: 0) }
        }
        return segments
    }

    /// The parts of a rule of a nested file, below that file's folder.
    private static func nestedSegments(of rule: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let slash = UInt8(ascii: "/")
        var rule = rule
        let startsWithStars = rule.starts(with: doubleStar + [slash])
        let isAnchored = rule.dropLast().contains(slash) && !startsWithStars
        if isAnchored && rule.first == slash { rule = rule.dropFirst() }
        if startsWithStars { rule = rule.dropFirst(3) }
        // DVC takes off a backslash in front, so that here "\*" is the same as "*".
        if rule.first == UInt8(ascii: "\\") { rule = rule.dropFirst() }
        return (isAnchored ? [] : [doubleStar]) + split(rule)
    }

    private static func split(_ rule: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        rule.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func shape(
        of segments: [ArraySlice<UInt8>], _ isNested: Bool, _ isDirectoryOnly: Bool
    ) -> Shape? {
        if segments.contains([]) { return .nothing }
        let isFloating = segments.first == doubleStar
        if isFloating && segments.count == 1 { return isNested || !isDirectoryOnly ? .everything : .nothing }
        if isFloating && segments.count == 2 && segments[1] == star { return .everything }
        if isFloating && segments.count == 3 && segments[1] == star && segments[2] == doubleStar && !isNested
        {
            // "*/", "**/*/" and "**/*/**" become an expression that DVC anchors where it cannot match.
            return .nothing
        }
        let inner = segments.dropFirst(isFloating ? 1 : 0).dropLast(segments.last == doubleStar ? 1 : 0)
        var steps: [IgnoreAutomaton.Step] = []
        for (index, segment) in inner.enumerated() {
            if segment == doubleStar {
                // Any folders or none: each with the slash in front of it.
                steps += [.optional(3), .one(.character(0x2F)), .one(.any), .many(.any)]
                continue
            }
            if index > 0 { steps.append(.one(.character(0x2F))) }
            if segment == star {
                steps += [.one(.anyButSlash), .many(.anyButSlash)]
            } else {
                guard let parts = IgnoreGlob.steps(of: segment) else { return nil }
                steps += parts
            }
        }
        let endsInStars = segments.last == doubleStar
        return simple(steps, isFloating, inner.count)
            ?? .automaton(IgnoreAutomaton(steps, isFloating: isFloating, needsSlash: endsInStars))
    }

    /// True if a rule matches the empty path that a folder is from its own inside.
    private static func matchesEmptyPath(_ shape: Shape, _ segments: [ArraySlice<UInt8>]) -> Bool {
        switch shape {
        case .everything: segments.count == 1
        case .automaton(let automaton):
            automaton.matches(UnsafeBufferPointer(start: nil, count: 0), isDirectory: false)
        case .nothing, .name, .suffix, .path: false
        }
    }

    /// The shape of steps that need no automaton.
    private static func simple(_ steps: [IgnoreAutomaton.Step], _ isFloating: Bool, _ count: Int) -> Shape? {
        let startsWithStar = steps.first == .many(.anyButSlash)
        var literal: [UInt8] = []
        for step in startsWithStar ? steps.dropFirst() : steps[...] {
            guard case .one(.character(let character)) = step else { return nil }
            PythonText.append(character, to: &literal)
        }
        if !isFloating { return startsWithStar ? nil : .path(literal) }
        guard count == 1, !literal.isEmpty else { return nil }
        return startsWithStar ? .suffix(literal) : .name(literal)
    }
}
