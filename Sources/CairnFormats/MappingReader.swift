import CairnCore

/// Reads a mapping whose keys are known, and says where and how it is not as it should be.
///
/// A key with nothing after it counts as missing.
struct MappingReader {
    let document: YAMLDocument
    /// The mapping.
    let node: YAMLNode
    /// What errors call the mapping: `outs[0]`, or empty for the whole file.
    let label: String
    private let pairs: [YAMLPair]

    /// Checks that the node is a mapping with known keys only; `allowed` is `nil` where any text may be a key.
    ///
    /// - Throws: `FormatsError` at the first thing that is wrong.
    init(_ node: YAMLNode, of document: YAMLDocument, label: String, allowed: [String]?) throws(FormatsError)
    {
        guard let pairs = document.pairs(of: node) else {
            let name = label.isEmpty ? "the file" : label
            throw document.error(at: node, "\(name) is \(document.value(of: node).kindName), not a mapping")
        }
        (self.document, self.node, self.label, self.pairs) = (document, node, label, pairs)
        for pair in pairs {
            guard let name = pair.name else {
                throw document.error(at: pair.key, "the key '\(YAMLEmitter.line(pair.keyValue))' is not text")
            }
            if let allowed, !allowed.contains(where: { $0.hasSameBytes(as: name) }) {
                throw unknown(name, at: pair.key, among: allowed)
            }
        }
    }

    /// Keys and values in order, without those that have nothing after them.
    var entries: [(name: String, key: YAMLNode, value: YAMLNode)] {
        pairs.map { ($0.name ?? "", $0.key, $0.value) }
    }

    /// The value of a key; `nil` if it is missing or null.
    func node(_ key: String) -> YAMLNode? {
        guard let value = pairs.first(where: { $0.name?.hasSameBytes(as: key) ?? false })?.value else {
            return nil
        }
        return document.value(ofScalar: value)?.isNull ?? false ? nil : value
    }

    /// The value of a key, whatever it is.
    func any(_ key: String) -> YAMLValue? { node(key).map(document.value(of:)) }

    /// - Throws: `FormatsError` if the value is not text.
    func text(_ key: String) throws(FormatsError) -> String? {
        guard let node = node(key) else { return nil }
        guard let text = document.value(ofScalar: node)?.text else { throw wrongKind(node, key, "text") }
        return text
    }

    /// - Throws: `FormatsError` if the value is neither true nor false.
    func bool(_ key: String) throws(FormatsError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard let bool = document.value(ofScalar: node)?.bool else {
            throw wrongKind(node, key, "true or false")
        }
        return bool
    }

    /// - Throws: `FormatsError` if the value is not a whole number from zero on that fits into 64 bits.
    func count(_ key: String) throws(FormatsError) -> Int64? {
        guard let node = node(key) else { return nil }
        guard let value = document.value(ofScalar: node)?.int else {
            throw wrongKind(node, key, "a whole number")
        }
        guard value >= 0 else { throw document.error(at: node, "\(name(of: key)) is less than zero") }
        return value
    }

    /// Text as it is written, even if it looks like a number: what hash values need, which may be all digits.
    ///
    /// - Throws: `FormatsError` if the value is a list, a mapping, true or false.
    func writtenText(_ key: String) throws(FormatsError) -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = document.resolved(node).content, scalar.value.bool == nil else {
            throw wrongKind(node, key, "text")
        }
        return scalar.text.isEmpty ? nil : scalar.text
    }

    /// - Throws: `FormatsError` if the value is not a list.
    func items(_ key: String) throws(FormatsError) -> [YAMLNode]? {
        guard let node = node(key) else { return nil }
        guard let items = document.items(of: node) else { throw wrongKind(node, key, "a list") }
        return items
    }

    /// - Throws: `FormatsError` if the value is not a list of texts.
    func texts(_ key: String) throws(FormatsError) -> [String]? {
        guard let items = try items(key) else { return nil }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = document.value(ofScalar: item)?.text else {
                throw wrongKind(item, "\(key)[\(index)]", "text")
            }
            texts.append(text)
        }
        return texts
    }

    /// - Throws: `FormatsError` if the value is not a mapping with text keys, of which those in `allowed` are known.
    func mapping(_ key: String, allowed: [String]?) throws(FormatsError) -> MappingReader? {
        guard let node = node(key) else { return nil }
        return try MappingReader(node, of: document, label: name(of: key), allowed: allowed)
    }

    /// - Throws: `FormatsError` if the value is neither text nor a mapping.
    func textOrMapping(_ key: String) throws(FormatsError) -> YAMLValue? {
        guard let node = node(key) else { return nil }
        let value = document.value(of: node)
        guard value.text != nil || value.entries != nil else {
            throw wrongKind(node, key, "text or a mapping")
        }
        return value
    }

    /// A path, which has to be text with something in it.
    ///
    /// - Throws: `FormatsError` if it is missing, empty or not text, or has control characters that no path can have.
    func path(_ key: String = "path") throws(FormatsError) -> String {
        guard let path = try text(key) else { throw document.error(at: node, "\(self.name) has no '\(key)'") }
        guard let node = self.node(key), path.isEmpty || path.utf8.contains(0) else { return path }
        throw document.error(
            at: node, path.isEmpty ? "\(name(of: key)) is empty" : "\(name(of: key)) has a NUL byte")
    }

    /// An error at the value of a key, or at the mapping.
    func error(at key: String? = nil, _ reason: String) -> FormatsError {
        document.error(at: key.flatMap { self.node($0) } ?? node, reason)
    }

    /// What errors call the mapping itself.
    var name: String { label.isEmpty ? "the file" : label }

    /// What errors call a value of the mapping.
    func name(of key: String) -> String { label.isEmpty ? key : "\(label).\(key)" }

    private func wrongKind(_ node: YAMLNode, _ key: String, _ wanted: String) -> FormatsError {
        let value = document.value(of: node)
        let kind = value.text?.isTemplated == true ? "a template" : value.kindName
        return document.error(at: node, "\(name(of: key)) is \(kind), not \(wanted)")
    }

    private func unknown(_ name: String, at key: YAMLNode, among known: [String]) -> FormatsError {
        let place = label.isEmpty ? "" : " in \(label)"
        let hint = EditDistance.closest(to: name, among: known).map { ", did you mean '\($0)'?" } ?? ""
        return document.error(at: key, "unknown key '\(Array(name.utf8).printable)'\(place)\(hint)")
    }
}

extension YAMLDocument {
    /// The value of a scalar or of an alias of one; `nil` for lists and mappings, without walking them.
    func value(ofScalar node: YAMLNode) -> YAMLValue? {
        if case .scalar(let scalar) = resolved(node).content { scalar.value } else { nil }
    }
}

extension YAMLValue {
    /// The kind, for messages.
    package var kindName: String {
        switch self {
        case .null: "empty"
        case .bool: "true or false"
        case .int, .bigInt: "a whole number"
        case .float: "a number"
        case .string: "text"
        case .date: "a date"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
