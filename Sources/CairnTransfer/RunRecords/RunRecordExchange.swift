public import CairnCore
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

    /// Up to this many records are asked for one by one; from here on a list of all that the remote has is cheaper.
    private static let singleLimit = 500

    /// Sends the records that the remote lacks.
    ///
    /// - Parameter choice: the records that are meant.
    /// - Returns: how many were sent.
    /// - Throws: `TransferError`; records that were sent until then stay.
    public func push(_ choice: RunRecordChoice = .all) async throws(TransferError) -> Int {
        let own = try locally { () throws(StoreError) in try keys(choice) }
        guard !own.isEmpty else { return 0 }
        let there = try await present(of: own)
        let lacking = own.filter { !there.contains($0) }
        try await Jobs.run(lacking, atATime: jobs) { (key) throws(TransferError) in
            let bytes = try locally { () throws(StoreError) in try read(key) }
            try await remotely { () async throws(RemoteError) in
                _ = try await remote.write([RemoteUpload(key, .bytes(bytes))], jobs: 1)
            }
        }
        return lacking.count
    }

    /// Brings the records under some keys that the store lacks: one list for each key.
    ///
    /// - Returns: how many came; `nil` if the remote does not tell what it has.
    /// - Throws: `TransferError`; nothing is there by then that is not whole.
    public func fetch(keys: [Digest]) async throws(TransferError) -> Int? {
        guard !keys.isEmpty else { return 0 }
        let own = Set(try locally { () throws(StoreError) in try self.keys(.keys(keys)) })
        let there: Set<String>
        do throws(TransferError) {
            there = try await remoteKeys(under: keys)
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

    /// Which of these records the remote has.
    private func present(of records: [String]) async throws(TransferError) -> Set<String> {
        let found = Guarded<Set<String>>([])
        let isLong = records.count > Self.singleLimit
        try await remotely { () async throws(RemoteError) in
            if isLong {
                let listing = try await remote.list("runs/")
                return found.update { $0.formUnion(listing.objects.map(\.key)) }
            }
            try await Jobs.run(records, atATime: jobs) { (key) throws(RemoteError) in
                if try await remote.size(of: key) != nil { found.update { _ = $0.insert(key) } }
            }
        }
        return found.value
    }

    private func remoteKeys(under keys: [Digest]) async throws(TransferError) -> Set<String> {
        let found = Guarded<Set<String>>([])
        try await remotely { () async throws(RemoteError) in
            try await Jobs.run(keys.map(\.hex), atATime: jobs) { (key) throws(RemoteError) in
                let listing = try await remote.list("runs/\(key.prefix(2))/\(key)/")
                found.update { $0.formUnion(listing.objects.map(\.key)) }
            }
        }
        return found.value.filter { RunRecordTransfer.isRecord(Array($0.utf8)) }
    }

    private func keys(_ choice: RunRecordChoice) throws(StoreError) -> [String] {
        guard let folder = store.folder else { return [] }
        return try onDisk { () throws(SystemError) in try RunRecordTransfer.records(in: folder, choice) }.map
        {
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
