public import CairnCore

/// A path that a stage reads or writes.
public enum StagePath: Hashable, Sendable {
    /// A path inside the workspace.
    case inside(RepoPath)
    /// The workspace itself.
    case workspace
    /// An absolute path or a URL, as bytes.
    case outside([UInt8])

    /// The names along the path, behind one that says what the path starts from: no path outside begins as one inside does.
    var components: [ArraySlice<UInt8>] {
        switch self {
        case .inside(let path): [[]] + path.components
        case .workspace: [[]]
        case .outside(let bytes): [[UInt8(ascii: "/")]] + bytes.split(separator: UInt8(ascii: "/"))
        }
    }
}

extension StagePath: CustomStringConvertible {
    /// The path as people see it, with what would spoil a terminal escaped.
    public var description: String {
        switch self {
        case .inside(let path): path.description
        case .workspace: "."
        case .outside(let bytes): bytes.printable
        }
    }
}
