import CairnCore
@_exported import struct SystemPackage.Errno
@_exported import struct SystemPackage.FileDescriptor
@_exported import struct SystemPackage.FilePath
@_exported import struct SystemPackage.FilePermissions

/// A call to the operating system that failed.
public struct SystemError: Error, Hashable, Sendable {
    /// What the operating system answered.
    public let errno: Errno
    /// What was asked of it, as a verb with its object ("open", "rename to 'x'").
    public let operation: String
    /// The file that it happened to.
    public let path: FilePath

    /// Puts an error together.
    public init(_ errno: Errno, _ operation: String, _ path: FilePath) {
        self.errno = errno
        self.operation = operation
        self.path = path
    }
}
