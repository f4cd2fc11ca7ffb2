/// Bytes of a packed store that are not of their format: which part, what is wrong, and where.
public struct FormatError: Error, Hashable, Sendable {
    /// The part of a file that was being read.
    public enum Part: String, Hashable, Sendable {
        case packHeader = "pack header"
        case frame
        case record
        case packTrailer = "pack trailer"
        case segment = "index segment"
        case marker = "store marker"
        case directory = "directory record"
        case alias = "alias"
        case condemnRecord = "condemn record"
        case roots = "roots file"
        case pushMark = "mark of a push"
        case bundle
    }

    /// What is wrong.
    public enum Problem: Hashable, Sendable {
        /// The bytes end too soon: so many are needed, so many are there.
        case truncated(needed: Int64, found: Int64)
        /// The bytes that every such file begins or ends with are not there.
        case notThisFormat
        /// A version that this program does not know.
        case unknownVersion(Int)
        /// Features that this program does not know, without which the file cannot be understood.
        case unknownFeatures([String])
        /// The bytes do not have the checksum or digest that stands beside them, or that names them.
        case mismatch
        /// The bytes cannot be decompressed to the length that is promised.
        case notDecompressible
        /// A field has a value that it may not have; with the field's name.
        case badValue(String)
    }

    /// The part that was being read.
    public let part: Part
    /// What is wrong with it.
    public let problem: Problem
    /// Where, in bytes from the start of the file.
    public let offset: Int64

    /// Puts an error together.
    public init(_ part: Part, _ problem: Problem, at offset: Int64) {
        self.part = part
        self.problem = problem
        self.offset = offset
    }
}

extension FormatError: CustomStringConvertible {
    /// One clause without a full stop.
    public var description: String {
        let place = "\(part.rawValue) at byte \(offset)"
        switch problem {
        case .truncated(let needed, let found):
            return "the \(place) needs \(needed) bytes, \(found) are there"
        case .notThisFormat: return "there is no \(place)"
        case .unknownVersion(let version): return "the \(place) has the unknown version \(version)"
        case .unknownFeatures(let names):
            return "the \(place) needs features that this program lacks: \(names.joined(separator: ", "))"
        case .mismatch: return "the \(place) does not match its checksum or name"
        case .notDecompressible: return "the \(place) cannot be decompressed"
        case .badValue(let field): return "the \(place) has a bad value: \(field)"
        }
    }
}
