import CairnCore
public import CairnRemote
public import CairnStore
import CairnSystem

/// Brings run records (`runs/ab/<key>/<value>`) to a remote of any kind, or from there, as far as the other side has none of that name.
public struct RunRecordExchange: Sendable {
    private let store: LooseStore
    private let remote: any Remote
    private let jobs: Int

    /// Describes an exchange.
    public init(of store: LooseStore, with remote: any Remote, jobs: Int) {
        self.store = store
        self.remote = remote
        self.jobs = jobs
    }

    /// Sends the records that the remote lacks.
    ///
    /// - Returns: how many were sent.
    /// - Throws: `TransferError`; records that were sent until then stay.
    public func push() async throws(TransferError) -> Int {
        let own = try locally { () throws(StoreError) in try keys() }
        guard !own.isEmpty else { return 0 }
        let there = try await remoteKeys()
        let lacking = own.filter { !there.contains($0) }
        try await Jobs.run(lacking, atATime: jobs) { (key) throws(TransferError) in
            let bytes = try locally { () throws(StoreError) in try read(key) }
            try await remotely { () async throws(RemoteError) in
                _ = try await remote.write([RemoteUpload(key, .bytes(bytes))], jobs: 1)
            }
        }
        return lacking.count
    }

    /// Brings the records that the store lacks.
    ///
    /// - Returns: how many came; `nil` if the remote does not tell what it has.
    /// - Throws: `TransferError`; nothing is there by then that is not whole.
    public func fetch() async throws(TransferError) -> Int? {
        let own = Set(try locally { () throws(StoreError) in try keys() })
        let there: Set<String>
        do throws(TransferError) {
            there = try await remoteKeys()
        } catch {
            guard case .remote(let failure) = error.reason, failure.reason == .notListable else {
                throw error
            }
            return nil
        }
        let lacking = there.subtracting(own).sorted()
        guard !lacking.isEmpty else { return 0 }
        let came = Guarded<[(key: String, bytes: [UInt8])]>([])
        try await remotely { () async throws(RemoteError) in
            try await Jobs.run(lacking, atATime: jobs) { (key) throws(RemoteError) in
                let bytes = try await remote.read(key, nil, limit: RunRecordTransfer.sizeLimit)
                came.update { $0.append((key, bytes)) }
            }
        }
        try locally { () throws(StoreError) in try write(came.value) }
        return lacking.count
    }

    private func remoteKeys() async throws(TransferError) -> Set<String> {
        let listing = try await remotely { () async throws(RemoteError) in try await remote.list("runs/") }
        return Set(listing.objects.map(\.key).filter { RunRecordTransfer.isRecord(Array($0.utf8)) })
    }

    private func keys() throws(StoreError) -> [String] {
        guard let folder = store.folder else { return [] }
        return try onDisk { () throws(SystemError) in try RunRecordTransfer.records(in: folder) }.map {
            String(decoding: $0.joined(separator: [UInt8(ascii: "/")]).map(\.self), as: UTF8.self)
        }
    }

    private func read(_ key: String) throws(StoreError) -> [UInt8] {
        guard let folder = store.folder else { throw StoreError(.io(.noSuchFileOrDirectory), store.root) }
        return try onDisk { () throws(SystemError) in
            try Interruption.check()
            return try OpenFile(reading: Array(key.utf8), in: folder, followingLinks: false)
                .readAll(limit: RunRecordTransfer.sizeLimit)
        }
    }

    private func write(_ records: [(key: String, bytes: [UInt8])]) throws(StoreError) {
        guard let folder = store.folder else { throw StoreError(.io(.noSuchFileOrDirectory), store.root) }
        try onDisk { () throws(SystemError) in
            let batch = try DurableBatch(in: folder)
            var files: [DurableBatch.Temporary] = []
            for record in records {
                let temporary = batch.newTemporary()
                let file = try batch.create(temporary, permissions: 0o644)
                try file.write(record.bytes)
                files.append(temporary)
            }
            try batch.commit(count: files.count) { [files] index in
                let path = Array(records[index].key.utf8).split(separator: UInt8(ascii: "/"))
                return (files[index], (Array(path.dropLast()), Array(path[path.count - 1])))
            }
        }
    }
}
