/// How a file of the workspace shares its bytes with the object in the store, under DVC's names.
public enum LinkType: String, CaseIterable, Sendable {
    /// Shared blocks, copied when either side is written.
    case reflink
    /// One inode with two names, read-only.
    case hardlink
    /// A symbolic link to the object, read-only.
    case symlink
    /// Bytes of its own.
    case copy

    /// True if writing to the workspace file would change the object.
    public var isShared: Bool { self == .hardlink || self == .symlink }
}
