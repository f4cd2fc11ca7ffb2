/// Why text is not a path inside a workspace.
public enum RepoPathError: Error, Hashable, Sendable {
    /// The path has no component.
    case empty
    /// The path starts with a slash.
    case absolute
    /// The path has an empty component, or `.` or `..`.
    case badComponent([UInt8])
    /// The path holds a NUL byte, which no file name can.
    case nul
}

/// A path inside a workspace, as bytes: relative, `/` between components, none of them empty, `.` or `..`.
///
/// Names of files are bytes and are never normalized: two names that look alike may be two files.
public struct RepoPath: Hashable, Comparable, Sendable {
    /// The whole path, as git and DVC write it.
    public let bytes: [UInt8]

    /// Takes a path apart to see that it stays inside the workspace.
    ///
    /// - Throws: `RepoPathError` if the path is empty or absolute, or has a NUL or a component that is empty, `.` or `..`.
    public init(validating bytes: some Collection<UInt8>) throws(RepoPathError) {
        let bytes = Array(bytes)
        try Self.validate(bytes[...])
        self.bytes = bytes
    }

    /// Takes a path apart to see that it stays inside the workspace.
    ///
    /// - Throws: `RepoPathError` as `init(validating:)` for bytes.
    public init(validating text: String) throws(RepoPathError) {
        try self.init(validating: Array(text.utf8))
    }

    /// For bytes that a caller has already proved.
    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Tells whether bytes are a path that stays inside a folder.
    ///
    /// - Throws: `RepoPathError` that says what is wrong with them.
    public static func validate(_ bytes: ArraySlice<UInt8>) throws(RepoPathError) {
        guard let first = bytes.first else { throw .empty }
        guard first != UInt8(ascii: "/") else { throw .absolute }
        var start = bytes.startIndex
        for index in bytes.indices where bytes[index] == UInt8(ascii: "/") || bytes[index] == 0 {
            guard bytes[index] != 0 else { throw .nul }
            try validate(component: bytes[start..<index])
            start = index + 1
        }
        try validate(component: bytes[start...])
    }

    private static func validate(component: ArraySlice<UInt8>) throws(RepoPathError) {
        let dot = UInt8(ascii: ".")
        let isBad =
            component.isEmpty || component.elementsEqual([dot]) || component.elementsEqual([dot, dot])
        if isBad { throw .badComponent(Array(component)) }
    }

    /// The names along the path, from the workspace down.
    public var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The last name.
    public var name: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// The folder that the path is in; `nil` at the top of the workspace.
    public var parent: RepoPath? {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return RepoPath(unchecked: Array(bytes[..<slash]))
    }

    /// The path of something below this one.
    public func appending(_ other: RepoPath) -> RepoPath {
        RepoPath(unchecked: bytes + [UInt8(ascii: "/")] + other.bytes)
    }

    /// The path with more bytes at the end of its last name.
    ///
    /// - Precondition: `suffix` has neither slash nor NUL.
    public func appending(suffix: String) -> RepoPath {
        precondition(!suffix.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }, "a suffix extends a name")
        return RepoPath(unchecked: bytes + Array(suffix.utf8))
    }

    /// The rest of the path below `folder`; `nil` unless it lies below it.
    public func relative(to folder: RepoPath) -> RepoPath? {
        guard isBelow(folder) else { return nil }
        return RepoPath(unchecked: Array(bytes[(folder.bytes.count + 1)...]))
    }

    /// True for a path strictly inside `folder`.
    public func isBelow(_ folder: RepoPath) -> Bool {
        bytes.count > folder.bytes.count && bytes[folder.bytes.count] == UInt8(ascii: "/")
            && bytes.starts(with: folder.bytes)
    }

    /// True if one of the two is the other or lies inside it.
    public func overlaps(_ other: RepoPath) -> Bool { self == other || isBelow(other) || other.isBelow(self) }

    /// The path as text, if its bytes are UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    public static func < (left: RepoPath, right: RepoPath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension RepoPath: CustomStringConvertible {
    /// The path as people see it, with what would spoil a terminal escaped.
    public var description: String { bytes.printable }
}

extension Collection<UInt8> {
    /// Bytes of a name as text for people: control characters and bytes that are not UTF-8 as `\n`, `\t` or `\xNN`.
    public var printable: String {
        var result = ""
        let bytes = Array(self)
        var index = 0
        while index < bytes.count {
            // One scalar at a time, so that a broken sequence is shown byte by byte and the rest stays readable.
            var source = bytes[index..<Swift.min(index + 4, bytes.count)].makeIterator()
            var decoder = UTF8()
            switch decoder.decode(&source) {
            case .scalarValue(let scalar):
                let width = UTF8.width(scalar)
                if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
                    for byte in bytes[index..<(index + width)] { result += Self.escape(byte) }
                } else {
                    result.unicodeScalars.append(scalar)
                }
                index += width
            case .error, .emptyInput:
                result += Self.escape(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\t"): return "\\t"
        case UInt8(ascii: "\r"): return "\\r"
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            return "\\x" + (digits.count < 2 ? "0" : "") + digits
        }
    }
}
