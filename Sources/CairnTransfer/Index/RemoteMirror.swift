public import CairnCore
public import CairnRemote
public import CairnStore
public import CairnSystem
import Synchronization

/// A packed remote of any kind as a folder of this machine, so that it can be looked at and mended like one: marker and log are copied, packs
/// come when they are opened, and some of them stay.
public final class RemoteMirror: PackSource {
    // A class: threads share what came.

    /// The folder.
    public let root: FilePath
    private let remote: any Remote
    private let jobs: Int
    /// Packs that came may take so much room.
    private let room: Int64
    private let state = Mutex(State())
    /// Of the packs that share a lock one is opened at a time, so that none comes twice or goes between coming and being opened.
    private let locks: [PackLock]

    private struct State {
        /// What the remote has, with sizes.
        var keys: [String: Int64] = [:]
        /// Packs that are whole here, in the order in which they came.
        var whole: [Digest] = []
        /// Packs that stay.
        var kept: Set<Digest> = []
        /// Why a pack did not come.
        var failure: RemoteError?
    }

    private final class PackLock: Sendable {
        let mutex = Mutex(())
    }

    /// Describes a mirror.
    ///
    /// - Parameters:
    ///   - root: the folder, empty or not there yet.
    ///   - room: packs that came may take so many bytes, but for the last one and those that are kept.
    public init(of remote: any Remote, at root: FilePath, jobs: Int, room: Int64 = 1 << 30) {
        self.remote = remote
        self.root = root
        self.jobs = max(1, jobs)
        self.room = room
        locks = (0..<64).map { _ in PackLock() }
    }

    /// Why a pack did not come; who reads it then ends as if the user had asked for it, because such a pack is not damaged.
    public var failure: RemoteError? { state.withLock { $0.failure } }

    // MARK: The folder

    /// Makes the folder look like the remote does now.
    ///
    /// - Throws: `TransferError`.
    public func refresh() async throws(TransferError) {
        let objects = try await remotely { () async throws(RemoteError) in
            var objects = try await remote.list(PackedLayout.log + "/").objects
            objects += try await remote.list(PackedLayout.packs + "/").objects
            objects += try await remote.list(PackedLayout.marker).objects.filter {
                $0.key == PackedLayout.marker
            }
            return objects
        }
        let known = state.withLock { $0.keys }
        let keys = Dictionary(objects.map { ($0.key, $0.size) }) { first, _ in first }
        let new = objects.filter { known[$0.key] != $0.size }
        for object in new {
            if Self.pack(of: object.key) != nil {
                try locally { () throws(StoreError) in try makePlaceholder(object.key, size: object.size) }
            }
        }
        try await Jobs.run(new.filter { Self.pack(of: $0.key) == nil }, atATime: jobs) {
            [self] (object) throws(TransferError) in try await copy(object)
        }
        for key in known.keys where keys[key] == nil {
            try locally { () throws(StoreError) in try remove(key) }
        }
        state.withLock { $0.keys = keys }
    }

    /// The store in the folder, as it is now.
    ///
    /// - Throws: `StoreError` if it is of a kind that is not known.
    public func store() throws(StoreError) -> ObjectStore { try ObjectStore(at: root, packsFrom: self) }

    /// Brings packs and keeps them until the end: they will be moved somewhere else.
    ///
    /// - Throws: `StoreError`.
    public func keep(_ packs: [Digest]) throws(StoreError) {
        state.withLock { $0.kept.formUnion(packs) }
        let folder = try onDisk { () throws(SystemError) in try Folder(root) }
        for pack in packs {
            do throws(StoreError) {
                _ = try open(pack, in: folder)
            } catch {
                guard error.reason == .io(.noSuchFileOrDirectory) else { throw error }
            }
        }
    }

    /// Brings to the remote what is new in the folder, packs first, and then takes out what is not in the folder any more.
    ///
    /// - Throws: `TransferError`; what was brought until then stays, and nothing tells of what is not there.
    public func sendBack() async throws(TransferError) {
        let here = try locally { () throws(StoreError) in try files() }
        let known = state.withLock { $0.keys }
        let new = here.filter { known[$0.key] == nil }
        for isPack in [true, false] {
            let part = new.filter { (Self.pack(of: $0.key) != nil) == isPack }
            let uploads = part.map {
                RemoteUpload($0.key, .file(path(of: $0.key), size: $0.value, isExpendable: false))
            }
            try await remotely { () async throws(RemoteError) in
                _ = try await remote.write(uploads, jobs: jobs)
            }
        }
        let gone = known.keys.filter { here[$0] == nil }.sorted()
        try await remotely { () async throws(RemoteError) in try await remote.delete(gone) }
        state.withLock { state in
            state.keys = here
            state.whole += new.keys.compactMap(Self.pack(of:))
            state.kept.formUnion(new.keys.compactMap(Self.pack(of:)))
        }
    }

    /// The files of the store in the folder, with their sizes.
    private func files() throws(StoreError) -> [String: Int64] {
        var files: [String: Int64] = [:]
        let listing: RemoteListing
        do throws(RemoteError) {
            let folder = FolderRemote(root)
            listing = try runBlocking(on: TaskThreads(count: 1)) { () async throws(RemoteError) in
                try await folder.list("")
            }
        } catch {
            throw StoreError(.io(.ioError), root)
        }
        for object in listing.objects
        where object.key == PackedLayout.marker || object.key.hasPrefix("\(PackedLayout.log)/")
            || Self.pack(of: object.key) != nil
        {
            files[object.key] = object.size
        }
        return files
    }

