/// The hash of a stream of bytes by whichever algorithm an id asks for.
public struct ContentHasher: Sendable {
    private enum State: Sendable {
        case md5(MD5)
        case md5DOS2Unix(LegacyMD5)
        case blake3(BLAKE3)
    }

    private var state: State

    /// Starts a hash.
    public init(_ algorithm: HashAlgorithm) {
        state =
            switch algorithm {
            case .md5: .md5(MD5())
            case .md5DOS2Unix: .md5DOS2Unix(LegacyMD5())
            case .blake3: .blake3(BLAKE3())
            }
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .md5(var hash):
            hash.update(bytes)
            state = .md5(hash)
        case .md5DOS2Unix(var hash):
            // Moved out and back in, so that the buffer inside is not copied.
            state = .md5(MD5())
            hash.update(bytes)
            state = .md5DOS2Unix(hash)
        case .blake3(var hash):
            hash.update(bytes)
            state = .blake3(hash)
        }
    }

    /// Ends the hash; the value is used up.
    public func finish() -> Digest {
        switch state {
        case .md5(let hash): return hash.finish()
        case .md5DOS2Unix(let hash): return hash.finish()
        case .blake3(let hash): return hash.finish()
        }
    }

    /// Hashes many short inputs, in SIMD lanes where the algorithm has them.
    public static func digests(_ algorithm: HashAlgorithm, of inputs: [UnsafeRawBufferPointer]) -> [Digest] {
        switch algorithm {
        case .md5: return MD5.digests(of: inputs)
        case .blake3: return BLAKE3.digests(of: inputs)
        case .md5DOS2Unix:
            return inputs.map { input in
                var hash = LegacyMD5()
                hash.update(input)
                return hash.finish()
            }
        }
    }
}
