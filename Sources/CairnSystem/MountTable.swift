/// A file system as the machine knows it.
public struct FileSystemFacts: Hashable, Sendable {
    /// Its type: `ext4`, `nfs4`.
    public let type: String
    /// The device or server that it lies on.
    public let device: String
}

/// What is mounted where.
public struct MountTable: Sendable {
    private var entries: [(folder: [UInt8], facts: FileSystemFacts)] = []

    /// The table of this process; empty where the machine does not tell.
    public static func current() -> MountTable {
        // Linux: proc_pid_mountinfo(5).
        let text = (try? FilePath("/proc/self/mountinfo").readIfPresent(limit: 16 << 20)) ?? nil
        return MountTable(parsing: text ?? [])
    }

    /// Reads a table in the form of `/proc/self/mountinfo`; lines of another form are passed over.
    init(parsing text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count > 8, let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }),
                dash + 2 < fields.count
            else { continue }
            let facts = FileSystemFacts(
                type: String(decoding: fields[dash + 1], as: UTF8.self),
                device: String(decoding: Self.unescaped(fields[dash + 2]), as: UTF8.self))
            entries.append((Self.unescaped(fields[4]), facts))
        }
    }

    /// The file system that holds a path, which is absolute and without symbolic links.
    public func entry(for path: FilePath) -> FileSystemFacts? {
        let bytes = path.bytes
        var best: (length: Int, facts: FileSystemFacts)?
        for entry in entries {
            let isTop = entry.folder == [UInt8(ascii: "/")]
            let holds =
                isTop || bytes == entry.folder || bytes.starts(with: entry.folder + [UInt8(ascii: "/")])
            // Of mounts on one another the later one is seen.
            if holds, entry.folder.count >= best?.length ?? 0 { best = (entry.folder.count, entry.facts) }
        }
        return best?.facts
    }

    /// Takes the table's octal escapes (`\040` for a space) out of a name.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = field.startIndex
        while index < field.endIndex {
            let digits = field[min(index + 1, field.endIndex)..<min(index + 4, field.endIndex)]
            if field[index] == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                result.append(value)
                index += 4
            } else {
                result.append(field[index])
                index += 1
            }
        }
        return result
    }
}
