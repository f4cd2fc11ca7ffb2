public import CairnCore
public import CairnSystem

/// The file that has what a stage wrote when it ran last.
public enum StageLog {
    /// The file for a stage.
    ///
    /// - Parameters:
    ///   - folder: where all logs are.
    ///   - file: the file that describes the stage.
    ///   - stage: its name; `nil` for the only stage of a `.dvc` file.
    public static func path(in folder: FilePath, file: RepoPath, stage: String?) -> FilePath {
        let parts = [name(for: file.bytes), name(for: Array((stage ?? "stage").utf8)) + Array(".log".utf8)]
        return FilePath(bytes: parts.reduce(folder.bytes) { $0 + [UInt8(ascii: "/")] + $1 })
    }

    /// Where the log before goes.
    public static func previous(of log: FilePath) -> FilePath {
        FilePath(bytes: log.bytes + Array(".1".utf8))
    }

    /// A file name for any bytes: what could not stand in one, or would hide it, becomes `%` and two digits. Long ones end with a digest.
    private static func name(for bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isPlain: Bool =
                switch byte {
                case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "@"),
                    UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ","), 0x80...0xFF:
                    true
                case UInt8(ascii: "."): index > 0
                default: false
                }
            if isPlain {
                result.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        guard result.count > 150 else { return result }
        return result.prefix(120) + Array("%".utf8) + Array(SHA256.digest(of: bytes).hex.utf8.prefix(16))
    }
}
