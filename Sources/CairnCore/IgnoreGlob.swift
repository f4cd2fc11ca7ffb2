/// The wildcards inside one component of an ignore rule.
enum IgnoreGlob {
    /// Translates `*`, `?`, `[...]` and `\x`.
    ///
    /// - Returns: `nil` for what git and DVC drop or refuse: an unclosed bracket, a range that runs
    ///   backwards, a backslash at the end.
    static func steps(of segment: some Sequence<UInt8>) -> [IgnoreAutomaton.Step]? {
        let characters = PythonText.characters(of: segment)
        var steps: [IgnoreAutomaton.Step] = []
        var index = 0
        while index < characters.count {
            switch characters[index] {
            case 0x5C:  // backslash
                index += 1
                guard index < characters.count else { return nil }
                steps.append(.one(.character(characters[index])))
            case 0x2A:  // star
                // Two stars inside a component are no more than one.
                if steps.last != .many(.anyButSlash) { steps.append(.many(.anyButSlash)) }
            case 0x3F:  // question mark
                steps.append(.one(.anyButSlash))
            case 0x5B:  // opening bracket
                guard let (set, end) = bracket(characters, at: index) else { return nil }
                steps.append(.one(set))
                index = end
            default:
                steps.append(.one(.character(characters[index])))
            }
            index += 1
        }
        return steps
    }

    /// Reads a bracket expression; a backslash is no escape in it.
    ///
    /// - Returns: the set and the index of the closing bracket.
    private static func bracket(
        _ characters: [UInt32], at start: Int
    ) -> (IgnoreAutomaton.Matcher, Int)? {
        var index = start + 1
        let isNegated = index < characters.count && (characters[index] == 0x21 || characters[index] == 0x5E)
        if isNegated { index += 1 }
        let first = index
        // A closing bracket in front is one of the characters.
        if index < characters.count && characters[index] == 0x5D { index += 1 }
        guard let end = characters[min(index, characters.count)...].firstIndex(of: 0x5D) else { return nil }
        var ranges: [ClosedRange<UInt32>] = []
        index = first
        while index < end {
            let low = characters[index]
            if index + 2 < end && characters[index + 1] == 0x2D {
                guard low <= characters[index + 2] else { return nil }
                ranges.append(low...characters[index + 2])
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return (.set(ranges, isNegated: isNegated), end)
    }
}
