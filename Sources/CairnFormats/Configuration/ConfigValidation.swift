import CairnCore

extension Configuration {
    /// Tells whether all options are known and have values of their type.
    ///
    /// Secret values never go into the message.
    ///
    /// - Throws: `FormatsError` for the first option that is wrong, in DVC's words, with the file and line
    ///   that set it. An unknown name close to a known one gets ", did you mean '...'?" behind it.
    public func validate() throws(FormatsError) {
        for source in sources {
            if let option = source.file.topOptions.first {
                throw FormatsError(
                    file: source.path.printable, at: SourceLocation(line: option.line, column: 1),
                    "extra keys not allowed @ data['\(option.name)']")
            }
        }
        for section in mergedSections { try validate(section) }
    }

    private func validate(_ section: ConfigSectionName) throws(FormatsError) {
        let place = section.name.map { "data['\(section.group)']['\($0)']" } ?? "data['\(section.group)']"
        let keys = options(in: section)
        var url: String?
        if section.group == "remote" && section.name != nil {
            let key = ConfigKey(section, "url")
            guard let bytes = path(key) else {
                throw error(section, "expected 'url' for dictionary value @ \(place)")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            url = text
            if ConfigSchema.options(of: section, url: text) == nil {
                throw error(
                    key, "Unsupported URL type \(ConfigURL(text).scheme):// for dictionary value @ \(place)")
            }
        }
        guard let known = ConfigSchema.options(of: section, url: url) else {
            let isNamed = ConfigSectionName.namedGroups.contains { $0.isSame(as: section.group) }
            if isNamed && section.name == nil && keys.isEmpty { return }
            let reason =
                isNamed && section.name == nil && !keys.isEmpty
                ? "expected a dictionary for dictionary value @ \(place)['\(keys[0].option)']"
                : "extra keys not allowed @ \(place)"
            let candidates = ConfigSchema.sections + ConfigSectionName.namedGroups
            throw error(section, reason + (isNamed ? "" : Self.guess(section.group, candidates)))
        }
        if known.contains(where: { $0.kind == .any }) { return }
        for key in keys {
            guard let option = known.first(where: { $0.name.isSame(as: key.option) }) else {
                // DVC warns about features that it does not know and goes on.
                if section == ConfigSectionName("feature") { continue }
                let guess = Self.guess(key.option, known.map(\.name))
                throw error(key, "extra keys not allowed @ \(place)['\(key.option)']\(guess)")
            }
            guard let value = value(key), let reason = option.kind.objection(to: value) else { continue }
            throw error(key, "\(reason) for dictionary value @ \(place)['\(key.option)']")
        }
        if section == ConfigSectionName("hydra"), keys.contains(ConfigKey(section, "config_dir")),
            keys.contains(ConfigKey(section, "config_module"))
        {
            throw error(
                section,
                "two or more values in the same group of exclusion 'config_source' @ \(place)[<config_source>]"
            )
        }
    }

    private func error(_ key: ConfigKey, _ reason: String) -> FormatsError {
        let origin = origin(of: key)
        let location = origin.flatMap { $0.line > 0 ? SourceLocation(line: $0.line, column: 1) : nil }
        return FormatsError(file: origin?.path.printable ?? "", at: location, reason)
    }

    private func error(_ section: ConfigSectionName, _ reason: String) -> FormatsError {
        for source in sources.reversed() {
            guard let found = source.file[section] else { continue }
            let location = found.line > 0 ? SourceLocation(line: found.line, column: 1) : nil
            return FormatsError(file: source.path.printable, at: location, reason)
        }
        return FormatsError(reason)
    }

    private static func guess(_ word: String, _ candidates: [String]) -> String {
        EditDistance.closest(to: word, among: candidates).map { ", did you mean '\($0)'?" } ?? ""
    }
}

extension ConfigSchema.Kind {
    /// Why a value is not of this kind, in DVC's words; `nil` if it is.
    func objection(to value: ConfigValue) -> String? {
        var isList = false
        if case .list = value { isList = true }
        let text = value.text
        switch self {
        case .any, .lowercase: return nil
        case .string: return isList ? "expected str" : nil
        case .bool: return !isList && Self.isBool(text) ? nil : "expected true or false"
        case .boolOrString: return isList ? "expected true or false" : nil
        case .never(let type): return "expected \(type)"
        case .choice(let choices):
            let lowered = text.lowercased()
            let isKnown = !isList && choices.contains { $0.isSame(as: lowered) }
            return isKnown ? nil : "expected one of \(choices.joined(separator: ", "))"
        case .linkTypes:
            let unknown = value.items.filter { !["reflink", "hardlink", "symlink", "copy"].contains($0) }
            return unknown.isEmpty ? nil : "Unsupported cache type(s): \(unknown.joined(separator: ", "))"
        case .integer(let minimum, let maximum):
            guard !isList, let number = ConfigNumber.integer(text) else { return "expected int" }
            if let minimum, number < minimum { return "value must be at least \(minimum)" }
            if let maximum, number > maximum { return "value must be at most \(maximum)" }
            return nil
        case .number(let minimum):
            guard !isList, let number = ConfigNumber.number(text) else { return "expected float" }
            if let minimum, number < minimum { return "value must be at least \(Int(minimum))" }
            return nil
        }
    }

    private static func isBool(_ text: String) -> Bool {
        let lowered = text.lowercased()
        return lowered.isSame(as: "true") || lowered.isSame(as: "false")
    }
}

/// Numbers as Python reads them from text: white space around them and single underscores between digits are
/// allowed.
enum ConfigNumber {
    static func integer(_ text: String) -> Int? { plain(text).flatMap { Int($0) } }

    static func number(_ text: String) -> Double? {
        // Swift reads hexadecimal numbers too.
        plain(text).flatMap { $0.lowercased().utf8.contains(UInt8(ascii: "x")) ? nil : Double($0) }
    }

    private static func plain(_ text: String) -> String? {
        let scalars = text.unicodeScalars.trimmed
        var previous: Unicode.Scalar?
        for (index, scalar) in scalars.enumerated() {
            if scalar == "_" {
                let next = index + 1 < scalars.count ? scalars[index + 1] : "_"
                guard let previous, ("0"..."9").contains(previous), ("0"..."9").contains(next) else {
                    return nil
                }
            }
            previous = scalar
        }
        return String(scalars.filter { $0 != "_" })
    }
}
