internal import CLibCrypto

/// A secret under which messages get a code by HMAC-SHA-256. Its memory is overwritten when the value goes.
///
/// Source: RFC 2104 and FIPS 198-1, by libcrypto: HMAC(3).
public struct HMACKey: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer

    /// Takes a secret, put together of parts. They are the caller's to forget.
    public init<Bytes: Collection<UInt8>>(_ parts: Bytes...) {
        bytes = .allocate(byteCount: parts.reduce(0) { $0 + $1.count }, alignment: 1)
        var offset = 0
        for part in parts {
            bytes[offset..<(offset + part.count)].copyBytes(from: part)
            offset += part.count
        }
    }

    /// Makes the code of a message under another key a key.
    private init(code message: some Collection<UInt8>, under key: borrowing HMACKey) {
        bytes = .allocate(byteCount: SHA256.byteCount, alignment: 1)
        key.write(codeOf: message, to: bytes)
    }

    deinit {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    /// The code of a message.
    public func code(of message: some Collection<UInt8>) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 1) { code in
            write(codeOf: message, to: code)
            return Digest(bytes: UnsafeRawBufferPointer(code), at: 0)
        }
    }

    /// The code of a message as a key of its own, for one purpose.
    public func derived(_ message: some Collection<UInt8>) -> HMACKey {
        HMACKey(code: message, under: self)
    }

    private func write(codeOf message: some Collection<UInt8>, to code: UnsafeMutableRawBufferPointer) {
        func write(_ message: UnsafeBufferPointer<UInt8>) {
            let target = code.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let done = HMAC(
                EVP_sha256(), bytes.baseAddress, Int32(bytes.count), message.baseAddress, message.count,
                target, nil)
            precondition(done != nil, "libcrypto has HMAC-SHA-256")
        }
        if message.withContiguousStorageIfAvailable(write) == nil {
            Array(message).withUnsafeBufferPointer(write)
        }
    }
}
