/// How data is analyzed.
public struct AnalyzeOptions: Sendable {
    /// Whether symbolic links inside of folders are taken for what they lead to.
    public var followsLinks = false
    /// What the table of records may take, in bytes. Where there are more records, a sample of them is looked at.
    public var memory = 512 << 20

    /// Everything is looked at, as far as half a GiB of memory allows; links are links.
    public init() {}
}

/// What a native repository would make of data.
public struct AnalyzeReport: Sendable {
    /// What some of the files come to, in bytes as far as nothing else is said.
    public struct Amounts: Sendable {
        /// How many files there are, symbolic links among them.
        public internal(set) var files = 0
        /// Their sizes.
        public internal(set) var bytes: Int64 = 0
        /// How many of them are copies of a file that came before.
        public internal(set) var copies = 0
        /// The sizes without these copies.
        public internal(set) var distinctFiles: Int64 = 0
        /// Without chunks that came before.
        public internal(set) var distinctChunks: Int64 = 0
        /// As much of these chunks as the cache has already.
        public internal(set) var known: Int64 = 0
        /// What the other chunks would take in the cache, compressed.
        public internal(set) var stored: Int64 = 0
        /// As much of the other chunks as is kept as it is, because compressing it does not help.
        public internal(set) var incompressible: Int64 = 0
        /// What listings, recipes and the index would take besides.
        public internal(set) var overhead: Int64 = 0
        /// How many files have fewer than 4 KiB.
        public internal(set) var smallFiles = 0

        mutating func add(_ other: Amounts) {
            files += other.files
            bytes += other.bytes
            copies += other.copies
            distinctFiles += other.distinctFiles
            distinctChunks += other.distinctChunks
            known += other.known
            stored += other.stored
            incompressible += other.incompressible
            overhead += other.overhead
            smallFiles += other.smallFiles
        }
    }

    /// Files of one extension.
    public struct Kind: Sendable {
        /// `.csv`, `.tar.gz`; empty for files without an extension, `nil` for symbolic links.
        public let name: [UInt8]?
        /// What they come to.
        public let amounts: Amounts
    }

    /// Files with the same content.
    public struct Duplicate: Sendable {
        /// The bytes of one of them.
        public let size: Int64
        /// How many there are.
        public let count: Int
        /// The paths of the first few.
        public let paths: [[UInt8]]
    }

    /// A fact from which something follows for who stores the data.
    public enum Advice: Sendable, Equatable {
        /// Files of a kind are compressed already.
        case compressed(kind: [UInt8], bytes: Int64)
        /// Most files have fewer than 4 KiB.
        case small(count: Int, of: Int)
        /// Parquet files of several paths share next to nothing, though some have the same name.
        case parquet(bytes: Int64)
    }

    /// What is known of the cache.
    public enum Cache: Sendable {
        /// The data was not analyzed in a workspace, or the cache is empty.
        case none
        /// The cache is compared chunk by chunk.
        case chunks
        /// The cache keeps whole files, of which it has these bytes.
        case files(bytes: Int64)
    }

    /// Everything together.
    public internal(set) var total = Amounts()
    /// Each path that was named, with what it adds to those before it.
    public internal(set) var paths: [(path: [UInt8], amounts: Amounts)] = []
    /// By extension, those first that take most.
    public internal(set) var kinds: [Kind] = []
    /// Files that are there several times, those first whose copies have most bytes.
    public internal(set) var duplicates: [Duplicate] = []
    /// Files that could not be read, with the reason.
    public internal(set) var failures: [CairnError] = []
    /// What follows for who stores the data.
    public internal(set) var advice: [Advice] = []
    /// One of this many records was looked at; 1 if all were.
    public internal(set) var sample = 1
    /// What is known of the cache.
    public internal(set) var cache = Cache.none
}
