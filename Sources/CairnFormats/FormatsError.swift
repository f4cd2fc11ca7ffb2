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
public struct FormatsError: Error, Hashable, Sendable {
    /// The file as people know it; empty when the text came from nowhere.
    public var file: String
    /// Where in the file, when that is known.
    public let location: SourceLocation?
    /// What is wrong, one clause without a full stop ("unknown key 'md6' in outs[0], did you mean 'md5'?").
    public let reason: String

    /// Puts an error together.
    public init(file: String = "", at location: SourceLocation? = nil, _ reason: String) {
        self.file = file
        self.location = location
        self.reason = reason
    }
}