    private func path(of key: String) -> FilePath { root.appending(key) }

    private static func pack(of key: String) -> Digest? {
        let name = Array(key.utf8).split(separator: UInt8(ascii: "/")).last ?? []
        guard let pack = PackedLayout.pack(named: name), PackedLayout.path(ofPack: pack) == key else {
            return nil
        }
        return pack
    }

    private func copy(_ object: RemoteObject) async throws(TransferError) {
        let bytes = try await remotely { () async throws(RemoteError) in
            try await remote.read(object.key, nil, limit: Int(clamping: object.size))
        }
        try locally { () throws(StoreError) in
            try write(object.key) { (file) throws(SystemError) in try file.write(bytes) }
        }
    }

    private func makePlaceholder(_ key: String, size: Int64) throws(StoreError) {
        try write(key) { (file) throws(SystemError) in
            if size > 0 { try file.write([0], at: size - 1) }
        }
    }

    /// Puts a file in its place in one step.
    private func write(
        _ key: String, _ body: (borrowing OpenFile) throws(SystemError) -> Void
    ) throws(StoreError) {
        try onDisk { () throws(SystemError) in
            let place = path(of: key)
            let parent = place.removingLastComponent()
            try parent.makeFolders()
            let folder = try Folder(parent)
            let name = place.lastComponentBytes ?? []
            let aside = name + Array(".coming".utf8)
            try folder.remove(aside)
            let file = try OpenFile(creating: aside, in: folder, permissions: 0o600)
            try body(file)
            try folder.rename(aside, to: folder, name)
        }
    }

    private func remove(_ key: String) throws(StoreError) {
        try onDisk { () throws(SystemError) in
            let place = path(of: key)
            try Folder(place.removingLastComponent()).remove(place.lastComponentBytes ?? [])
        }
    }

    // MARK: Packs

    public func open(_ pack: Digest, in folder: Folder) throws(StoreError) -> OpenFile {
        let lock = locks[Int(pack.firstByte) % locks.count]
        return try lock.mutex.withLock { _ throws(StoreError) in
            let key = PackedLayout.path(ofPack: pack)
            let (size, isHere) = state.withLock { ($0.keys[key], $0.whole.contains(pack)) }
            if let size, !isHere {
                try bring(key, size: size)
                state.withLock { $0.whole.append(pack) }
                try makeRoom(for: pack)
            }
            return try onDisk { () throws(SystemError) in
                try OpenFile(reading: Array(key.utf8), in: folder, followingLinks: false)
            }
        }
    }

    /// Reads a pack into its place.
    private func bring(_ key: String, size: Int64) throws(StoreError) {
        let (remote, jobs) = (remote, jobs)
        let part = Int64(LooseRemote.partSize)
        try write(key) { (file) throws(SystemError) in
            var start: Int64 = 0
            while start < size {
                try Interruption.check()
                let starts = Array(
                    stride(from: start, to: min(size, start + part * Int64(jobs)), by: Int.Stride(part)))
                let ranges = starts.map { $0..<min(size, $0 + part) }
                let came = Guarded<[Int64: [UInt8]]>([:])
                do throws(RemoteError) {
                    try runBlocking(on: TaskThreads(count: jobs + 1)) { () async throws(RemoteError) in
                        try await Jobs.run(ranges, atATime: jobs) { (range) throws(RemoteError) in
                            let bytes = try await remote.read(key, range, limit: range.count)
                            came.update { $0[range.lowerBound] = bytes }
                        }
                    }
                } catch {
                    guard error.reason != .notFound else {
                        throw SystemError(.noSuchFileOrDirectory, "read", path(of: key))
                    }
                    state.withLock { $0.failure = $0.failure ?? error }
                    throw SystemError(.interrupted, "read", path(of: key))
                }
                for (offset, bytes) in came.value { try file.write(bytes, at: offset) }
                start = ranges.last?.upperBound ?? size
            }
        }
    }

    /// Lets packs go that came long ago. Whoever has one open reads on.
    private func makeRoom(for latest: Digest) throws(StoreError) {
        while true {
            let victim = state.withLock { state -> (Digest, Int64)? in
                let free = state.whole.filter { !state.kept.contains($0) }
                let taken = free.reduce(Int64(0)) { $0 + (state.keys[PackedLayout.path(ofPack: $1)] ?? 0) }
                guard taken > room, let first = free.first(where: { $0 != latest }) else { return nil }
                return (first, state.keys[PackedLayout.path(ofPack: first)] ?? 0)
            }
            guard let (pack, size) = victim else { return }
            let place = Int(pack.firstByte) % locks.count
            let key = PackedLayout.path(ofPack: pack)
            func letGo() throws(StoreError) {
                state.withLock { $0.whole.removeAll { $0 == pack } }
                try makePlaceholder(key, size: size)
            }
            if place == Int(latest.firstByte) % locks.count {
                try letGo()
            } else {
                // While somebody opens it, it stays: another thread makes room then.
                let done: ()? = try locks[place].mutex.withLockIfAvailable { _ throws(StoreError) in
                    try letGo()
                }
                if done == nil { return }
            }
        }
    }
}
