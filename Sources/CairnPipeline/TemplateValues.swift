import CairnFormats

/// Where a value that templates are filled in from came from.
struct TemplateOrigin {
    /// The number of its source in `TemplateContext.sources`.
    var source: Int
    /// Its place in the source, if that is not the one that it is reached by: set where `item` stands for a part of a file.
    var path: String?
}

/// A value that templates are filled in from.
indirect enum TemplateValue {
    /// A scalar or a list; a mapping where it is an item of a list.
    case plain(YAMLValue, TemplateOrigin)
    /// A mapping, which may be of several sources.
    case group(TemplateGroup)

    /// What the value says.
    var value: YAMLValue {
        switch self {
        case .plain(let value, _): value
        case .group(let group):
            .mapping(zip(group.names, group.values).map { YAMLEntry(.string($0), $1.value) })
        }
    }

    /// Its place in its source, if that was set.
    var path: String? {
        switch self {
        case .plain(_, let origin): origin.path
        case .group(let group): group.path
        }
    }

    /// The value with its place in its source set.
    func placed(at path: String) -> TemplateValue {
        switch self {
        case .plain(let value, let origin):
            return .plain(value, TemplateOrigin(source: origin.source, path: path))
        case .group(var group):
            group.path = path
            return .group(group)
        }
    }

    /// True for lists and mappings.
    var isComposite: Bool {
        switch self {
        case .plain(.sequence, _), .plain(.mapping, _), .group: true
        case .plain: false
        }
    }
}

/// A mapping that templates are filled in from: names with values in the order in which they came.
struct TemplateGroup {
    private(set) var names: [String] = []
    private(set) var values: [TemplateValue] = []
    private var places: [YAMLValue: Int] = [:]
    /// The source that it came from first.
    let source: Int
    /// Its place in the source, as in `TemplateOrigin`.
    var path: String?

    init(source: Int) { self.source = source }

    /// The value of a name.
    subscript(name: String) -> TemplateValue? { places[.string(name)].map { values[$0] } }

    /// Sets the value of a name; the place of one that is there stays.
    mutating func set(_ name: String, to value: TemplateValue) {
        if let place = places[.string(name)] {
            values[place] = value
        } else {
            places[.string(name)] = names.count
            names.append(name)
            values.append(value)
        }
    }

    /// What two sources both define.
    struct Collision: Error {
        let path: String
        /// The source that defined it first.
        let source: Int
    }

    /// Takes in what another source says. Mappings become one, nothing else may be in both.
    ///
    /// - Throws: `Collision` for the first name that is.
    mutating func merge(_ other: TemplateGroup, below path: String = "") throws(Collision) {
        for (name, value) in zip(other.names, other.values) {
            guard let place = places[.string(name)] else {
                set(name, to: value)
                continue
            }
            let inner = path.isEmpty ? name : "\(path).\(name)"
            guard case .group(var mine) = values[place], case .group(let theirs) = value else {
                throw Collision(path: inner, source: values[place].source)
            }
            try mine.merge(theirs, below: inner)
            values[place] = .group(mine)
        }
    }
}

extension TemplateValue {
    /// The source that it came from, or came from first.
    var source: Int {
        switch self {
        case .plain(_, let origin): origin.source
        case .group(let group): group.source
        }
    }

    /// What templates have no use for, and where it is.
    struct Unusable: Error {
        let path: [YAMLValue]
        let kind: String
    }

    /// Takes a value of a source. Keys that are not text cannot be named by a template and are left out.
    ///
    /// - Throws: `Unusable` for dates, which DVC refuses wherever they are.
    init(_ value: YAMLValue, source: Int, path: [YAMLValue] = []) throws(Unusable) {
        guard let entries = value.entries else {
            self = .plain(try Self.usable(value, path: path), TemplateOrigin(source: source))
            return
        }
        var group = TemplateGroup(source: source)
        for entry in entries {
            guard let name = entry.key.text else { continue }
            group.set(name, to: try TemplateValue(entry.value, source: source, path: path + [entry.key]))
        }
        self = .group(group)
    }

    private static func usable(_ value: YAMLValue, path: [YAMLValue]) throws(Unusable) -> YAMLValue {
        switch value {
        case .date: throw Unusable(path: path, kind: value.kindName)
        case .sequence(let items):
            var result: [YAMLValue] = []
            for (index, item) in items.enumerated() {
                result.append(try usable(item, path: path + [.int(Int64(index))]))
            }
            return .sequence(result)
        case .mapping(let entries):
            var result: [YAMLEntry] = []
            for entry in entries where entry.key.text != nil {
                result.append(YAMLEntry(entry.key, try usable(entry.value, path: path + [entry.key])))
            }
            return .mapping(result)
        default: return value
        }
    }
}
