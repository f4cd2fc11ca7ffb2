internal import CLinux
internal import Glibc

extension Folder {
    /// The names in the folder, unsorted, without `.` and `..`.
    public func names() throws(SystemError) -> [[UInt8]] {
        var result: [[UInt8]] = []
        try forEachName { name, _ in result.append(Array(name)) }
        return result
    }

    /// What a folder's entry says of a name without a look at the file.
    public enum NameKind: Sendable {
        case regular, folder, symbolicLink, other, unknown
    }

    /// Hands every name in the folder to `body`, in no order, without `.` and `..`.
    public func forEachName(_ body: (UnsafeRawBufferPointer, NameKind) -> Void) throws(SystemError) {
        let entries = try FolderEntries(of: self)
        while let entry = try entries.next() { body(entry.bytes, entry.kind) }
    }
}

/// The names in a folder, read one after the other.
///
/// As getdents64(2) gives them: readdir(3) would want a descriptor of its own for each folder of a walk.
final class FolderEntries {
    /// One name; its memory is valid until the next one is read.
    struct Entry {
        /// The name, terminated by NUL.
        let name: UnsafePointer<CChar>
        /// The name without the NUL.
        let bytes: UnsafeRawBufferPointer
        /// What it stands for, where the file system tells.
        let kind: Folder.NameKind
    }

    /// Where things are in a `struct linux_dirent64`.
    private enum Offset {
        static let length = 16
        static let type = 18
        static let name = 19
    }

    private let folder: Folder
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 8)
    private var unread: Range<Int> = 0..<0

    /// Starts to read, with a descriptor of its own.
    convenience init(of folder: Folder) throws(SystemError) {
        let result = clinux_open_at(folder.descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "list", folder.path) }
        self.init(ofUnread: Folder(owning: result, folder.path))
    }

    /// Starts to read a folder that was just opened and is read nowhere else.
    init(ofUnread folder: Folder) { self.folder = folder }

    deinit { buffer.deallocate() }

    /// The next name, `.` and `..` left out; `nil` at the end.
    func next() throws(SystemError) -> Entry? {
        while true {
            if unread.isEmpty {
                let count = clinux_read_entries(folder.descriptor, buffer.baseAddress, buffer.count)
                guard count >= 0 else {
                    throw SystemError(Errno(rawValue: Int32(-count)), "list", folder.path)
                }
                if count == 0 { return nil }
                unread = 0..<Int(count)
            }
            // The kernel writes whole entries, each with a NUL after its name.
            let start = UnsafeRawPointer(buffer.baseAddress!) + unread.lowerBound  // 32 KiB, never empty
            let length = Int(start.loadUnaligned(fromByteOffset: Offset.length, as: UInt16.self))
            unread = unread.lowerBound + length..<unread.upperBound
            let name = (start + Offset.name).assumingMemoryBound(to: CChar.self)
            let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
            if bytes[0] == 46, bytes.count == 1 || (bytes.count == 2 && bytes[1] == 46) { continue }
            return Entry(
                name: name, bytes: bytes,
                kind: Self.kind(Int32(start.load(fromByteOffset: Offset.type, as: UInt8.self))))
        }
    }

    private static func kind(_ type: Int32) -> Folder.NameKind {
        switch type {
        case Int32(DT_REG): .regular
        case Int32(DT_DIR): .folder
        case Int32(DT_LNK): .symbolicLink
        case Int32(DT_UNKNOWN): .unknown
        default: .other
        }
    }
}
