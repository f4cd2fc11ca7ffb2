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

extension YAMLNode {
    /// A node that says a value as if it stood at a place of the text: what a template was filled in with.
    package init(saying value: YAMLValue, at range: Range<Int>) {
        let content: Content =
            switch value {
            case .string(let text): .scalar(YAMLScalarSource(text: text, style: .quoted, tag: nil))
            case .sequence(let items):
                .sequence(items.map { YAMLNode(saying: $0, at: range) }, isFlow: false)
            case .mapping(let entries):
                .mapping(
                    entries.map { entry in
                        let key = YAMLNode(saying: entry.key, at: range)
                        let value = YAMLNode(saying: entry.value, at: range)
                        return YAMLPair(key: key, value: value, keyValue: entry.key, isMerge: false)
                    }, isFlow: false)
            default:
                .scalar(YAMLScalarSource(text: YAMLEmitter.plain(value), style: .plain, tag: nil))
            }
        self.init(range: range, content: content, hasProperties: false)
    }

    /// A list of nodes at a place of the text.
    package init(items: [YAMLNode], at range: Range<Int>) {
        self.init(range: range, content: .sequence(items, isFlow: false), hasProperties: false)
    }

    /// A mapping at a place of the text. Of keys that are equal the last value counts, in the place of the first.
    package init(pairs: [(key: YAMLNode, keyValue: YAMLValue, value: YAMLNode)], at range: Range<Int>) {
        var places: [YAMLValue: Int] = [:]
        var result: [YAMLPair] = []
        for (key, keyValue, value) in pairs {
            let pair = YAMLPair(key: key, value: value, keyValue: keyValue, isMerge: false)
            if let place = places[keyValue] {
                result[place] = pair
            } else {
                places[keyValue] = result.count
                result.append(pair)
            }
        }
        self.init(range: range, content: .mapping(result, isFlow: false), hasProperties: false)
    }
}
