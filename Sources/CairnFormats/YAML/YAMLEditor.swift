/// Finds the fewest bytes to replace so that a text says something else.
///
/// All changes are found in the same text first and made together, so that a place found once stays right.
struct YAMLEditor {
    /// Bytes to put in the place of others.
    struct Splice {
        var range: Range<Int>
        var text: [UInt8]
    }

    /// How a node hangs on its parent.
    enum Place {
        case top
        /// The value of a key in a block mapping whose keys are at `indent`.
        case value(of: YAMLNode, indent: Int)
        /// An item of a block list.
        case item
        /// Anything between brackets; the key if the node is a value.
        case flow(key: YAMLNode?)
    }

    let document: YAMLDocument
    /// True if changed mappings must come out with the keys in the order of the new value.
    let isOrdered: Bool
    /// Keys that say the same in other words: where one goes and the other comes, it comes in its place.
    let renames: [YAMLValue: YAMLValue]
    var splices: [Splice] = []
    var source: YAMLSource { document.source }

    init(_ document: YAMLDocument, isOrdered: Bool, renaming renames: [YAMLValue: YAMLValue] = [:]) {
        self.document = document
        self.isOrdered = isOrdered
        self.renames = renames
    }

    /// The text with all changes made.
    func apply() -> [UInt8] {
        // Changes at one place stay in the order in which they were found: inner before outer.
        let ordered = splices.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        var result: [UInt8] = []
        var position = 0
        for (_, splice) in ordered {
            if splice.range.lowerBound > position {
                result += source.bytes[position..<splice.range.lowerBound]
            }
            result += splice.text
            position = max(position, splice.range.upperBound)
        }
        return result + source.bytes[position...]
    }

    mutating func replace(_ range: Range<Int>, with text: [UInt8]) {
        splices.append(Splice(range: range, text: text))
    }

    /// Makes a node say `new`: what is equal stays, keys are kept in their order, new keys come last, a list of another length is
    /// written anew.
    mutating func change(_ node: YAMLNode, to new: YAMLValue, at place: Place) {
        let old = document.value(of: node)
        if isOrdered ? old == new : old.isEquivalent(to: new) { return }
        switch (node.content, new) {
        case (.mapping(let pairs, let isFlow), .mapping(let entries))
        where canMerge(pairs, from: old, to: entries):
            changeMapping(node, pairs, isFlow: isFlow, to: entries)
        case (.sequence(let items, let isFlow), .sequence(let values))
        where !items.isEmpty && items.count == values.count:
            for (item, value) in zip(items, values) {
                change(item, to: value, at: isFlow ? .flow(key: nil) : .item)
            }
        default:
            rewrite(node, as: new, at: place)
        }
    }

    /// True if the keys can be changed one by one: some stay, and none that must go comes from elsewhere.
    private func canMerge(_ pairs: [YAMLPair], from old: YAMLValue, to entries: [YAMLEntry]) -> Bool {
        let new = Set(entries.map(\.key))
        let own = Set(pairs.filter { !$0.isMerge }.map(\.keyValue))
        guard !own.isDisjoint(with: new) else { return false }
        if isOrdered {
            let kept = pairs.map { key(of: $0, own, new) }.filter(new.contains)
            guard entries.map(\.key).starts(with: kept) else { return false }
        }
        return (old.entries ?? []).allSatisfy { own.contains($0.key) || new.contains($0.key) }
    }

    /// The key that a pair has in the new mapping, if it has one: its own, or another for it.
    private func key(of pair: YAMLPair, _ own: Set<YAMLValue>, _ new: Set<YAMLValue>) -> YAMLValue {
        guard !new.contains(pair.keyValue), let other = renames[pair.keyValue], new.contains(other),
            !own.contains(other)
        else { return pair.keyValue }
        return other
    }

    private mutating func changeMapping(
        _ node: YAMLNode, _ pairs: [YAMLPair], isFlow: Bool, to entries: [YAMLEntry]
    ) {
        let new = Set(entries.map(\.key))
        let own = Set(pairs.map(\.keyValue))
        var wanted = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let indent = isFlow ? 0 : pairs.first.map { source.column(of: source.entryStart(of: $0.key)) } ?? 0
        let parts = isFlow ? pairs.map(flowRange(of:)) : []
        for (index, pair) in pairs.enumerated() where !pair.isMerge {
            let key = key(of: pair, own, new)
            if let value = wanted.removeValue(forKey: key) {
                if key != pair.keyValue {
                    var emitter = YAMLEmitter(newline: source.newline)
                    emitter.inline(key, indent: 0)
                    replace(pair.key.range, with: emitter.writer.bytes)
                }
                change(
                    pair.value, to: value,
                    at: isFlow ? .flow(key: pair.key) : .value(of: pair.key, indent: indent))
            } else if isFlow {
                removeFlowPart(index, of: parts, in: node)
            } else {
                removePair(
                    index, of: pairs,
                    keptAfter: pairs[(index + 1)...].first.map {
                        $0.isMerge || wanted[self.key(of: $0, own, new)] != nil
                    }
                        ?? false)
            }
        }
        let inherited = Dictionary(
            (document.value(of: node).entries ?? []).map { ($0.key, $0.value) },
            uniquingKeysWith: { first, _ in first })
        let added = entries.filter { entry in
            guard let value = wanted[entry.key] else { return false }
            return !(inherited[entry.key].map { $0.isEquivalent(to: value) } ?? false)
        }
        guard !added.isEmpty else { return }
        if isFlow {
            appendToFlow(added, in: node, pairs)
        } else {
            append(added, after: pairs, indent: indent)
        }
    }

    /// Puts new pairs on lines of their own after the last pair's.
    private mutating func append(_ entries: [YAMLEntry], after pairs: [YAMLPair], indent: Int) {
        guard let last = pairs.last else { return }
        var emitter = YAMLEmitter(newline: source.newline)
        for entry in entries {
            emitter.writer.pad(to: indent)
            emitter.entry(entry, indent: indent)
            emitter.writer.breakLine(indent: 0)
        }
        insertLines(emitter.writer.bytes, afterLineOf: source.entryEnd(of: last))
    }

    /// Inserts whole lines after the one that `offset` is in.
    mutating func insertLines(_ lines: [UInt8], afterLineOf offset: Int) {
        let place = source.nextLine(after: offset)
        let isEnded = source.lineEnd(of: offset) < place
        replace(place..<place, with: isEnded ? lines : source.newline + lines)
    }

    /// Removes a pair with its lines; comments on lines of their own stay.
    private mutating func removePair(_ index: Int, of pairs: [YAMLPair], keptAfter: Bool) {
        let start = source.entryStart(of: pairs[index].key)
        let end = source.entryEnd(of: pairs[index])
        if source.isFirstOnLine(start) {
            return replace(source.lineStart(of: start)..<source.nextLine(after: end), with: [])
        }
        // The first pair stands behind a dash, which stays: the next pair moves up to it, unless comments stand between.
        let next = source.skipWhite(from: source.nextLine(after: end))
        if keptAfter, next == source.entryStart(of: pairs[index + 1].key) {
            replace(start..<next, with: [])
        } else {
            replace(source.trimBlanks(before: start)..<source.lineEnd(of: end), with: [])
        }
    }

    /// The bytes of a pair between braces.
    func flowRange(of pair: YAMLPair) -> Range<Int> {
        source.entryStart(of: pair.key)..<source.entryEnd(of: pair)
    }
}
