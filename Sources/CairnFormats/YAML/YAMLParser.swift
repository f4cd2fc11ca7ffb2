internal import CYaml
import CairnCore

/// Reads a YAML text into nodes, with libyaml's scanner below.
///
/// Every node knows its bytes. Depth is bounded, and so is what aliases can stand for together, so that neither a deep nor a
/// self-repeating text can cost more than a small multiple of its size.
struct YAMLParser {
    /// What reading yields.
    struct Result {
        /// The top of the document; `nil` if there is none.
        var root: YAMLNode?
        /// The nodes that aliases stand for.
        var anchored: [YAMLNode]
    }

    /// How deep lists and mappings may be nested.
    static let maximumDepth = 100

    private let source: YAMLSource
    /// On the heap, because libyaml keeps a pointer to its own parser.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let current = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    private var event: yaml_event_t { current.pointee }
    private var anchored: [Measured] = []
    private var anchors: [String: Int?] = [:]
    private let maximumCount: Int

    /// A node with what it costs to walk it, aliases followed.
    private struct Measured {
        var node: YAMLNode
        var count = 1
        var height = 0
    }

    /// Reads one document.
    ///
    /// - Throws: `FormatsError` with line and column for what is not YAML, is nested too deeply, repeats a key, or has more than
    ///   one document.
    static func parse(_ source: YAMLSource) throws(FormatsError) -> Result {
        var parser = YAMLParser(source)
        defer { parser.close() }
        return try parser.run()
    }

    private init(_ source: YAMLSource) {
        self.source = source
        maximumCount = 10_000 + 4 * source.bytes.count
        parser.initialize(to: yaml_parser_t())
        current.initialize(to: yaml_event_t())
    }

    private func close() {
        yaml_event_delete(current)
        yaml_parser_delete(parser)
        current.deallocate()
        parser.deallocate()
    }

    private mutating func run() throws(FormatsError) -> Result {
        guard yaml_parser_initialize(parser) == 1 else {
            throw source.error(at: 0, "there is not enough memory to read this")
        }
        let outcome = source.bytes.withUnsafeBufferPointer {
            buffer -> Swift.Result<YAMLNode?, FormatsError> in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            do throws(FormatsError) { return .success(try document()) } catch { return .failure(error) }
        }
        return Result(root: try outcome.get(), anchored: anchored.map(\.node))
    }

    private mutating func document() throws(FormatsError) -> YAMLNode? {
        try advance()
        try advance()
        guard event.type == YAML_DOCUMENT_START_EVENT else { return nil }
        try advance()
        let root = try node(depth: 0)
        try advance()
        try advance()
        guard event.type == YAML_STREAM_END_EVENT else {
            throw source.error(at: start, "a second document starts here, only one is allowed")
        }
        return root.node
    }

    /// Reads the next event; the one before is gone.
    private mutating func advance() throws(FormatsError) {
        yaml_event_delete(current)
        guard yaml_parser_parse(parser, current) == 1 else { throw source.error(from: parser.pointee) }
    }

    private var start: Int { source.offset(ofCharacter: event.start_mark.index) }
    private var end: Int { source.offset(ofCharacter: event.end_mark.index) }

    /// Reads the node that the current event starts, up to its last event.
    private mutating func node(depth: Int) throws(FormatsError) -> Measured {
        guard depth <= Self.maximumDepth else { throw tooDeep(at: start) }
        switch event.type {
        case YAML_ALIAS_EVENT: return try alias()
        case YAML_SCALAR_EVENT: return try scalar()
        case YAML_SEQUENCE_START_EVENT: return try sequence(depth: depth)
        default: return try mapping(depth: depth)
        }
    }

    private mutating func alias() throws(FormatsError) -> Measured {
        let name = String(cString: event.data.alias.anchor)
        guard let known = anchors[name] else {
            throw source.error(at: start, "there is no anchor '\(name)' before this alias")
        }
        guard let index = known else {
            throw source.error(at: start, "the anchor '\(name)' would contain itself")
        }
        let node = YAMLNode(range: start..<end, content: .alias(index), hasProperties: false)
        return Measured(node: node, count: anchored[index].count, height: anchored[index].height)
    }

