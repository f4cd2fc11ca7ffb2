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
        let result = clinux_open_at(descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "list", path) }
        guard let stream = fdopendir(result) else {
            close(result)
            throw SystemError(Errno(rawValue: errno), "list", path)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError(Errno(rawValue: errno), "list", path) }
                return
            }
            let kind: NameKind =
                switch Int32(entry.pointee.d_type) {
                case Int32(DT_REG): .regular
                case Int32(DT_DIR): .folder
                case Int32(DT_LNK): .symbolicLink
                case Int32(DT_UNKNOWN): .unknown
                default: .other
                }
            withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                let name = UnsafeRawPointer(tuple)
                let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name.assumingMemoryBound(to: CChar.self)))
                if !bytes.elementsEqual([46]) && !bytes.elementsEqual([46, 46]) { body(bytes, kind) }
            }
        }
    }
}
