import Glibc

/// The variables that the process was given.
enum Environment {
    static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// The standard streams: figures on one, everything else on the other.
enum Console {
    /// Writes to standard output, at once.
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line to standard error.
    static func note(_ line: String) { write("\(line)\n", to: STDERR_FILENO) }

    /// Without Glibc's streams: their names are variables that Swift does not let several threads see.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away ends the program by SIGPIPE.
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}

/// Files and folders by path, as far as preparing needs them.
enum Disk {
    /// Makes a folder and the folders above it.
    static func makeFolder(_ path: String) throws(BenchError) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/\(part)"
            guard mkdir(built, 0o777) == 0 || errno == EEXIST else { throw failure("make", built) }
        }
    }

    /// Makes a file of these bytes.
    static func write(_ bytes: [UInt8], to path: String) throws(BenchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("make", path) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
            }  // not empty
            guard count >= 0 || errno == EINTR else { throw failure("write", path) }
            done += max(count, 0)
        }
    }

    /// Gives a file or folder another name.
    static func move(_ path: String, to other: String) throws(BenchError) {
        guard rename(path, other) == 0 else { throw failure("move", path) }
    }

    /// The path without symbolic links; `nil` if there is nothing.
    static func resolve(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Makes everything that was written durable, so that no run pays for the one before.
    static func sync() { Glibc.sync() }

    /// Makes a new folder with this beginning of its name.
    static func makeScratch(_ prefix: String) throws(BenchError) -> String {
        var template = Array("\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("make a folder like", prefix) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func failure(_ verb: String, _ path: String) -> BenchError {
        BenchError("cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}

/// Bytes that cannot be compressed and that no two files share; the same ones for every run of the benchmark.
struct NoiseGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Fills a buffer whose length is a multiple of 8.
    ///
    /// Source: Sebastiano Vigna, SplitMix64 (public domain).
    mutating func fill(_ buffer: inout [UInt8]) {
        buffer.withUnsafeMutableBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                state &+= 0x9E37_79B9_7F4A_7C15
                var word = state
                word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
                word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
                bytes.storeBytes(of: word ^ (word >> 31), toByteOffset: offset, as: UInt64.self)
            }
        }
    }
}
