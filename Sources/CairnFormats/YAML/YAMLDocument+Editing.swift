extension YAMLDocument {
    /// Makes the text say `new`, and changes no byte that it need not change.
    ///
    /// Equal parts keep their bytes, comments and order. A changed scalar is written anew in its place, and a comment beside it
    /// stays. New keys come after the others of their mapping, vanished keys go with their lines, and a list of another length is
    /// written anew. What is new looks as DVC writes it; line ends are those of the file. The order of keys in `new` matters only for
    /// keys that are new.
    ///
    /// - Parameters:
    ///   - isOrdered: true if the order of keys in `new` matters in what changes; such mappings may then be written anew.
    ///   - renames: keys that say the same in other words: where one goes and the other comes, it takes its place.
    /// - Throws: `FormatsError` if no such change could be found that reads back as `new` (an anchor that is used elsewhere would
    ///   go, say). The document is unchanged then.
    public mutating func update(
        to new: YAMLValue, isOrdered: Bool = false, renaming renames: [YAMLValue: YAMLValue] = [:]
    ) throws(FormatsError) {
        var editor = YAMLEditor(self, isOrdered: isOrdered, renaming: renames)
        if let root {
            editor.change(root, to: new, at: .top)
        } else if !new.isNull {
            var emitter = YAMLEmitter(newline: source.newline)
            if new.isInline { emitter.inline(new, indent: 0) } else { emitter.block(new, indent: 0) }
            emitter.writer.breakLine(indent: 0)
            let isEnded = bytes.isEmpty || source.lineStart(of: bytes.count) == bytes.count
            let lead = isEnded ? [] : source.newline
            editor.replace(bytes.count..<bytes.count, with: lead + emitter.writer.bytes)
        }
        if editor.splices.isEmpty { return }
        let edited: YAMLDocument
        do throws(FormatsError) {
            edited = try YAMLDocument(parsing: editor.apply(), file: file)
        } catch {
            throw FormatsError(file: file, "this change would leave text that is not YAML (\(error.reason))")
        }
        guard isOrdered ? edited.value == new : edited.value.isEquivalent(to: new) else {
            throw FormatsError(
                file: file, "this change cannot be made without touching other parts of the text")
        }
        self = edited
    }

    /// Sets what stands under a chain of keys; missing mappings on the way are made, and a new key comes last.
    ///
    /// - Throws: `FormatsError` if something on the way is neither a mapping nor missing, or as `update(to:)`.
    public mutating func set(_ path: [YAMLValue], to value: YAMLValue) throws(FormatsError) {
        try update(to: Self.setting(path[...], in: self.value, to: value, file: file))
    }

    /// Removes a key; what stood under it goes too. Nothing happens if it is not there.
    ///
    /// - Throws: `FormatsError` as `update(to:)`.
    public mutating func remove(_ path: [YAMLValue]) throws(FormatsError) {
        guard !path.isEmpty else { return try update(to: .null) }
        try update(to: Self.removing(path[...], from: value))
    }

    private static func setting(
        _ path: ArraySlice<YAMLValue>, in old: YAMLValue, to new: YAMLValue, file: String
    ) throws(FormatsError) -> YAMLValue {
        guard let key = path.first else { return new }
        if case .sequence(var items) = old, case .int(let index) = key, items.indices.contains(Int(index)) {
            items[Int(index)] = try setting(path.dropFirst(), in: items[Int(index)], to: new, file: file)
            return .sequence(items)
        }
        guard var entries = old.isNull ? [] : old.entries else {
            throw FormatsError(
                file: file, "'\(YAMLEmitter.line(key))' cannot be set in what is not a mapping")
        }
        let index = entries.firstIndex { $0.key == key }
        let inner = try setting(
            path.dropFirst(), in: index.map { entries[$0].value } ?? .null, to: new, file: file)
        if let index { entries[index].value = inner } else { entries.append(YAMLEntry(key, inner)) }
        return .mapping(entries)
    }

    private static func removing(_ path: ArraySlice<YAMLValue>, from old: YAMLValue) -> YAMLValue {
        guard let key = path.first else { return old }
        let rest = path.dropFirst()
        switch old {
        case .sequence(var items):
            guard case .int(let index) = key, items.indices.contains(Int(index)) else { return old }
            if rest.isEmpty {
                items.remove(at: Int(index))
            } else {
                items[Int(index)] = removing(rest, from: items[Int(index)])
            }
            return .sequence(items)
        case .mapping(var entries):
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return old }
            if rest.isEmpty {
                entries.remove(at: index)
            } else {
                entries[index].value = removing(rest, from: entries[index].value)
            }
            return .mapping(entries)
        default:
            return old
        }
    }
}
