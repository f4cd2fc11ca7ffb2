/// Why entries are not the listing of a directory.
public struct DirListingError: Error, Hashable, Sendable {
    /// What can be wrong with a listing.
    public enum Reason: Hashable, Sendable {
        /// The text is not a JSON array of flat objects.
        case notJSON(String)
        /// The bytes are not the native form of a listing.
        case notNative(String)
        /// An entry has no `relpath`, or it is not a string.
        case noPath
        /// An entry has no `md5`, or it is not a string.
        case noDigest
        /// A digest is not 32 lower-case hexadecimal digits.
        case badDigest
        /// A path could leave the directory, or no file can have it.
        case badPath(RepoPathError)
        /// Two entries have the same path.
        case duplicatePath
        /// A path is that of a file and of a folder with files in it.
        case fileAndFolder
        /// An entry sorts before the one in front of it, where the caller has promised an order.
        case outOfOrder
    }

    /// What is wrong.
    public let reason: Reason
    /// The position of the entry in the input, from 0; `nil` if the fault is not in an entry.
    public let index: Int?
    /// The path of the entry, as far as it is known.
    public let path: [UInt8]
    /// The place in the text in bytes from its start; `nil` for a listing that was not read from text.
    public let offset: Int?

    /// Puts an error together.
    public init(_ reason: Reason, at index: Int? = nil, path: [UInt8] = [], offset: Int? = nil) {
        self.reason = reason
        self.index = index
        self.path = path
        self.offset = offset
    }
}

extension DirListingError: CustomStringConvertible {
    /// The error as one clause for people.
    public var description: String {
        let name = path.isEmpty ? "" : " '\(path.printable)'"
        let place = index.map { "entry \($0)\(name)" } ?? "listing"
        let position = offset.map { " (byte \($0))" } ?? ""
        return "\(place): \(clause)\(position)"
    }

    private var clause: String {
        switch reason {
        case .notJSON(let what), .notNative(let what): what
        case .noPath: "no relpath"
        case .noDigest: "no md5"
        case .badDigest: "md5 is not 32 lower-case hexadecimal digits"
        case .badPath(.empty): "empty path"
        case .badPath(.absolute): "absolute path"
        case .badPath(.nul): "NUL in the path"
        case .badPath(.badComponent(let component)): "path with a component '\(component.printable)'"
        case .duplicatePath: "the path occurs twice"
        case .fileAndFolder: "the path is both a file and a folder"
        case .outOfOrder: "the path sorts before the one in front of it"
        }
    }
}
