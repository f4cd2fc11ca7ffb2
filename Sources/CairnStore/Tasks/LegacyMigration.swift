public import CairnCore
public import CairnSystem
import Synchronization

/// Gives objects that DVC 2 stored their places of today: each is hashed anew and linked under its new id. What was there stays.
///
/// A listing names files by their old ids, at its new place too, as DVC leaves it. For pointers to name its directory, it is
/// also written anew with the new ids.
public struct LegacyMigration: Sendable {
    /// What a migration did.
    public struct Report: Sendable {
        /// The new id of each legacy object that has one.
        public internal(set) var ids: [ObjectID: ObjectID] = [:]
        /// How many objects are new in their place.
        public internal(set) var count = 0
        /// Bytes that had to be copied, where the file system cannot link.
        public internal(set) var copiedBytes: Int64 = 0
        /// Legacy objects that cannot be read, or are not what their names say.
        public internal(set) var failures: [(id: ObjectID, error: StoreError)] = []
        /// Listings that name a file which the store lacks.
        public internal(set) var incomplete: [(id: ObjectID, lacking: ObjectID)] = []
    }

    private let store: LooseStore
    private let workers: Workers
    private let reporter: any Reporter

    /// Describes a migration.
    public init(of store: LooseStore, workers: Workers, reporter: any Reporter) {
        self.store = store
        self.workers = workers
        self.reporter = reporter
    }

    /// The legacy objects of the store.
    ///
    /// - Throws: `StoreError` if the store cannot be read.
    public func legacyObjects() throws(StoreError) -> [ObjectID] {
        try store.allObjects([.md5DOS2Unix], workers: workers)
    }

    /// Migrates all legacy objects of the store.
    ///
    /// - Parameter convertsListings: whether listings are also written anew, with the new ids of their files.
    /// - Throws: `StoreError` for what stops everything; objects that have their new names by then are sound.
    public func run(convertsListings: Bool) throws(StoreError) -> Report {
        var report = Report()
        let legacy = try legacyObjects()
        guard let folder = store.folder, !legacy.isEmpty else { return report }
        reporter.begin("hashing", items: legacy.count, bytes: nil)
        let hashed = try hash(legacy)
        report.failures = hashed.failures.sorted { $0.id < $1.id }
        let batch = try system { () throws(SystemError) in
            try DurableBatch(in: folder, folderPermissions: store.folderPermissions)
        }
        // Files before listings: what names others comes last.
        for isDirectory in [false, true] {
            var made: [(id: ObjectID, file: DurableBatch.Temporary)] = []
            for id in legacy where id.isDirectory == isDirectory {
                guard let new = hashed.ids[id], let seen = hashed.statuses[id] else { continue }
                report.ids[id] = new
                if try store.status(of: new) == nil {
                    made.append((new, try share(id, new, seen, batch, &report)))
                }
            }
            report.count += made.count
            try commit(made, batch)
        }
        if convertsListings { try convert(legacy.filter(\.isDirectory), batch, &report) }
        return report
    }

    /// Writes listings anew, with the new ids of their files.
    private func convert(
        _ listings: [ObjectID], _ batch: DurableBatch, _ report: inout Report
    ) throws(StoreError) {
        var made: [(id: ObjectID, file: DurableBatch.Temporary)] = []
        var written: Set<ObjectID> = []
        for id in listings where report.ids[id] != nil {
            report.ids[id] = nil
            guard let bytes = try listing(id, &report) else { continue }
            let new = ObjectID(.md5, bytes.withUnsafeBytes { MD5.digest(of: $0) }, isDirectory: true)
            report.ids[id] = new
            guard try store.status(of: new) == nil, written.insert(new).inserted else { continue }
            made.append((new, try write(bytes, batch)))
        }
        try commit(made, batch)
    }

    private struct Hashed {
        var ids: [ObjectID: ObjectID] = [:]
        var statuses: [ObjectID: FileStatus] = [:]
        var failures: [(id: ObjectID, error: StoreError)] = []
    }

