public import CairnCore
import CairnRemote
public import CairnStore
import CairnSystem

/// Looks at the objects of a remote in loose layout that somebody needs. Nothing is changed.
///
/// With a limit of time, what was checked longest ago comes first, and what has been begun is finished.
public struct LooseRemoteInspection: Sendable {
    private let remote: LooseRemote
    private let depth: CheckDepth
    private let deadline: Int64?
    private let now: @Sendable () -> Int64
    private let log: CheckLog?
    private let reporter: any Reporter

    /// With a limit of time, the next objects are begun after so many, or so many bytes.
    private static let roundCount = 256
    private static let roundBytes: Int64 = 128 << 20

    /// Describes an inspection.
    ///
    /// - Parameters:
    ///   - deadline: after this moment nothing more is begun, in nanoseconds since 1970; something is always checked.
    ///   - now: the clock by which that is told.
    ///   - log: knows what was checked when; `nil` to remember nothing.
    public init(
        of remote: LooseRemote, _ depth: CheckDepth, deadline: Int64?, now: @escaping @Sendable () -> Int64,
        log: CheckLog?, reporter: any Reporter
    ) {
        self.remote = remote
        self.depth = depth
        self.deadline = deadline
        self.now = now
        self.log = log
        self.reporter = reporter
    }

    /// Looks at objects.
    ///
    /// - Parameter ids: no id twice.
    /// - Throws: `TransferError` if the remote fails, or the user asked to stop.
    public func run(_ ids: [ObjectID]) async throws(TransferError) -> StoreInspection.Report {
        let sizes = try await remote.presence(of: ids)
        let report = Guarded(StoreInspection.Report())
        report.update { $0.noteMissing(ids.filter { sizes[$0] == nil }) }
        let place = LooseRemote.path(of: "", at: remote.remote.place)
        // Without a log everything is as good as never checked.
        var times = (try? log?.times(of: place, at: depth)) ?? [:]
        var objects = ids.compactMap { id in sizes[id].map { ObjectReader.Object(id, size: $0) } }
        if !times.isEmpty {
            objects.sort { (times[.object($0.id)] ?? 0, $0.id) < (times[.object($1.id)] ?? 0, $1.id) }
        }
        reporter.begin("verifying", items: objects.count, bytes: objects.reduce(0) { $0 + $1.size })
        let rounds =
            deadline == nil
            ? [objects.indices] : objects.rounds(of: Self.roundBytes, count: Self.roundCount, size: \.size)
        for (number, round) in rounds.enumerated() {
            if number > 0, let deadline, now() >= deadline {
                for object in objects[round] { report.update { $0.noteRemaining(bytes: object.size) } }
                continue
            }
            let damaged = try await check(Array(objects[round]), report)
            let time = now()
            let entries = objects[round].map {
                CheckLog.Entry(.object($0.id), time: time, isDamaged: damaged.contains($0.id))
            }
            for entry in entries { times[entry.unit] = time }
            try? log?.record(entries, of: place, at: depth)  // failing to costs time later and nothing else
        }
        report.update { [times] in $0.noteTimes(objects.map { times[.object($0.id)] }) }
        return report.value
    }

    /// - Returns: the objects that are not as they should be.
    private func check(
        _ objects: [ObjectReader.Object], _ report: Guarded<StoreInspection.Report>
    ) async throws(TransferError) -> Set<ObjectID> {
        let damaged = Guarded<Set<ObjectID>>([])
        try await Jobs.run(objects, atATime: remote.jobs) { (object) throws(TransferError) in
            try locally { () throws(StoreError) in
                try onDisk { () throws(SystemError) in try Interruption.check() }
            }
            let fault = try await remotely { () async throws(RemoteError) in try await self.fault(of: object)
            }
            report.update { report in
                report.noteChecked(bytes: object.size)
                guard let fault else { return report.noteSound(bytes: object.size) }
                if case .missing = fault.reason { return report.noteMissing([object.id]) }
                report.note(object.id, fault)
            }
            if fault != nil { damaged.update { _ = $0.insert(object.id) } }
            reporter.advance(items: 1, bytes: 0)
        }
        return damaged.value
    }

    /// What is wrong with an object.
    private func fault(of object: ObjectReader.Object) async throws(RemoteError) -> StoreError? {
        let isRead = depth == .full || (depth == .structure && object.id.isDirectory)
        guard isRead else { return nil }
        if object.id.isDirectory {
            let bytes = try await remote.read(object.id, limit: Int(clamping: object.size))
            reporter.advance(items: 0, bytes: object.size)
            switch bytes.flatMap({ remote.parse($0, object.id) }) {
            case .success: return nil
            case .failure(let error): return error
            }
        }
        for _ in 0..<LooseRemote.readAttempts {
            if try await digest(of: object) == object.id.digest { return nil }
        }
        return StoreError(.damaged(object.id), remote.path(of: object.id))
    }

    /// Hashes an object, some parts of it at a time.
    ///
    /// - Returns: `nil` if it is not as long as it was.
    private func digest(of object: ObjectReader.Object) async throws(RemoteError) -> Digest? {
        let key = LooseRemote.key(of: object.id)
        var hasher = ContentHasher(object.id.contentAlgorithm)
        var start: Int64 = 0
        while start < object.size {
            let end = min(object.size, start + Int64(LooseRemote.partSize))
            do throws(RemoteError) {
                let bytes = try await remote.remote.read(key, start..<end, limit: LooseRemote.partSize)
                bytes.withUnsafeBytes { hasher.update($0) }
            } catch {
                guard error.reason == .truncated || error.reason == .notFound else { throw error }
                return nil
            }
            reporter.advance(items: 0, bytes: end - start)
            start = end
        }
        return hasher.finish()
    }
}
