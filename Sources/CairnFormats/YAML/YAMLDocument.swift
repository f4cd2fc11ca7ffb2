/// A YAML text together with what it says, so that it can be changed here and there and stay as it is everywhere else.
///
/// Documents have one root and text or other scalars as keys. Anchors, aliases and `<<` are understood; tags only those of scalars
/// of YAML's own.
public struct YAMLDocument: Sendable {
    let source: YAMLSource
    /// The top node; `nil` for a text that is empty or has only comments.
    public let root: YAMLNode?
    /// The nodes that aliases stand for.
    let anchored: [YAMLNode]

    /// Reads a text.
    ///
    /// - Parameter file: how errors name the text.
    /// - Throws: `FormatsError` with line and column for what is not UTF-8 or not YAML, repeats a key, has a second document, is
    ///   nested more than 100 deep, or whose aliases stand for many times its own size.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        let source = try YAMLSource(bytes, file: file)
        let result: YAMLParser.Result
        do throws(FormatsError) {
            result = try YAMLParser.parse(source)
        } catch {
            // The marks of a merge are no YAML, and what a parser says of them helps nobody.
            throw ConflictMarks(in: bytes)?.error(in: file) ?? error
        }
        self.source = source
        root = result.root
        anchored = result.anchored
    }

    /// The text.
    public var bytes: [UInt8] { source.bytes }
    /// How errors name the text.
    public var file: String { source.file }
    /// What the whole text says; null if it is empty.
    public var value: YAMLValue { root.map(value(of:)) ?? .null }

    /// What a node says, with aliases and merges followed.
    ///
    /// Merged keys come after the mapping's own and never replace them; of several merged mappings the first wins.
    public func value(of node: YAMLNode) -> YAMLValue {
        switch node.content {
        case .scalar(let scalar): return scalar.value
        case .alias(let index): return value(of: anchored[index])
        case .sequence(let items, _): return .sequence(items.map(value(of:)))
        case .mapping(let pairs, _):
            return .mapping(self.pairs(merging: pairs).map { YAMLEntry($0.keyValue, value(of: $0.value)) })
        }
    }

    /// The node that an alias stands for; any other node itself.
    public func resolved(_ node: YAMLNode) -> YAMLNode {
        if case .alias(let index) = node.content { anchored[index] } else { node }
    }

    /// The pairs of a mapping (or of what an alias stands for), with merged keys after its own; `nil` for other nodes.
    public func pairs(of node: YAMLNode) -> [YAMLPair]? { resolved(node).pairs.map(pairs(merging:)) }

    /// The items of a list (or of what an alias stands for); `nil` for other nodes.
    public func items(of node: YAMLNode) -> [YAMLNode]? { resolved(node).items }

    /// Where a node starts.
    public func location(of node: YAMLNode) -> SourceLocation { source.location(of: node.range.lowerBound) }

    /// An error at a node of this text.
    public func error(at node: YAMLNode, _ reason: String) -> FormatsError {
        source.error(at: node.range.lowerBound, reason)
    }

    /// An error at a piece of a node's text, at its start if the text does not have the piece as it is.
    package func error(at node: YAMLNode, mentioning piece: String, _ reason: String) -> FormatsError {
        let range = node.range.clamped(to: 0..<bytes.count)
        let found = piece.isEmpty ? nil : bytes[range].firstRange(of: Array(piece.utf8))
        return source.error(at: found?.lowerBound ?? node.range.lowerBound, reason)
    }

    private func pairs(merging pairs: [YAMLPair]) -> [YAMLPair] {
        guard pairs.contains(where: \.isMerge) else { return pairs }
        var result = pairs.filter { !$0.isMerge }
        var seen = Set(result.map(\.keyValue))
        for pair in pairs where pair.isMerge {
            let target = resolved(pair.value)
            for part in target.items?.map(resolved) ?? [target] {
                for inherited in self.pairs(merging: part.pairs ?? [])
                where seen.insert(inherited.keyValue).inserted {
                    result.append(inherited)
                }
            }
        }
        return result
    }
}