    /// Finds the new ids of objects, reading each once.
    private func hash(_ objects: [ObjectID]) throws(StoreError) -> Hashed {
        let found = Mutex(Hashed())
        try workers.forEachRange(of: objects.count, stride: 16) { (range) throws(StoreError) in
            for id in objects[range] {
                do throws(StoreError) {
                    let (legacy, new, status) = try digests(of: id)
                    guard legacy == id.digest else { throw StoreError(.damaged(id), store.path(of: id)) }
                    found.withLock {
                        $0.ids[id] = ObjectID(.md5, new, isDirectory: id.isDirectory)
                        $0.statuses[id] = status
                    }
                } catch {
                    if error.stopsEverything { throw error }
                    found.withLock { $0.failures.append((id, error)) }
                }
                reporter.advance(items: 1, bytes: 0)
            }
        }
        return found.withLock { $0 }
    }

    private func digests(of id: ObjectID) throws(StoreError) -> (
        legacy: Digest, new: Digest, status: FileStatus
    ) {
        let file = try store.open(id)
        var legacy = ContentHasher(id.contentAlgorithm)
        var new = ContentHasher(.md5)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: OpenFile.pieceSize, alignment: 4096)
        defer { buffer.deallocate() }
        do throws(SystemError) {
            let status = try file.status()
            while true {
                try Interruption.check()
                let count = try file.read(into: buffer)
                legacy.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                new.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                reporter.advance(items: 0, bytes: Int64(count))
                if count < buffer.count { return (legacy.finish(), new.finish(), status) }
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// One more name for an object, or a copy where links do not work.
    private func share(
        _ id: ObjectID, _ new: ObjectID, _ seen: FileStatus, _ batch: DurableBatch, _ report: inout Report
    ) throws(StoreError) -> DurableBatch.Temporary {
        let path = store.path(of: id)
        guard let folder = store.folder else { throw StoreError(.missing(id), path) }
        let name = LooseStore.relativePath(of: id)
        do throws(SystemError) {
            try Interruption.check()
            switch try batch.link(name, in: folder, seenAs: seen) {
            case .changed: break
            case .linked(let link):
                if try batch.protect(link, seenAs: seen) { return link }
            case .impossible:
                let temporary = batch.newTemporary()
                let copy = try batch.create(temporary, permissions: 0o444)
                let source = try OpenFile(reading: name, in: folder, followingLinks: false)
                guard try source.digest(.md5, copyingTo: copy, progress: { _ in }) == new.digest else {
                    break
                }
                report.copiedBytes += seen.size
                return temporary
            }
        } catch {
            throw StoreError(error)
        }
        throw StoreError(.changing, path)
    }

    /// The bytes of a listing with the new ids of its files; `nil` if that cannot be.
    private func listing(_ id: ObjectID, _ report: inout Report) throws(StoreError) -> [UInt8]? {
        let old: DirListing
        do throws(StoreError) {
            old = try store.listing(id)
        } catch {
            report.failures.append((id, error))
            return nil
        }
        var builder = DirListingBuilder()
        for index in 0..<old.count {
            let member = ObjectID(.md5DOS2Unix, old.digest(at: index))
            guard let new = report.ids[member] else {
                report.incomplete.append((id, member))
                return nil
            }
            do throws(DirListingError) {
                try old.paths.withPath(index) { (path) throws(DirListingError) in
                    try builder.append(path, new.digest)
                }
            } catch {
                throw StoreError(.unreadableListing(id, "\(error)"), store.path(of: id))
            }
        }
        do throws(DirListingError) {
            return try builder.listing().serialized
        } catch {
            throw StoreError(.unreadableListing(id, "\(error)"), store.path(of: id))
        }
    }

    private func write(_ bytes: [UInt8], _ batch: DurableBatch) throws(StoreError) -> DurableBatch.Temporary {
        do throws(SystemError) {
            let temporary = batch.newTemporary()
            let file = try batch.create(temporary, permissions: 0o444)
            try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
            return temporary
        } catch {
            throw StoreError(error)
        }
    }

    private func commit(
        _ made: [(id: ObjectID, file: DurableBatch.Temporary)], _ batch: DurableBatch
    ) throws(StoreError) {
        do throws(SystemError) {
            try batch.commit(count: made.count) { [made] index in
                (made[index].file, LooseStore.place(of: made[index].id))
            }
        } catch {
            throw StoreError(error)
        }
    }
}
