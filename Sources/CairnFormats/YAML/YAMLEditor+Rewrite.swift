/// Writing a node anew in its place.
extension YAMLEditor {
    /// Writes a node anew, whatever it was, so that comments beside it and around it stay.
    mutating func rewrite(_ node: YAMLNode, as new: YAMLValue, at place: Place) {
        switch place {
        case .flow(let key): rewriteFlow(node, as: new, key: key)
        case .top: rewriteTop(node, as: new)
        case .item: rewriteItem(node, as: new)
        case .value(let key, let indent): rewriteValue(node, of: key, indent: indent, as: new)
        }
    }

    /// The bytes of a value whose first character goes to `column`; further lines of collections start at `indent`, of text two
    /// further than `parent`.
    private func text(_ new: YAMLValue, column: Int, indent: Int, parent: Int) -> [UInt8] {
        var emitter = YAMLEmitter(column: column, newline: source.newline)
        if new.isInline {
            emitter.inline(new, indent: parent + 2)
        } else {
            emitter.block(new, indent: indent)
        }
        return emitter.writer.bytes
    }

    private mutating func rewriteTop(_ node: YAMLNode, as new: YAMLValue) {
        let start = node.range.lowerBound
        var bytes = new.isNull ? Array("null".utf8) : text(new, column: 0, indent: 0, parent: 0)
        let isOnLineStart = start == source.lineStart(of: start)
        if !isOnLineStart, !(source.isFirstOnLine(start) && new.isInline) { bytes = source.newline + bytes }
        if node.range.isEmpty { bytes += source.newline }
        if source.isFirstOnLine(start), !isOnLineStart {
            return replace(
                source.lineStart(of: start)..<node.range.upperBound,
                with: Array(bytes.drop { $0 == 10 || $0 == 13 }))
        }
        replace(node.range, with: bytes)
    }

    private mutating func rewriteItem(_ node: YAMLNode, as new: YAMLValue) {
        let start = node.range.lowerBound
        let column = source.column(of: start)
        if node.range.isEmpty {
            return replace(
                node.range, with: [32] + text(new, column: column + 1, indent: column + 1, parent: column - 1)
            )
        }
        let bytes = text(new, column: column, indent: column, parent: max(column - 2, 0))
        if keepHeaderComment(node, bytes, new) { return }
        replace(node.range, with: bytes + (headerComment(of: node).map { Array(source.bytes[$0]) } ?? []))
    }

    private mutating func rewriteValue(_ node: YAMLNode, of key: YAMLNode, indent: Int, as new: YAMLValue) {
        let range = node.range
        let start = range.lowerBound
        let colon = source.colonEnd(after: key)
        let isBelow = !range.isEmpty && source.isFirstOnLine(start)
        if new.isInline {
            if node.isBlockCollection, isBelow, let colon {
                // The lines of the collection go, the value comes right after the colon.
                let column = source.column(of: colon)
                let bytes = new.isNull ? [] : [32] + text(new, column: column + 1, indent: 0, parent: indent)
                replace(colon..<colon, with: bytes)
                return replace(
                    source.lineStart(of: start)..<source.nextLine(after: range.upperBound), with: [])
            }
            return rewriteInline(node, colon: colon, indent: indent, as: new)
        }
        if isBelow {
            let column =
                sameShape(node, new) ? source.column(of: start) : defaultColumn(of: new, indent: indent)
            var emitter = YAMLEmitter(newline: source.newline)
            emitter.writer.pad(to: column)
            emitter.block(new, indent: column)
            return replace(source.lineStart(of: start)..<range.upperBound, with: emitter.writer.bytes)
        }
        if node.isBlockCollection, !node.hasProperties {
            // After the colon of a key that was written with `?`.
            let column = source.column(of: start)
            return replace(range, with: text(new, column: column, indent: column, parent: indent))
        }
        moveBelow(node, colon: colon, indent: indent, new)
    }

    /// Replaces what stands beside a key by a scalar or an empty collection.
    private mutating func rewriteInline(_ node: YAMLNode, colon: Int?, indent: Int, as new: YAMLValue) {
        let range = node.range
        if range.isEmpty {
            let lead: [UInt8] = colon == nil ? [UInt8(ascii: ":"), 32] : [32]
            let column = source.column(of: range.lowerBound) + lead.count
            return replace(range, with: lead + text(new, column: column, indent: 0, parent: indent))
        }
        if new.isNull {
            if keepHeaderComment(node, [], new) { return }
            let start = colon.map { max($0, source.trimBlanks(before: range.lowerBound)) } ?? range.lowerBound
            return replace(start..<range.upperBound, with: [])
        }
        let bytes = text(new, column: source.column(of: range.lowerBound), indent: 0, parent: indent)
        if keepHeaderComment(node, bytes, new) { return }
        replace(range, with: bytes)
    }

    /// Replaces what stands beside a key by a collection on the lines below.
    private mutating func moveBelow(_ node: YAMLNode, colon: Int?, indent: Int, _ new: YAMLValue) {
        let column = defaultColumn(of: new, indent: indent)
        var emitter = YAMLEmitter(newline: source.newline)
        emitter.writer.pad(to: column)
        emitter.block(new, indent: column)
        emitter.writer.breakLine(indent: 0)
        if let comment = headerComment(of: node) {
            replace(node.range.lowerBound..<comment.lowerBound, with: [])
            replace(
                source.nextLine(after: comment.lowerBound)..<source.nextLine(after: node.range.upperBound),
                with: [])
        } else {
            let start =
                colon.map { max($0, source.trimBlanks(before: node.range.lowerBound)) }
                ?? node.range.lowerBound
            replace(start..<node.range.upperBound, with: colon == nil ? [UInt8(ascii: ":")] : [])
        }
        insertLines(emitter.writer.bytes, afterLineOf: node.range.upperBound)
    }

    /// Replaces a block scalar whose `|` has a comment beside it, and keeps that comment. False if there is none.
    private mutating func keepHeaderComment(_ node: YAMLNode, _ bytes: [UInt8], _ new: YAMLValue) -> Bool {
        guard new.isInline, let comment = headerComment(of: node) else { return false }
        replace(node.range.lowerBound..<comment.lowerBound, with: bytes)
        replace(
            source.nextLine(after: comment.lowerBound)..<source.nextLine(after: node.range.upperBound),
            with: [])
        return true
    }

    private func headerComment(of node: YAMLNode) -> Range<Int>? {
        guard case .scalar(let scalar) = node.content, scalar.style == .block else { return nil }
        return source.headerComment(of: node.range)
    }

    private func sameShape(_ node: YAMLNode, _ new: YAMLValue) -> Bool {
        switch (node.content, new) {
        case (.mapping(_, false), .mapping), (.sequence(_, false), .sequence): true
        default: false
        }
    }

    /// Where DVC puts the lines of a collection under a key at `indent`.
    private func defaultColumn(of new: YAMLValue, indent: Int) -> Int {
        if case .mapping = new { indent + 2 } else { indent }
    }
}
