/// A number of bytes as people write it: `500000`, `500 kB`, `1.5MiB`, `10M`, with or without `/s` behind it.
///
/// With `i`, or with one letter alone, a step is 1024; with `B` behind the letter it is 1000.
public enum ByteRate {
    /// How many bytes a text stands for.
    ///
    /// - Returns: `nil` for what is no number of at least one byte.
    public static func bytes(_ text: String) -> Int64? {
        var unit = text.lowercased().filter { $0 != " " }
        if unit.hasSuffix("/s") { unit.removeLast(2) }
        let number = unit.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        unit.removeFirst(number.count)
        let scale: Double
        switch unit {
        case "", "b": scale = 1
        case "k", "ki", "kib": scale = 1024
        case "m", "mi", "mib": scale = 1_048_576
        case "g", "gi", "gib": scale = 1_073_741_824
        case "kb": scale = 1000
        case "mb": scale = 1_000_000
        case "gb": scale = 1_000_000_000
        default: return nil
        }
        guard let count = Double(number), case let bytes = (count * scale).rounded(), bytes >= 1, bytes < 1e15
        else {
            return nil
        }
        return Int64(bytes)
    }
}
