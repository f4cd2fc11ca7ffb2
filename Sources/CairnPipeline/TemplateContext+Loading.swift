import CairnCore
import CairnFormats

extension TemplateContext {
    /// The file that templates are filled in from without being named.
    static let standardFile = "params.yaml"

    /// What everything in a pipeline file is filled in from: `params.yaml` beside it, if there is one, and its `vars`.
    ///
    /// - Throws: `FormatsError` for a file that is not there, cannot be read or is not a mapping, and for names that are set twice.
    init(
        variables: [YAMLNode], of document: YAMLDocument, from source: some ParameterSource
    ) throws(FormatsError) {
        if let file = try source.parameters(at: Self.standardFile) {
            let number = add(Source(name: Self.standardFile, file: Self.standardFile))
            let group = try Self.group(file.value, of: number, in: file)
            do throws(TemplateFault) { try merge(group) } catch { throw file.error(at: [], error.reason) }
            loaded[.string(Self.standardFile)] = .whole
        }
        try load(variables, label: "vars", folder: nil, of: document, from: source)
    }

    /// Adds `vars`.
    ///
    /// - Parameters:
    ///   - label: what messages call the list.
    ///   - folder: what files are relative to, itself relative to the pipeline file's folder; `nil` for that folder.
    /// - Throws: as `init`.
    mutating func load(
        _ variables: [YAMLNode], label: String, folder: String?, of document: YAMLDocument,
        from source: some ParameterSource
    ) throws(FormatsError) {
        for (index, node) in variables.enumerated() {
            let label = "\(label)[\(index)]"
            guard document.templateMarks(in: node) != .unescaped else {
                throw document.error(
                    at: node,
                    "\(label) has a template, but templates are filled in from it: it has to stand as it is")
            }
            let value = document.value(of: node)
            if let text = value.text {
                try load(file: text, label: label, folder: folder, at: node, of: document, from: source)
                continue
            }
            let number = add(Source(name: label, file: nil))
            var inline = TemplateGroup(source: number)
            do throws(TemplateValue.Unusable) {
                if case .group(let group) = try TemplateValue(value, source: number) { inline = group }
            } catch { throw document.error(at: node, Self.reason(error, in: label)) }
            do throws(TemplateFault) { try merge(inline) } catch {
                throw document.error(at: node, error.reason)
            }
        }
    }

    /// Adds `file` or `file:key1,key2`.
    private mutating func load(
        file item: String, label: String, folder: String?, at node: YAMLNode, of document: YAMLDocument,
        from source: some ParameterSource
    ) throws(FormatsError) {
        let pieces = item.utf8.split(
            separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let path = Self.joined(folder, String(Substring(pieces[0])))
        let shown = Array(path.utf8).printable
        let keys =
            pieces.count > 1
            ? pieces[1].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) } : []
        var known: [String] = []
        switch loaded[.string(path)] {
        case nil: break
        case .whole:
            if keys.isEmpty { return }
            throw document.error(at: node, "\(label): all of '\(shown)' is loaded already")
        case .keys(let names):
            guard !keys.isEmpty else {
                throw document.error(at: node, "\(label): some of '\(shown)' is loaded already")
            }
            known = names
        }
        if let twice = keys.first(where: { key in known.contains { $0.hasSameBytes(as: key) } }) {
            throw document.error(
                at: node, "\(label): '\(Array(twice.utf8).printable)' of '\(shown)' is loaded already")
        }
        guard let file = try source.parameters(at: path) else {
            throw document.error(at: node, "\(label): there is no file '\(shown)'")
        }
        let number = add(Source(name: shown, file: path))
        var group = try Self.group(file.value, of: number, in: file)
        if !keys.isEmpty {
            group = try Self.selected(keys, of: group, at: node, of: document, label: label, shown)
        }
        do throws(TemplateFault) { try merge(group) } catch { throw document.error(at: node, error.reason) }
        loaded[.string(path)] = keys.isEmpty ? .whole : .keys(known + keys)
    }

    private static func selected(
        _ keys: [String], of group: TemplateGroup, at node: YAMLNode, of document: YAMLDocument,
        label: String,
        _ file: String
    ) throws(FormatsError) -> TemplateGroup {
        var result = TemplateGroup(source: group.source)
        for key in keys {
            guard let value = group[key] else {
                let near = EditDistance.closest(to: key, among: group.names)
                let hint = near.map { ", did you mean '\(Array($0.utf8).printable)'?" } ?? ""
                throw document.error(
                    at: node, "\(label): '\(file)' has no '\(Array(key.utf8).printable)'\(hint)")
            }
            result.set(key, to: value)
        }
        return result
    }

    private static func group(
        _ value: YAMLValue, of source: Int, in file: ParameterFile
    ) throws(FormatsError) -> TemplateGroup {
        do throws(TemplateValue.Unusable) {
            if case .group(let group) = try TemplateValue(value, source: source) { return group }
        } catch { throw file.error(at: error.path, reason(error, in: nil)) }
        throw file.error(
            at: [],
            "the file is \(value.kindName), not a mapping, so that templates cannot be filled in from it")
    }

    private static func reason(_ unusable: TemplateValue.Unusable, in label: String?) -> String {
        let path = unusable.path.map { Array((TemplateText.python($0) ?? "").utf8).printable }
        let name = ([label].compactMap { $0 } + path).joined(separator: ".")
        return "'\(name)' is \(unusable.kind), which templates cannot be filled in from; put it in quotes"
    }

    /// A path from a folder, with `.` and `..` worked out as far as the text goes.
    static func joined(_ folder: String?, _ path: String) -> String {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        let all = isAbsolute || folder == nil ? path : "\(folder ?? "")/\(path)"
        var parts: [Substring.UTF8View] = []
        for part in all.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            let isUp = part.elementsEqual("..".utf8)
            if isUp, let last = parts.last, !last.elementsEqual("..".utf8) {
                parts.removeLast()
            } else if !isUp || !isAbsolute {
                parts.append(part)
            }
        }
        let text = parts.map { String(Substring($0)) }.joined(separator: "/")
        return all.utf8.first == UInt8(ascii: "/") ? "/" + text : text.isEmpty ? "." : text
    }
}
