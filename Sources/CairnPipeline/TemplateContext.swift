import CairnCore
import CairnFormats

/// All that the templates of a stage are filled in from.
struct TemplateContext {
    /// A file or a piece of `vars`.
    struct Source {
        /// What messages call it: `params.yaml`, `vars[0]`.
        let name: String
        /// The file, relative to the pipeline file's folder; `nil` for values that stand in the pipeline file.
        let file: String?
    }

    /// Where values came from; the first is the pipeline file itself.
    private(set) var sources = [Source(name: "the pipeline file", file: nil)]
    /// What of a file is loaded.
    enum Loaded {
        case whole
        case keys([String])
    }

    /// What of each file is loaded.
    var loaded: [YAMLValue: Loaded] = [:]
    private var top = TemplateGroup(source: 0)
    /// `item` and `key`, in front of everything else.
    private var bound: [(name: String, value: TemplateValue)] = []

    /// The number of the pipeline file among the sources.
    static let own = 0

    /// Makes a source known.
    mutating func add(_ source: Source) -> Int {
        sources.append(source)
        return sources.count - 1
    }

    /// Sets what `item` and `key` stand for.
    mutating func bind(_ values: [(name: String, value: TemplateValue)]) { bound = values }

    /// Takes in what a source says.
    ///
    /// - Throws: `TemplateFault` for a name that is there already.
    mutating func merge(_ group: TemplateGroup) throws(TemplateFault) {
        let name = sources[group.source].name
        for taken in bound where group[taken.name] != nil {
            throw TemplateFault(
                "\(name) cannot set '\(taken.name)', which stands for what the stage is made of")
        }
        do throws(TemplateGroup.Collision) { try top.merge(group) } catch {
            let path = Array(error.path.utf8).printable
            throw TemplateFault("\(name) sets '\(path)' again, which \(sources[error.source].name) has set")
        }
    }

    /// What a reference names, with the place of it in its source.
    ///
    /// - Throws: `TemplateFault` with the name that may have been meant.
    func select(_ reference: Template.Reference) throws(TemplateFault) -> (value: TemplateValue, path: String)
    {
        let parts = reference.parts
        guard var value = bound.first(where: { $0.name.hasSameBytes(as: parts[0]) })?.value ?? top[parts[0]]
        else {
            throw missing(0, of: reference, among: bound.map(\.name) + top.names)
        }
        var path = value.path ?? parts[0]
        for (index, part) in parts.enumerated().dropFirst() {
            switch value {
            case .group(let group):
                guard let next = group[part] else { throw missing(index, of: reference, among: group.names) }
                value = next
            case .plain(.mapping(let entries), let origin):
                guard let next = YAMLValue.mapping(entries)[part] else {
                    throw missing(index, of: reference, among: entries.compactMap(\.key.text))
                }
                value = .plain(next, TemplateOrigin(source: origin.source))
            case .plain(.sequence(let items), let origin):
                let place = try place(part, in: items, index, reference)
                value = .plain(items[place], TemplateOrigin(source: origin.source))
                path += ".\(place)"
                continue
            case .plain(let scalar, _):
                let name = Self.path(parts[..<index])
                throw TemplateFault(
                    "there is no '\(reference.path)': '\(name)' is \(scalar.kindName)", in: reference.written)
            }
            path = value.path ?? "\(path).\(part)"
        }
        return (value, path)
    }

    private func place(
        _ part: String, in items: [YAMLValue], _ index: Int, _ reference: Template.Reference
    ) throws(TemplateFault) -> Int {
        let count = items.count == 1 ? "1 item" : "\(items.count) items"
        let name = Self.path(reference.parts[..<index])
        guard let number = Int(part) else {
            throw TemplateFault(
                "there is no '\(reference.path)': '\(name)' is a list of \(count)", in: reference.written)
        }
        let place = number < 0 ? number + items.count : number
        guard items.indices.contains(place) else {
            throw TemplateFault(
                "there is no '\(reference.path)': the list '\(name)' has \(count)", in: reference.written)
        }
        return place
    }

    private func missing(
        _ index: Int, of reference: Template.Reference, among names: [String]
    ) -> TemplateFault {
        var parts = reference.parts
        var reason = "there is no '\(reference.path)'"
        if let near = EditDistance.closest(to: parts[index], among: names) {
            parts[index] = near
            reason += ", did you mean '\(Self.path(parts[...]))'?"
        } else if parts.count == 1, parts[0].utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 }) {
            reason += "; write '\\\(Array(reference.written.utf8).printable)' for a variable of the shell"
        } else if parts.count == 1, sources.count == 1 {
            reason += ", and neither params.yaml nor vars to find it in"
        }
        return TemplateFault(reason, in: reference.written)
    }

    private static func path(_ parts: ArraySlice<String>) -> String {
        Array(parts.joined(separator: ".").utf8).printable
    }
}
