import CairnCore
import CairnFormats

/// What is wrong with a template in a node of a pipeline file.
struct FillFault: Error {
    let fault: TemplateFault
    let node: YAMLNode
    /// The keys and numbers that lead to the node, from the innermost on.
    var path: [String] = []

    /// The error as people see it.
    ///
    /// - Parameter label: what leads to where `path` begins: `stages.train.cmd`.
    func error(in document: YAMLDocument, label: String) -> FormatsError {
        let place = path.reversed().reduce(label) {
            $1.utf8.first == UInt8(ascii: "[") ? $0 + $1 : "\($0).\($1)"
        }
        return document.error(at: node, mentioning: fault.piece, "\(place): \(fault.reason)")
    }
}

/// Fills templates in.
struct TemplateFiller {
    /// What may come out of a text that is one template.
    enum Place {
        /// Scalars; a mapping inside of text becomes options.
        case command
        /// Scalars.
        case plain
        /// Scalars, made text.
        case text
        /// Scalars, as they are, at any depth.
        case meta
        /// Anything.
        case free
    }

    let document: YAMLDocument
    let settings: TemplateSettings
    /// What templates are filled in from.
    var context: TemplateContext
    /// What was used.
    var used = UsedParameters()
    /// True if a text has become something else since this was set to false.
    var hasChanged = false

    /// The keys whose values are notes for people, where numbers are as good as text.
    private static let notes: Set<String> = [
        "desc", "type", "labels", "remote", "template", "x", "y", "x_label", "y_label", "title",
    ]

    /// A node with the templates in it filled in, keys and values; aliases and merged mappings are written out.
    ///
    /// - Throws: `FillFault` for the first template that cannot be.
    mutating func fill(_ node: YAMLNode, as place: Place) throws(FillFault) -> YAMLNode {
        let node = document.resolved(node)
        if let items = node.items {
            var filled: [YAMLNode] = []
            for (index, item) in items.enumerated() {
                do throws(FillFault) { filled.append(try fill(item, as: place)) } catch {
                    throw error.below("[\(index)]")
                }
            }
            return YAMLNode(items: filled, at: node.range)
        }
        if let pairs = document.pairs(of: node) { return try fill(pairs, of: node, as: place) }
        return try scalar(node, as: place)
    }

    private mutating func fill(
        _ pairs: [YAMLPair], of node: YAMLNode, as place: Place
    ) throws(FillFault) -> YAMLNode {
        var filled: [(key: YAMLNode, keyValue: YAMLValue, value: YAMLNode)] = []
        for pair in pairs {
            let name = pair.name ?? ""
            do throws(FillFault) {
                let key = try scalar(document.resolved(pair.key), as: place)
                let keyValue = document.value(of: key)
                guard keyValue.items == nil, keyValue.entries == nil else {
                    throw FillFault(
                        fault: TemplateFault("a list or a mapping cannot be a key"), node: pair.key)
                }
                var inner = place
                if place == .plain {
                    inner = name == "meta" ? .meta : Self.notes.contains(name) ? .text : .plain
                }
                filled.append((key, keyValue, try fill(pair.value, as: inner)))
            } catch { throw error.below(Array(name.utf8).printable) }
        }
        return YAMLNode(pairs: filled, at: node.range)
    }

    private mutating func scalar(_ node: YAMLNode, as place: Place) throws(FillFault) -> YAMLNode {
        guard case .scalar(let scalar) = node.content, let text = scalar.value.text,
            TemplateMarks(in: text) != .none
        else { return node }
        do throws(TemplateFault) {
            let value = try fill(text, as: place)
            if value.text?.hasSameBytes(as: text) != true { hasChanged = true }
            return YAMLNode(saying: value, at: node.range)
        } catch { throw FillFault(fault: error, node: node) }
    }

    /// A text with its templates filled in: the value itself where the text is one template, text where there is more.
    mutating func fill(_ text: String, as place: Place) throws(TemplateFault) -> YAMLValue {
        let template = try Template(parsing: text)
        if let whole = template.whole {
            let value = try select(whole).value.value
            switch (value, place) {
            case (.sequence, .free), (.mapping, .free): return value
            case (.mapping, .command):
                throw TemplateFault(
                    "'\(whole.path)' is a mapping: its options need a program in front of them",
                    in: whole.written)
            case (.sequence, _), (.mapping, _): throw Self.wrongKind(value, whole)
            case (.null, .text), (.string, .text): return value
            case (_, .text): return .string(TemplateText.inline(value) ?? "")
            default: return value
            }
        }
        var result = ""
        for piece in template.pieces {
            switch piece {
            case .text(let text): result += text
            case .reference(let reference):
                let value = try select(reference).value.value
                if let entries = value.entries, place == .command {
                    do throws(TemplateFault) { result += try TemplateText.options(entries, settings) } catch {
                        throw TemplateFault(error.reason, in: reference.written)
                    }
                } else if let text = TemplateText.inline(value) {
                    result += text
                } else {
                    throw Self.wrongKind(value, reference)
                }
            }
        }
        return .string(Template.withoutEscapes(result))
    }

    /// What a reference names, noted as used if it came from a file.
    mutating func select(
        _ reference: Template.Reference
    ) throws(TemplateFault) -> (value: TemplateValue, path: String) {
        let found = try context.select(reference)
        if let file = context.sources[found.value.source].file, found.value.value.entries == nil {
            used.insert(found.path, of: file)
        }
        return found
    }

    private static func wrongKind(_ value: YAMLValue, _ reference: Template.Reference) -> TemplateFault {
        TemplateFault(
            "'\(reference.path)' is \(value.kindName), which cannot stand here", in: reference.written)
    }
}

extension FillFault {
    /// The fault as one in a list or mapping sees it.
    fileprivate func below(_ step: String) -> FillFault {
        var result = self
        result.path.append(step)
        return result
    }
}
