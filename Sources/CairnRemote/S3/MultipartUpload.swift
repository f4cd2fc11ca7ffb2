import CairnCore
import CairnSystem
import Synchronization

/// Writes one large object in parts, several at a time, unless its key has one.
///
/// The size of parts follows from that of the object, so that a later attempt cuts it in the same way: it finds what an earlier one left by asking
/// the service, and sends only parts that are not there with the right bytes. Nothing is kept on this machine for it. What cannot be
/// gone on with is aborted: an upload that failed for a reason that does not pass, that of a file that no later attempt will
/// have, and all others of the key once the object is there.
struct MultipartUpload {
    /// What became of an attempt.
    enum Outcome {
        case created
        /// The key has an object.
        case exists
        /// The upload is not there any more, or not what we think: somebody else ended it.
        case lost
        /// The service does not take conditions when it puts parts together.
        case refused
    }

    private static let mostRounds = 4
    /// No object has more.
    private static let mostParts: Int64 = 10_000
    private static let smallPart: Int64 = 8 << 20
    private static let largePart: Int64 = 16 << 20
    /// So many parts are read together.
    private static let largestGroup = 8
    /// From here on parts are larger.
    private static let largeObject: Int64 = 256 << 20

    let session: S3Session
    let key: String
    let name: String
    let body: HTTPRequest.Body
    let slots: RequestSlots
    let isKept: Bool
    private let isNew: Bool

    /// - Parameters:
    ///   - key: the key in the bucket.
    ///   - name: that of the remote.
    ///   - slots: for everything that is sent.
    ///   - isKept: whether a later attempt may go on with what this one left.
    ///   - isNew: whether it is known that the key has no object, so that it need not be looked up.
    init(
        _ session: S3Session, _ key: String, _ name: String, _ body: HTTPRequest.Body, _ slots: RequestSlots,
        isKept: Bool, isNew: Bool = false
    ) {
        self.isNew = isNew
        self.session = session
        self.key = key
        self.name = name
        self.body = body
        self.slots = slots
        self.isKept = isKept
    }

    /// The bytes of each part but the last: 8 MiB, 16 MiB for long objects, more where there would be too many.
    static func partSize(of size: Int64) -> Int64 {
        let least = (size + mostParts - 1) / mostParts
        let mebibyte: Int64 = 1 << 20
        let whole = (least + mebibyte - 1) / mebibyte * mebibyte
        return max(whole, size < largeObject ? smallPart : largePart)
    }

    /// The parts of the object, numbered from 1.
    static func parts(of size: Int64) -> [(number: Int, range: Range<Int64>)] {
        let step = partSize(of: size)
        return stride(from: 0, to: size, by: Int64.Stride(step)).enumerated().map {
            ($0.offset + 1, $0.element..<min($0.element + step, size))
        }
    }

    /// Parts that are read together: of one length, but the last.
    private static func groups(
        of parts: [(number: Int, range: Range<Int64>)]
    ) -> [[(number: Int, range: Range<Int64>)]] {
        let even = parts.filter { $0.range.count == parts[0].range.count }
        let groups = stride(from: 0, to: even.count, by: largestGroup).map {
            Array(even[$0..<min($0 + largestGroup, even.count)])
        }
        return even.count < parts.count ? groups + [parts.suffix(parts.count - even.count)] : groups
    }

    /// Writes the object.
    ///
    /// - Parameter jobs: how many parts go at a time.
    /// - Returns: true if it was there already, with as many bytes.
    /// - Throws: `RemoteError`, with `.conflict` for one of another size.
    func run(jobs: Int) async throws(RemoteError) -> Bool {
        if !isNew, try await isThere() { return true }
        let others = isKept ? try await uploads() : []
        var (upload, earlier) = ("", [Int: StoredPart]())
        if let best = try await best(of: others) {
            (upload, earlier) = best
        } else {
            upload = try await create()
        }
        for _ in 0..<Self.mostRounds {
            let outcome = try await ending(upload) { () async throws(RemoteError) in
                try await attempt(upload, earlier, jobs: jobs)
            }
            switch outcome {
            case .created:
                await abort(others.filter { $0 != upload })
                return false
            case .exists, .lost:
                // Another writer may have put the parts of this very upload together.
                if try await isThere() {
                    await abort(others + (outcome == .exists ? [upload] : []))
                    return true
                }
                if outcome == .lost { (upload, earlier) = (try await create(), [:]) }
            case .refused: session.learn { $0.takesConditionsAtCompletion = false }
            }
        }
        await abort([upload])
        throw RemoteError(.temporary("it comes and goes while it is written"), name)
    }

    /// Does something with an upload, and aborts that if it fails and nobody will go on with it.
    private func ending(
        _ upload: String, _ body: () async throws(RemoteError) -> Outcome
    ) async throws(RemoteError) -> Outcome {
        do throws(RemoteError) {
            return try await body()
        } catch {
            if !isKept || !error.isTemporary && error.reason != .interrupted { await abort([upload]) }
            throw error
        }
    }

    /// Sends all parts that are not there, and has them put together.
    private func attempt(
        _ upload: String, _ earlier: [Int: StoredPart], jobs: Int
    ) async throws(RemoteError) -> Outcome {
        let parts = Self.parts(of: body.count)
        let tags = Mutex<[Int: PartTag]>([:])
        do throws(RemoteError) {
            let groups = Self.groups(of: parts)
            // While the parts of one are sent the next one is read.
            let atATime = (jobs - 1) / Self.largestGroup + (jobs > 1 ? 2 : 1)
            try await Jobs.run(groups, atATime: atATime) { (group) throws(RemoteError) in
                let contents = try ContentTag.tags(of: body, group.map(\.range), name)
                try await Jobs.run(Array(zip(group, contents)), atATime: jobs) {
                    (part, content) throws(RemoteError) in
                    let tag = try await slots.use { () async throws(RemoteError) in
                        try await send(
                            part: part.number, part.range, content, to: upload, earlier[part.number])
                    }
                    tags.withLock { $0[part.number] = tag }
                }
            }
        } catch {
            if error.isLostUpload { return .lost }
            throw error
        }
        let sent = tags.withLock { tags in parts.compactMap { tags[$0.number] } }
        return try await complete(upload, sent)
    }

    /// True if the object is there.
    ///
    /// - Throws: `RemoteError` with `.conflict` if it has another size.
    func isThere() async throws(RemoteError) -> Bool {
        let size = try await slots.use { () async throws(RemoteError) in
            try await session.size(of: key, name)
        }
        guard let size else { return false }
        guard size == body.count else { throw RemoteError(.conflict, name) }
        return true
    }
}

extension RemoteError {
    /// True if an upload in parts is not there any more.
    fileprivate var isLostUpload: Bool {
        if case .refused(.other(_, "NoSuchUpload")) = reason { true } else { false }
    }
}