    private mutating func scalar() throws(FormatsError) -> Measured {
        let data = event.data.scalar
        let anchor = data.anchor.map { String(cString: $0) }
        let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
        let style: YAMLScalarSource.Style =
            switch data.style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
            case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
            default: .plain
            }
        let tag = try scalarTag(data.tag)
        let scalar = YAMLScalarSource(text: String(decoding: bytes, as: UTF8.self), style: style, tag: tag)
        var range = start..<max(start, end)
        if style == .block { range = source.trimBlockScalar(range) }
        let hasProperties = anchor != nil || data.tag != nil
        let node = YAMLNode(range: range, content: .scalar(scalar), hasProperties: hasProperties)
        return remember(Measured(node: node), as: anchor)
    }

    private func scalarTag(_ tag: UnsafeMutablePointer<yaml_char_t>?) throws(FormatsError) -> YAMLScalarSource
        .Tag?
    {
        guard let tag = tag.map({ String(cString: $0) }) else { return nil }
        switch tag {
        case "!", "tag:yaml.org,2002:str": return .text
        case "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int",
            "tag:yaml.org,2002:float",
            "tag:yaml.org,2002:timestamp":
            return .implicit
        default: throw source.error(at: start, "the tag '\(Array(tag.utf8).printable)' is not known")
        }
    }

    private func checkCollectionTag(
        _ tag: UnsafeMutablePointer<yaml_char_t>?, _ allowed: String
    ) throws(FormatsError) {
        guard let tag = tag.map({ String(cString: $0) }), tag != "!", tag != allowed else { return }
        throw source.error(at: start, "the tag '\(Array(tag.utf8).printable)' is not known")
    }

    private mutating func sequence(depth: Int) throws(FormatsError) -> Measured {
        let data = event.data.sequence_start
        try checkCollectionTag(data.tag, "tag:yaml.org,2002:seq")
        let (start, anchor) = (start, open(data.anchor))
        let isFlow = data.style == YAML_FLOW_SEQUENCE_STYLE
        let hasProperties = anchor != nil || data.tag != nil
        var whole = Measured(node: YAMLNode(range: start..<start, content: .alias(0), hasProperties: false))
        var items: [YAMLNode] = []
        try advance()
        while event.type != YAML_SEQUENCE_END_EVENT {
            let item = try node(depth: depth + 1)
            try add(item, to: &whole, at: item.node.range.lowerBound)
            items.append(item.node)
            try advance()
        }
        let end = isFlow ? end : max(items.last?.range.upperBound ?? start, start)
        let content = YAMLNode.Content.sequence(items, isFlow: isFlow)
        whole.node = YAMLNode(range: start..<end, content: content, hasProperties: hasProperties)
        return remember(whole, as: anchor)
    }

    private mutating func mapping(depth: Int) throws(FormatsError) -> Measured {
        let data = event.data.mapping_start
        try checkCollectionTag(data.tag, "tag:yaml.org,2002:map")
        let (start, anchor) = (start, open(data.anchor))
        let isFlow = data.style == YAML_FLOW_MAPPING_STYLE
        let hasProperties = anchor != nil || data.tag != nil
        var whole = Measured(node: YAMLNode(range: start..<start, content: .alias(0), hasProperties: false))
        var pairs: [YAMLPair] = []
        var seen: Set<YAMLValue> = []
        try advance()
        while event.type != YAML_MAPPING_END_EVENT {
            let key = try node(depth: depth + 1)
            let keyValue = try keyValue(of: key.node)
            guard seen.insert(keyValue).inserted else {
                let name = YAMLEmitter.line(keyValue)
                throw source.error(at: key.node.range.lowerBound, "the key '\(name)' is there twice")
            }
            try advance()
            var value = try node(depth: depth + 1)
            if value.node.range.isEmpty { value.node.range = emptyRange(value.node.range, after: key.node) }
            try add(key, to: &whole, at: start)
            try add(value, to: &whole, at: value.node.range.lowerBound)
            let isMerge = isMergeKey(key.node)
            if isMerge { try checkMerge(value.node) }
            pairs.append(YAMLPair(key: key.node, value: value.node, keyValue: keyValue, isMerge: isMerge))
            try advance()
        }
        let last = pairs.last.map { max($0.key.range.upperBound, $0.value.range.upperBound) } ?? start
        let content = YAMLNode.Content.mapping(pairs, isFlow: isFlow)
        whole.node = YAMLNode(
            range: start..<(isFlow ? end : max(last, start)), content: content, hasProperties: hasProperties)
        return remember(whole, as: anchor)
    }

    /// The place of a value that is not written: right after the colon, or after a key that has none.
    private func emptyRange(_ range: Range<Int>, after key: YAMLNode) -> Range<Int> {
        let place = range.lowerBound
        if place > key.range.upperBound, place <= source.bytes.count,
            source.bytes[place - 1] == UInt8(ascii: ":")
        {
            return range
        }
        return key.range.upperBound..<key.range.upperBound
    }

    private func keyValue(of key: YAMLNode) throws(FormatsError) -> YAMLValue {
        switch key.content {
        case .scalar(let scalar): return scalar.value
        case .alias(let index):
            if case .scalar(let scalar) = anchored[index].node.content { return scalar.value }
        default: break
        }
        throw source.error(at: key.range.lowerBound, "a list or mapping cannot be a key here")
    }

    private func isMergeKey(_ key: YAMLNode) -> Bool {
        guard case .scalar(let scalar) = key.content else { return false }
        return scalar.style == .plain && scalar.tag == nil && scalar.text == "<<"
    }

    /// A merge takes a mapping or a list of mappings.
    private func checkMerge(_ value: YAMLNode) throws(FormatsError) {
        let target = resolved(value)
        if target.pairs != nil { return }
        if let items = target.items, items.allSatisfy({ resolved($0).pairs != nil }) { return }
        throw source.error(at: value.range.lowerBound, "'<<' needs a mapping or a list of mappings")
    }

    private func resolved(_ node: YAMLNode) -> YAMLNode {
        if case .alias(let index) = node.content { anchored[index].node } else { node }
    }

    private mutating func add(_ part: Measured, to whole: inout Measured, at place: Int) throws(FormatsError)
    {
        whole.count += part.count
        whole.height = max(whole.height, part.height + 1)
        guard whole.count <= maximumCount else {
            throw source.error(at: place, "the aliases stand for too much")
        }
        guard whole.height <= Self.maximumDepth else { throw tooDeep(at: place) }
    }

    private func tooDeep(at place: Int) -> FormatsError {
        source.error(at: place, "lists and mappings are nested more than \(Self.maximumDepth) deep")
    }

    /// Makes a name known whose node is not complete yet, so that an alias inside can be refused.
    private mutating func open(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let anchor else { return nil }
        let name = String(cString: anchor)
        anchors[name] = .some(nil)
        return name
    }

    private mutating func remember(_ whole: Measured, as anchor: String?) -> Measured {
        if let anchor {
            anchors[anchor] = .some(anchored.count)
            anchored.append(whole)
        }
        return whole
    }
}

extension YAMLSource {
    /// What libyaml has to say, in our words where its own say little.
    func error(from parser: yaml_parser_t) -> FormatsError {
        if parser.error == YAML_MEMORY_ERROR {
            return error(at: 0, "there is not enough memory to read this")
        }
        let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        if parser.error == YAML_READER_ERROR { return error(at: parser.problem_offset, problem) }
        let place = offset(ofCharacter: parser.problem_mark.index)
        if place < bytes.count, bytes[place] == UInt8(ascii: "\t") {
            return error(at: place, "a tab cannot be used for indentation")
        }
        if place > 0, place < bytes.count, bytes[place] == UInt8(ascii: "{"),
            bytes[place - 1] == UInt8(ascii: "$")
        {
            return error(at: place - 1, "text with a template in it needs quotes between brackets")
        }
        return error(at: place, problem)
    }
}
