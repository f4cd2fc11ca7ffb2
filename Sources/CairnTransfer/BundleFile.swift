public import CairnCore
public import CairnRemote
import CairnStore
public import CairnSystem

/// A store as one file, for machines without a network: docs/formats/bundle.md.
public struct BundleFile: Sendable {
    /// What is in a bundle besides the objects of a store.
    public static let listKey = "objects"
    /// Objects are handed on when so many bytes were read.
    private static let roundBytes: Int64 = 128 << 20

    private let path: FilePath
    private let reporter: any Reporter

    /// Describes a bundle.
    public init(at path: FilePath, reporter: any Reporter) {
        self.path = path
        self.reporter = reporter
    }

    // MARK: Writing

    /// Writes everything that a store holds, and a list of ids, into a new file, each byte compared with the name that it has in the store.
    ///
    /// - Parameter file: the new file, empty and open for writing; it has to be synced by whoever made it.
    /// - Returns: the head of the bundle.
    /// - Throws: `TransferError` if the store cannot be read, or the file cannot be written.
    public static func write(
        _ ids: [ObjectID], and remote: any Remote, to file: borrowing OpenFile, reporter: any Reporter
    ) async throws(TransferError) -> BundleHead {
        let list = Self.text(of: ids)
        var small: [(key: String, bytes: [UInt8])] = [(listKey, list)]
        let marker = try await remotely { () throws(RemoteError) in
            try await remote.read(PackedLayout.marker, nil, limit: StoreMarker.largestSize)
        }
        small.append((PackedLayout.marker, marker))
        let log = try await remotely { () throws(RemoteError) in try await remote.list(PackedLayout.log + "/")
        }
        for object in log.objects {
            let bytes = try await remotely { () throws(RemoteError) in
                try await remote.read(object.key, nil, limit: Int(clamping: object.size))
            }
            small.append((object.key, bytes))
        }
        let packs = try await remotely { () throws(RemoteError) in
            try await remote.list(PackedLayout.packs + "/")
        }
        var objects = small.map {
            BundleHead.Object($0.key, size: Int64($0.bytes.count), digest: BLAKE3.digest(of: $0.bytes))
        }
        for pack in packs.objects {
            guard case .pack(let name) = PackedLayout.Item(parsing: pack.key.utf8) else { continue }
            objects.append(BundleHead.Object(pack.key, size: pack.size, digest: name))
        }
        let head = BundleHead(objects)
        reporter.begin("bundling", items: objects.count, bytes: head.contentSize)
        try write(head.serialized, to: file)
        for (_, bytes) in small { try write(bytes, to: file) }
        for pack in objects.dropFirst(small.count) {
            let bytes = try await remotely { () throws(RemoteError) in
                try await remote.read(pack.key, nil, limit: Int(clamping: pack.size))
            }
            guard BLAKE3.digest(of: bytes) == pack.digest, Int64(bytes.count) == pack.size else {
                throw TransferError(.malformed(pack.key, FormatError(.packTrailer, .mismatch, at: 0)))
            }
            try write(bytes, to: file)
            reporter.advance(items: 1, bytes: pack.size)
        }
        return head
    }

