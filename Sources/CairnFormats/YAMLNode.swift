/// A piece of a YAML text: where it stands, and what stands there.
public struct YAMLNode: Sendable {
    /// What a node is made of.
    public enum Content: Sendable {
        /// Text with or without quotes; what it means is `YAMLDocument.value(of:)`'s business.
        case scalar(YAMLScalarSource)
        /// A list.
        case sequence([YAMLNode], isFlow: Bool)
        /// Keys and values.
        case mapping([YAMLPair], isFlow: Bool)
        /// `*name`, which stands for the node with this number in `YAMLDocument.anchored`.
        case alias(Int)
    }

    /// The bytes from the node's first (its anchor or tag, if it has one) to past its last.
    public internal(set) var range: Range<Int>
    /// What the node is made of.
    public let content: Content
    /// True if an anchor or a tag stands before the content.
    let hasProperties: Bool

    /// The items of a list; `nil` for anything else.
    public var items: [YAMLNode]? { if case .sequence(let items, _) = content { items } else { nil } }
    /// The pairs of a mapping; `nil` for anything else.
    public var pairs: [YAMLPair]? { if case .mapping(let pairs, _) = content { pairs } else { nil } }

    /// True for a list or mapping without brackets.
    var isBlockCollection: Bool {
        switch content {
        case .sequence(_, let isFlow), .mapping(_, let isFlow): !isFlow
        default: false
        }
    }
}

/// A scalar as it was written.
public struct YAMLScalarSource: Sendable {
    /// How it was written.
    public enum Style: Sendable {
        /// Without quotes, so that the text decides its type.
        case plain
        /// In quotes, or as a block after `|` or `>`.
        case quoted, block
    }

    /// The text, with quotes, escapes and folds undone.
    public let text: String
    /// How it was written.
    public let style: Style
    /// The kind that a tag such as `!!str` demands.
    let tag: Tag?

    /// The tags that we know for scalars.
    enum Tag: Sendable { case text, implicit }

    /// What the scalar means.
    public var value: YAMLValue {
        switch tag {
        case .text: .string(text)
        case .implicit: YAMLScalar.resolve(text)
        case nil: style == .plain ? YAMLScalar.resolve(text) : .string(text)
        }
    }
}

/// A key with its value.
public struct YAMLPair: Sendable {
    /// The key: a scalar or an alias of one.
    public let key: YAMLNode
    /// The value; empty when nothing is written.
    public let value: YAMLNode
    /// What the key means.
    public let keyValue: YAMLValue
    /// True for `<<`, which brings in the keys of another mapping.
    let isMerge: Bool

    /// The key if it is text.
    public var name: String? { keyValue.text }
}
