import CairnCore

/// A place in a text file, counted as editors do.
public struct SourceLocation: Hashable, Sendable {
    /// The line, from 1.
    public let line: Int
    /// The column in characters, from 1.
    public let column: Int

    /// Puts a location together.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A text that is not of its format.
public struct FormatsError: Error, Sendable {
    /// The file as people know it; empty when the text came from nowhere.
    public var file: String
    /// Where in the file, when that is known.
    public let location: SourceLocation?
    /// What is wrong, one clause without a full stop ("unknown key 'md6' in outs[0], did you mean 'md5'?").
    public let reason: String
    /// The line that the location is in, for people: without the blanks around it, control characters escaped, a very long line cut
    /// to what is near. `nil` where the location is not known, the line is empty, or may hold a secret (configuration).
    public let quote: String?

    /// Puts an error together.
    public init(
        file: String = "", at location: SourceLocation? = nil, quoting quote: String? = nil, _ reason: String
    ) {
        self.file = file
        self.location = location
        self.quote = quote
        self.reason = reason
    }
}

extension FormatsError: Hashable {
    /// Equal file, place and reason; the quote is the text's own and follows from them.
    public static func == (left: FormatsError, right: FormatsError) -> Bool {
        left.file == right.file && left.location == right.location && left.reason == right.reason
    }

    /// Feeds what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(file)
        hasher.combine(location)
        hasher.combine(reason)
    }
}
