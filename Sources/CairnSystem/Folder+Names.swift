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

    private let stream: OpaquePointer
    private let path: FilePath

    /// Starts to read.
    init(of folder: Folder) throws(SystemError) {
        path = folder.path
        let result = clinux_open_at(folder.descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "list", folder.path) }
        guard let stream = fdopendir(result) else {
            let code = errno
            close(result)
            throw SystemError(Errno(rawValue: code), "list", folder.path)
        }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The next name, `.` and `..` left out; `nil` at the end.
    func next() throws(SystemError) -> Entry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError(Errno(rawValue: errno), "list", path) }
                return nil
            }
            // A stored property.
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let name = start.assumingMemoryBound(to: CChar.self)
            let bytes = UnsafeRawBufferPointer(start: start, count: strlen(name))
            if bytes[0] == 46, bytes.count == 1 || (bytes.count == 2 && bytes[1] == 46) { continue }
            return Entry(name: name, bytes: bytes, kind: Self.kind(Int32(entry.pointee.d_type)))
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
