/// How mappings become options of a command: the `parsing` section of the configuration.
public struct TemplateSettings: Hashable, Sendable {
    /// What becomes of false; true is `--name` in either way.
    public enum Booleans: String, Sendable {
        /// Nothing.
        case storeTrue = "store_true"
        /// `--no-name`.
        case booleanOptional = "boolean_optional"
    }

    /// What becomes of lists.
    public enum Lists: String, Sendable {
        /// `--name 1 2`.
        case nargs
        /// `--name 1 --name 2`.
        case append
    }

    /// What becomes of false.
    public var booleans: Booleans
    /// What becomes of lists.
    public var lists: Lists

    /// Puts settings together; by default they are DVC's.
    public init(booleans: Booleans = .storeTrue, lists: Lists = .nargs) {
        self.booleans = booleans
        self.lists = lists
    }
}
