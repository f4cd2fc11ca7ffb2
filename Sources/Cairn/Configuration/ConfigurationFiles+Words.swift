import CairnCore
import CairnFormats
import CairnSystem

extension CairnError {
    /// Words for a file that is not of the dialect.
    ///
    /// - Parameter level: that of the file.
    init(inSyntax error: FormatsError, at level: Configuration.Level, of files: ConfigurationFiles) {
        let place = error.location.map { " at line \($0.line)." } ?? ""
        self.init(
            .config, CairnError(error).message, hint: files.mendingHint(for: level),
            dvc: error.reason + place)
    }

    /// Words for an option that is not known or has a value of another type.
    ///
    /// The reason comes in DVC's words: what is wrong, ` @ `, where as `data['section']['option']`, and perhaps a guess.
    /// - Parameter isTyped: whether it is not in a file yet.
    init(inOptions error: FormatsError, of files: ConfigurationFiles, isTyped: Bool) {
        let level = files.levels.first { (try? files.path(of: $0))?.bytes.printable == error.file }
        let file = level.map { files.name(of: $0) } ?? error.file
        let line = error.location.map { ":\($0.line)" } ?? ""
        let words = Self.plainWords(error.reason)
        self.init(
            .config, file.isEmpty ? words : "\(file)\(line): \(words)",
            hint: isTyped ? nil : level.flatMap { files.mendingHint(for: $0) }, dvc: error.reason)
    }

    private static func plainWords(_ reason: String) -> String {
        let bytes = Array(reason.utf8)
        guard let mark = bytes.firstRange(of: Array(" @ data[".utf8)) else { return reason }
        var what = String(decoding: bytes[..<mark.lowerBound], as: UTF8.self)
        let rest = bytes[mark.upperBound...]
        guard let close = rest.lastIndex(of: UInt8(ascii: "]")) else { return reason }
        let guess = String(decoding: rest[(close + 1)...], as: UTF8.self)
        let names = String(decoding: rest[..<close], as: UTF8.self).split(separator: "][").map {
            $0.filter { $0 != "'" }
        }
        let name = names.joined(separator: ".")
        let suffix = " for dictionary value"
        if what.hasSuffix(suffix) { what.removeLast(suffix.count) }
        switch what {
        case "extra keys not allowed":
            return names.count == 1
                ? "there is no section '\(name)'\(guess)" : "there is no option '\(name)'\(guess)"
        case "expected 'url'": return "remote '\(names.last ?? "")' has no url\(guess)"
        default: return "'\(name)': \(what)\(guess)"
        }
    }
}
