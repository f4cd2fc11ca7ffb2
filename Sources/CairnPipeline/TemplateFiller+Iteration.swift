import CairnCore
import CairnFormats

extension TemplateFiller {
    /// What a definition makes stages for, one after another.
    struct Iteration {
        /// What stands behind the `@` of the stage's name.
        let key: String
        /// What `item` and `key` stand for.
        let bound: [(name: String, value: TemplateValue)]
    }

    /// How many stages one definition may make: more is a mistake, or meant to do harm.
    private static let maximumCount = 100_000

    /// The stages of a `foreach`: one for each item of a list, or each pair of a mapping.
    ///
    /// - Throws: `FillFault` for templates that cannot be filled in, and for what is neither a list nor a mapping.
    mutating func iterations(ofForeach node: YAMLNode) throws(FillFault) -> [Iteration] {
        let node = document.resolved(node)
        var iterations = Iterations()
        switch try elements(node) {
        case .list(let values):
            let isNumbered = values.contains(where: \.isComposite)
            for (index, value) in values.enumerated() {
                let key = isNumbered ? String(index) : value.name
                iterations.set(Iteration(key: key, bound: [("item", value)]))
            }
        case .pairs(let pairs):
            for (name, value) in pairs {
                let key = TemplateValue.plain(.string(name), TemplateOrigin(source: TemplateContext.own))
                iterations.set(Iteration(key: name, bound: [("item", value), ("key", key)]))
            }
        }
        return iterations.all
    }

    /// The stages of a `matrix`: one for each combination of values, the last axis changing fastest.
    ///
    /// - Throws: `FillFault` for templates that cannot be filled in, axes that are no lists, and more than 100,000 stages.
    mutating func iterations(ofMatrix node: YAMLNode) throws(FillFault) -> [Iteration] {
        let node = document.resolved(node)
        var names: [String] = []
        var axes: [[TemplateValue]] = []
        var count = 1
        for pair in document.pairs(of: node) ?? [] {
            let name = try self.name(of: pair)
            do throws(FillFault) {
                let values: [TemplateValue] =
                    switch try elements(document.resolved(pair.value)) {
                    case .list(let values): values
                    case .pairs(let pairs):
                        pairs.map { .plain(.string($0.0), TemplateOrigin(source: TemplateContext.own)) }
                    }
                if let place = names.firstIndex(where: { $0.hasSameBytes(as: name) }) {
                    axes[place] = values
                } else {
                    names.append(name)
                    axes.append(values)
                }
                count = axes.reduce(1) { min($0 * $1.count, Self.maximumCount + 1) }
                guard count <= Self.maximumCount || axes.contains(where: \.isEmpty) else {
                    let reason = "the matrix makes more than \(Self.maximumCount) stages"
                    throw FillFault(fault: TemplateFault(reason), node: pair.key)
                }
            } catch {
                var error = error
                error.path.append(Array(name.utf8).printable)
                throw error
            }
        }
        var iterations = Iterations()
        for number in 0..<(axes.contains(where: \.isEmpty) ? 0 : count) {
            iterations.set(combination(number, names, axes))
        }
        return iterations.all
    }

    /// One combination of a matrix by its number.
    private func combination(_ number: Int, _ names: [String], _ axes: [[TemplateValue]]) -> Iteration {
        var rest = number
        var places = axes.map { _ in 0 }
        for index in axes.indices.reversed() {
            places[index] = rest % axes[index].count
            rest /= axes[index].count
        }
        var item = TemplateGroup(source: TemplateContext.own)
        var fragments: [String] = []
        for (index, name) in names.enumerated() {
            let value = axes[index][places[index]]
            item.set(name, to: value)
            fragments.append(value.isComposite ? "\(name)\(places[index])" : value.name)
        }
        let key = fragments.joined(separator: "-")
        let keyValue = TemplateValue.plain(.string(key), TemplateOrigin(source: TemplateContext.own))
        return Iteration(key: key, bound: [("item", .group(item)), ("key", keyValue)])
    }

    private enum Elements {
        case list([TemplateValue])
        case pairs([(String, TemplateValue)])
    }

