import Glibc

/// The files of a folder with what can be seen of them from outside, one line each.
///
/// The lines are those of `find -printf '%M %s %p %l\n'` for everything that is not a folder, sorted by the path's bytes.
public struct TreeListing: Equatable, CustomStringConvertible, Sendable {
    /// One file, link, FIFO, socket or device.
    public struct Entry: Equatable, Sendable {
        /// Kind and permissions as `ls` writes them.
        public var mode: String
        /// Size in bytes; of a link the length of its target.
        public var size: Int64
        /// Path relative to the folder, beginning with `./`.
        public var path: String
        /// Where a symbolic link leads.
        public var target: String
        /// How many names the file has.
        public var links: Int
    }

    /// What was found, sorted by path.
    public var entries: [Entry]

    /// Lists a folder; what lies below a path of `skipped` (relative, no `./`) is left out.
    public init(of folder: String, skipping skipped: Set<String> = [".git", ".dvc/tmp"]) {
        entries = []
        for path in Files.paths(below: folder) {
            let isSkipped = skipped.contains { path == $0 || path.hasPrefix("\($0)/") }
            var status = stat()
            guard !isSkipped, lstat("\(folder)/\(path)", &status) == 0 else { continue }
            entries.append(
                Entry(
                    mode: Self.letters(status.st_mode), size: Int64(status.st_size), path: "./\(path)",
                    target: Self.target("\(folder)/\(path)"), links: Int(status.st_nlink)))
        }
    }

    /// Reads a listing back from its text; link counts are not in it and become 1.
    public init(parsing text: String) {
        entries = text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            let rest = String(fields[2])
            return Entry(
                mode: String(fields[0]), size: Int64(fields[1]) ?? -1,
                path: rest.hasSuffix(" ") ? String(rest.dropLast()) : rest, target: "", links: 1)
        }
    }

    /// The lines, link counts left out.
    public var description: String {
        entries.map { "\($0.mode) \($0.size) \($0.path) \($0.target)\n" }.joined()
    }

    /// The mode of one path, or nil when it is not listed.
    public func mode(_ path: String) -> String? { entries.first { $0.path == "./\(path)" }?.mode }

    private static func target(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count < 0
            ? "" : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func letters(_ mode: mode_t) -> String {
        let kinds: [mode_t: String] = [
            S_IFREG: "-", S_IFLNK: "l", S_IFDIR: "d", S_IFIFO: "p", S_IFSOCK: "s", S_IFBLK: "b", S_IFCHR: "c",
        ]
        let bits = Array("rwxrwxrwx").enumerated().map { index, letter in
            mode & (0o400 >> UInt32(index)) != 0 ? String(letter) : "-"
        }
        return (kinds[mode & S_IFMT] ?? "?") + bits.joined()
    }
}