    private static func write(_ bytes: [UInt8], to file: borrowing OpenFile) throws(TransferError) {
        try locally { () throws(StoreError) in
            try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Result<Void, SystemError> in
                do throws(SystemError) {
                    try Interruption.check()
                    return .success(try file.write(bytes))
                } catch {
                    return .failure(error)
                }
            }.mapError { StoreError($0) }.get()
        }
    }

    private static func text(of ids: [ObjectID]) -> [UInt8] {
        ids.sorted().flatMap { Array("\($0.algorithm.nameInBundle) \($0.text)\n".utf8) }
    }

    // MARK: Reading

    /// Reads a bundle, compares every byte with the head, and hands what it holds to a store that is empty.
    ///
    /// - Returns: the ids of the list.
    /// - Throws: `TransferError`, with `.malformed` and the key of the object for a bundle that was cut or altered; an empty key for its head.
    public func unpack(into remote: any Remote) async throws(TransferError) -> [ObjectID] {
        let path = path
        let file = try locally { () throws(StoreError) in
            do throws(SystemError) { return try OpenFile(reading: path) } catch { throw StoreError(error) }
        }
        let start = try read(BundleHead.fixedSize, of: file, for: "")
        let size = try Self.format { () throws(FormatError) in try BundleHead.size(from: start) }
        let bytes = try start + read(size - start.count, of: file, for: "")
        let head = try Self.format { () throws(FormatError) in try BundleHead(parsing: bytes) }
        reporter.begin("checking the bundle", items: head.objects.count, bytes: head.contentSize)
        var ids: [ObjectID] = []
        var uploads: [RemoteUpload] = []
        for object in head.objects {
            let bytes = try read(object, of: file)
            if object.key == Self.listKey {
                ids = try Self.ids(in: bytes)
            } else {
                guard PackedLayout.Item(parsing: object.key.utf8) != nil else {
                    throw TransferError(.malformed(object.key, FormatError(.bundle, .badValue("key"), at: 0)))
                }
                uploads.append(RemoteUpload(object.key, .bytes(bytes)))
            }
            reporter.advance(items: 1, bytes: object.size)
            if uploads.reduce(0, { $0 + $1.size }) >= Self.roundBytes { try await hand(&uploads, to: remote) }
        }
        try await hand(&uploads, to: remote)
        guard try read(1, of: file, for: "", orLess: true).isEmpty else {
            throw TransferError(
                .malformed("", FormatError(.bundle, .badValue("bytes behind its end"), at: head.contentSize)))
        }
        return ids
    }

    private static func format<Result>(
        _ body: () throws(FormatError) -> Result
    ) throws(TransferError) -> Result {
        do throws(FormatError) { return try body() } catch { throw TransferError(.malformed("", error)) }
    }

    private func hand(_ uploads: inout [RemoteUpload], to remote: any Remote) async throws(TransferError) {
        let round = uploads
        uploads = []
        guard !round.isEmpty else { return }
        try await remotely { () throws(RemoteError) in _ = try await remote.write(round, jobs: 1) }
    }

    private func read(
        _ object: BundleHead.Object, of file: borrowing OpenFile
    ) throws(TransferError) -> [UInt8] {
        guard object.size <= PackLimits.packSize else {
            throw TransferError(.malformed(object.key, FormatError(.bundle, .badValue("size"), at: 0)))
        }
        let bytes = try read(Int(object.size), of: file, for: object.key)
        guard BLAKE3.digest(of: bytes) == object.digest else {
            throw TransferError(.malformed(object.key, FormatError(.bundle, .mismatch, at: 0)))
        }
        return bytes
    }

    /// The next bytes of the file. No more memory is taken than there are bytes.
    private func read(
        _ count: Int, of file: borrowing OpenFile, for key: String, orLess: Bool = false
    ) throws(TransferError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let missing = min(count - bytes.count, 4 << 20)
            let piece: [UInt8]
            do throws(SystemError) {
                try Interruption.check()
                piece = try file.readNext(missing)
            } catch {
                throw TransferError(.local(StoreError(error)))
            }
            if piece.isEmpty { break }
            bytes += piece
        }
        guard bytes.count == count || orLess else {
            let fault = FormatError.Problem.truncated(needed: Int64(count), found: Int64(bytes.count))
            throw TransferError(.malformed(key, FormatError(.bundle, fault, at: 0)))
        }
        return bytes
    }

    private static func ids(in bytes: [UInt8]) throws(TransferError) -> [ObjectID] {
        var ids: [ObjectID] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: " "))
            guard parts.count == 2,
                let algorithm = HashAlgorithm.all.first(where: {
                    parts[0].elementsEqual($0.nameInBundle.utf8)
                }),
                let id = ObjectID(algorithm, parsing: parts[1])
            else {
                throw TransferError(
                    .malformed(listKey, FormatError(.bundle, .badValue("line of an object"), at: 0)))
            }
            ids.append(id)
        }
        return ids
    }
}

extension HashAlgorithm {
    /// The word that the list of a bundle has for it.
    fileprivate var nameInBundle: String {
        switch self {
        case .md5: "md5"
        case .md5DOS2Unix: "md5-dos2unix"
        case .blake3: "blake3"
        }
    }
}

extension OpenFile {
    /// The next bytes, at most so many; none at the end.
    fileprivate func readNext(_ count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(SystemError) {
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