    private mutating func elements(_ node: YAMLNode) throws(FillFault) -> Elements {
        if let items = node.items {
            var values: [TemplateValue] = []
            for (index, item) in items.enumerated() {
                do throws(FillFault) { values.append(try value(of: item)) } catch {
                    var error = error
                    error.path.append("[\(index)]")
                    throw error
                }
            }
            return .list(values)
        }
        switch try value(of: node) {
        case .group(let group):
            return .pairs(
                zip(group.names, group.values).map { name, value in
                    (
                        name,
                        value.path == nil
                            ? group.path.map { value.placed(at: "\($0).\(name)") } ?? value : value
                    )
                })
        case .plain(.sequence(let items), let origin):
            let path = origin.path ?? ""
            return .list(
                items.enumerated().map {
                    .plain($1, TemplateOrigin(source: origin.source, path: "\(path).\($0)"))
                })
        case .plain(.mapping(let entries), let origin):
            let path = origin.path ?? ""
            return .pairs(
                entries.map { entry in
                    let name = entry.key.text ?? ""
                    return (
                        name,
                        .plain(entry.value, TemplateOrigin(source: origin.source, path: "\(path).\(name)"))
                    )
                })
        case .plain(let value, _):
            let reason = "it is \(value.kindName), not a list or a mapping"
            throw FillFault(fault: TemplateFault(reason), node: node)
        }
    }

    /// What a node of `foreach` or `matrix` says, with templates filled in and the places of their values kept.
    private mutating func value(of node: YAMLNode) throws(FillFault) -> TemplateValue {
        let node = document.resolved(node)
        let origin = TemplateOrigin(source: TemplateContext.own)
        if document.templateMarks(in: node) == .none {
            do throws(TemplateValue.Unusable) {
                return try TemplateValue(document.value(of: node), source: origin.source)
            } catch {
                let reason = "\(error.kind) cannot be used in templates; put it in quotes"
                throw FillFault(fault: TemplateFault(reason), node: node)
            }
        }
        if let pairs = document.pairs(of: node) { return .group(try group(of: pairs)) }
        if let items = node.items {
            var values: [YAMLValue] = []
            for item in items { values.append(try value(of: item).value) }
            return .plain(.sequence(values), origin)
        }
        do throws(TemplateFault) {
            let text = document.value(of: node).text ?? ""
            if let whole = try Template(parsing: text).whole {
                let (value, path) = try context.select(whole)
                return value.placed(at: path)
            }
            return .plain(try fillUntracked(text), origin)
        } catch { throw FillFault(fault: error, node: node) }
    }

    private mutating func group(of pairs: [YAMLPair]) throws(FillFault) -> TemplateGroup {
        var group = TemplateGroup(source: TemplateContext.own)
        for pair in pairs {
            let name = try self.name(of: pair)
            do throws(FillFault) { group.set(name, to: try value(of: pair.value)) } catch {
                var error = error
                error.path.append(Array(name.utf8).printable)
                throw error
            }
        }
        return group
    }

    /// The key of a pair as the name of an item or an axis.
    private mutating func name(of pair: YAMLPair) throws(FillFault) -> String {
        guard let text = pair.name else { return TemplateText.inline(pair.keyValue) ?? "" }
        do throws(TemplateFault) {
            let value = try fillUntracked(text)
            guard let name = TemplateText.inline(value) else {
                throw TemplateFault("\(value.kindName) cannot be a key", in: text)
            }
            return name
        } catch { throw FillFault(fault: error, node: pair.key) }
    }

    /// A text filled in; what it uses is not a parameter of a stage.
    mutating func fillUntracked(_ text: String) throws(TemplateFault) -> YAMLValue {
        guard TemplateMarks(in: text) != .none else { return .string(text) }
        let kept = used
        defer { used = kept }
        return try fill(text, as: .plain)
    }
}

/// Iterations by key: one that comes again has the place of the first and the value of the last.
private struct Iterations {
    private(set) var all: [TemplateFiller.Iteration] = []
    private var places: [YAMLValue: Int] = [:]

    mutating func set(_ iteration: TemplateFiller.Iteration) {
        if let place = places[.string(iteration.key)] {
            all[place] = iteration
        } else {
            places[.string(iteration.key)] = all.count
            all.append(iteration)
        }
    }
}

extension TemplateValue {
    /// The value as the name of a stage. What a template brought in is spelled as Python prints it (`True`), what stands in the pipeline
    /// file as YAML does (`true`): so DVC names stages, and locks go by their names.
    fileprivate var name: String {
        (path == nil ? TemplateText.inline(value) : TemplateText.python(value)) ?? ""
    }
}
