import CairnCore

/// How path options are kept: relative to the folder of their file, so that a repository may be moved.
public enum ConfigPath {
    private static let slash = UInt8(ascii: "/")

    /// What a value means.
    ///
    /// URLs and absolute paths stay as they are. `~` is the home folder; `~name`, and `~` without a known
    /// home, stay as typed. Anything else is below `folder`, with `.` and `..` taken out.
    public static func resolved(_ value: [UInt8], in folder: [UInt8], home: [UInt8]?) -> [UInt8] {
        if isURL(value) || value.first == slash { return value }
        if value.first == UInt8(ascii: "~") {
            guard let home, value.count == 1 || value[1] == slash else { return value }
            return (home.last == slash && home.count > 1 ? Array(home.dropLast()) : home) + value[1...]
        }
        return normalized(folder + [slash] + value)
    }

    /// What is written to a file for a path that somebody typed.
    ///
    /// - Parameters:
    ///   - value: the path or URL as typed.
    ///   - current: the absolute folder that a typed path is relative to.
    ///   - folder: the absolute folder of the configuration file.
    public static func stored(_ value: [UInt8], from current: [UInt8], in folder: [UInt8]) -> [UInt8] {
        if isURL(value) || value.first == slash || value.first == UInt8(ascii: "~") { return value }
        let target = normalized(current + [slash] + value).split(separator: slash)
        let base = normalized(folder).split(separator: slash)
        let common = zip(target, base).prefix { $0 == $1 }.count
        let up = Array(repeating: ArraySlice("..".utf8), count: base.count - common)
        let parts = up + target[common...]
        return parts.isEmpty ? [UInt8(ascii: ".")] : Array(parts.joined(separator: [slash]))
    }

    /// True for text that starts with letters, digits or underscores and `://`.
    public static func isURL(_ value: [UInt8]) -> Bool {
        let end = value.firstIndex {
            $0 < 0x80 && $0 != UInt8(ascii: "_") && !(48...57).contains($0) && !(65...90).contains($0 & 0xDF)
        }
        guard let end, end > 0 else { return false }
        return value[end...].starts(with: "://".utf8)
    }

    private static func normalized(_ path: [UInt8]) -> [UInt8] {
        var parts: [ArraySlice<UInt8>] = []
        for part in path.split(separator: slash) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
        }
        return [slash] + parts.joined(separator: [slash])
    }
}
