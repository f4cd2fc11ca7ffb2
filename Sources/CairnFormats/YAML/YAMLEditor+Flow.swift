/// Changes between brackets.
extension YAMLEditor {
    /// Takes a part out together with one comma; comments around it stay.
    mutating func removeFlowPart(_ index: Int, of parts: [Range<Int>], in node: YAMLNode) {
        let part = parts[index]
        var end = part.upperBound
        let comma = source.skipTrivia(from: end)
        let hasComma = comma < node.range.upperBound && source.bytes[comma] == UInt8(ascii: ",")
        if hasComma, source.skipWhite(from: end) == comma {
            end = comma + 1
            while end < source.bytes.count, source.bytes[end] == 32 || source.bytes[end] == 9 { end += 1 }
            // A comment after the comma needs the blank before it.
            if end < source.bytes.count, source.bytes[end] == UInt8(ascii: "#") { end = comma + 1 }
        } else if hasComma {
            replace(comma..<(comma + 1), with: [])
        } else if index > 0, parts[index - 1].upperBound <= part.lowerBound {
            // The last part: the comma before it may stay, since one is allowed to trail, but it goes where nothing stands between.
            let before = source.bytes[parts[index - 1].upperBound..<part.lowerBound]
            let isBare = before.allSatisfy { $0 == 32 || $0 == 9 || $0 == UInt8(ascii: ",") }
            let isTaken = splices.contains {
                $0.range.overlaps(parts[index - 1].upperBound..<part.lowerBound)
            }
            if isBare, !isTaken { return replace(parts[index - 1].upperBound..<end, with: []) }
        }
        replace(part.lowerBound..<end, with: [])
    }

    /// Adds pairs before the closing brace.
    mutating func appendToFlow(_ entries: [YAMLEntry], in node: YAMLNode, _ pairs: [YAMLPair]) {
        guard let last = pairs.last else { return }
        let part = flowRange(of: last)
        // Where the last pair goes, the comma before it stays, unless it went along with the pair.
        let removal = splices.first { $0.text.isEmpty && $0.range.contains(part.lowerBound) }
        let needsComma = removal.map { $0.range.lowerBound < part.lowerBound } ?? true
        var emitter = YAMLEmitter(newline: source.newline)
        for (index, entry) in entries.enumerated() {
            if index > 0 || needsComma { emitter.writer.write(", ") }
            emitter.flow(entry)
        }
        replace(part.upperBound..<part.upperBound, with: emitter.writer.bytes)
    }

    /// Writes a node between brackets anew.
    mutating func rewriteFlow(_ node: YAMLNode, as new: YAMLValue, key: YAMLNode?) {
        var emitter = YAMLEmitter(newline: source.newline)
        if node.range.isEmpty {
            if let key, source.colonEnd(after: key) == nil { emitter.writer.write(":") }
            emitter.writer.write(" ")
        }
        emitter.flow(new)
        var text = emitter.writer.bytes
        let place = node.range.lowerBound
        if !node.range.isEmpty, place > 0, source.bytes[place - 1] == UInt8(ascii: ":") {
            text.insert(32, at: 0)
        }
        replace(node.range, with: text)
    }
}
