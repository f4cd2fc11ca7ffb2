import CairnSystem

/// What is known of the three standard streams.
struct Terminal: Sendable {
    /// True if somebody can answer a question.
    let canAsk: Bool
    /// True if standard output is a terminal.
    let isOutput: Bool
    /// True if standard error is a terminal.
    let isError: Bool
    /// True if colours are welcome on terminals.
    private let allowsColor: Bool
    /// True if standard error understands escape sequences, so that a line can be drawn again.
    let canRedraw: Bool

    /// Looks at the streams of this process.
    init(environment: [String: String]) {
        isOutput = Surroundings.isTerminal(1)
        isError = Surroundings.isTerminal(2)
        let isDumb = environment["TERM"] == "dumb"
        canAsk = Surroundings.isTerminal(0) && isError
        // https://no-color.org: any value but the empty one.
        allowsColor = !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
        canRedraw = isError && !isDumb
    }

    /// Characters in a line of standard error.
    var width: Int { Surroundings.terminalWidth(2) ?? 80 }

    /// Characters in a line of standard output; `nil` if it is no terminal.
    var outputWidth: Int? { isOutput ? Surroundings.terminalWidth(1) : nil }

    /// A word in a style, where the stream shows it.
    func styled(_ text: String, _ style: Style, onOutput: Bool = false) -> String {
        guard allowsColor, onOutput ? isOutput : isError else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// Colours and weights; what they mean is always said in words too.
    enum Style: String {
        case error = "1;31"
        case warning = "1;33"
        case hint = "36"
        case good = "32"
    }
}
