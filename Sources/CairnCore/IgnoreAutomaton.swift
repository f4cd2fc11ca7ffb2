/// A matcher for the patterns of ignore files that are more than a name: it follows all ways through the
/// pattern at once, so the time is linear in the path whatever the pattern is.
struct IgnoreAutomaton: Sendable {
    /// What one character of a path may be.
    enum Matcher: Hashable, Sendable {
        case any
        case anyButSlash
        case character(UInt32)
        /// A bracket expression: closed ranges, and whether it is turned round. One that is turned round
        /// takes slashes too, in contrast to git: DVC's patterns do.
        case set([ClosedRange<UInt32>], isNegated: Bool)

        func matches(_ character: UInt32) -> Bool {
            switch self {
            case .any: true
            case .anyButSlash: character != 0x2F
            case .character(let expected): character == expected
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
            }
        }
    }

    /// One step of the pattern.
    enum Step: Hashable, Sendable {
        /// Exactly one character.
        case one(Matcher)
        /// Any number of characters.
        case many(Matcher)
        /// The next steps, so many, may be left out together.
        case optional(Int)
    }

    /// ASCII text that a path must start with before the steps begin; empty if `isFloating`.
    let prefix: [UInt8]
    private let steps: [Step]
    /// True if the match may start at any component.
    let isFloating: Bool
    /// True if a slash must follow the match, not the end of the path.
    let needsSlash: Bool
    /// True if nothing in the pattern can match a slash, so that a floating one may be tried on a single
    /// name.
    let staysInName: Bool

    init(_ steps: [Step], isFloating: Bool, needsSlash: Bool) {
        var prefix: [UInt8] = []
        if !isFloating {
            for step in steps {
                guard case .one(.character(let character)) = step, character < 0x80 else { break }
                prefix.append(UInt8(character))
            }
            // The slash behind a directory is read but does not stand in the path's bytes.
            if prefix.last == UInt8(ascii: "/") { prefix.removeLast() }
        }
        self.prefix = prefix
        self.steps = Array(steps.dropFirst(prefix.count))
        self.isFloating = isFloating
        self.needsSlash = needsSlash
        staysInName =
            isFloating
            && steps.allSatisfy { step in
                switch step {
                case .one(let matcher), .many(let matcher): !matcher.matches(0x2F)
                case .optional: false
                }
            }
    }

    /// Tells whether a path, or the folder of one, matches.
    ///
    /// - Parameter isDirectory: the path is read as if a slash followed it.
    func matches(_ path: UnsafeBufferPointer<UInt8>, isDirectory: Bool) -> Bool {
        guard prefix.isEmpty || (path.count >= prefix.count && path.starts(with: prefix)) else {
            return false
        }
        let words = steps.count / 64 + 1
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * words) { memory in
            memory.initialize(repeating: 0)
            return run(
                path, isDirectory: isDirectory,
                UnsafeMutableBufferPointer(rebasing: memory[..<words]),
                UnsafeMutableBufferPointer(rebasing: memory[words...]))
        }
    }

    private func run(
        _ path: UnsafeBufferPointer<UInt8>, isDirectory: Bool,
        _ one: UnsafeMutableBufferPointer<UInt64>, _ other: UnsafeMutableBufferPointer<UInt64>
    ) -> Bool {
        var current = one
        var next = other
        var index = prefix.count
        let end = path.count + (isDirectory ? 1 : 0)
        enter(0, &current)
        while true {
            let isAccepting = current[steps.count / 64] >> UInt64(steps.count % 64) & 1 != 0
            if index == end { return isAccepting && !needsSlash }
            let character =
                index == path.count ? (value: 0x2F, width: 1) : PythonText.character(at: index, in: path)
            if isAccepting && character.value == 0x2F { return true }
            var isAlive = false
            for word in current.indices {
                var bits = current[word]
                current[word] = 0
                while bits != 0 {
                    let step = word * 64 + bits.trailingZeroBitCount
                    bits &= bits - 1
                    guard step < steps.count else { continue }
                    switch steps[step] {
                    case .one(let matcher) where matcher.matches(character.value):
                        enter(step + 1, &next)
                        isAlive = true
                    case .many(let matcher) where matcher.matches(character.value):
                        enter(step, &next)
                        isAlive = true
                    default: break
                    }
                }
            }
            index += character.width
            if isFloating && character.value == 0x2F && index < path.count {
                enter(0, &next)
            } else if !isAlive && !isFloating {
                return false
            }
            swap(&current, &next)
        }
    }

    /// Marks a step as reached, and those that are reached with it for nothing.
    private func enter(_ step: Int, _ set: inout UnsafeMutableBufferPointer<UInt64>) {
        var step = step
        while true {
            set[step / 64] |= 1 << UInt64(step % 64)
            guard step < steps.count else { return }
            switch steps[step] {
            case .one: return
            case .many: step += 1
            case .optional(let count):
                enter(step + 1 + count, &set)
                step += 1
            }
        }
    }
}
