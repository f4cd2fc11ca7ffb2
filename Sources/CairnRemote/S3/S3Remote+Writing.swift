import CairnCore
import CairnSystem
import Synchronization

extension S3Remote {
    /// Objects with more bytes go in parts.
    static let largestWhole: Int64 = 16 << 20
    /// More than this no service takes.
    static let largestObject: Int64 = 5 << 40

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        for upload in uploads { _ = try RemoteKey(upload.key) }
        let existing = Mutex<Set<String>>([])
        // Uploads and parts take their places from the same slots: however many of either there are, so many bodies are under way.
        let slots = RequestSlots(max(1, jobs))
        try await Jobs.run(try Self.distinct(uploads), atATime: jobs) { [self] (upload) throws(RemoteError) in
            let body = try Self.body(of: upload)
            let wasThere: Bool
            if body.count <= Self.largestWhole {
                wasThere = try await slots.use { () async throws(RemoteError) in
                    try await S3Put(session, start + upload.key, upload.key, body, isNew: upload.isNew).run()
                }
            } else {
                let parts = MultipartUpload(
                    session, start + upload.key, upload.key, body, slots, isKept: upload.isRepeatable,
                    isNew: upload.isNew)
                wasThere = try await parts.run(jobs: jobs)
            }
            if wasThere { existing.withLock { _ = $0.insert(upload.key) } }
        }
        return existing.withLock { $0 }
    }

    /// Each key once.
    ///
    /// - Throws: `RemoteError` with `.conflict` for a key that is to have two sizes.
    private static func distinct(_ uploads: [RemoteUpload]) throws(RemoteError) -> [RemoteUpload] {
        var sizes: [String: Int64] = [:]
        var result: [RemoteUpload] = []
        for upload in uploads {
            if let size = sizes.updateValue(upload.size, forKey: upload.key) {
                guard size == upload.size else { throw RemoteError(.conflict, upload.key) }
            } else {
                result.append(upload)
            }
        }
        return result
    }

    /// What is sent of an upload.
    ///
    /// - Throws: `RemoteError` if a file has not the size that was promised, or more than any service takes.
    private static func body(of upload: RemoteUpload) throws(RemoteError) -> HTTPRequest.Body {
        guard upload.size <= largestObject else { throw RemoteError(.tooLarge(upload.size), upload.key) }
        guard case .file(let path, let size, _) = upload.content else { return .bytes(try upload.readAll()) }
        let found = try system(upload.key) { () throws(SystemError) in
            try OpenFile(reading: path).status().size
        }
        guard found >= size else { throw RemoteError(.truncated, upload.key) }
        guard found == size else { throw RemoteError(.tooLarge(found), upload.key) }
        return .file(path, 0..<size)
    }
}

extension RemoteUpload {
    /// True if the same bytes are likely to get the same key again, should this attempt not come to its end: files that are made for one
    /// transfer alone are made anew for the next.
    fileprivate var isRepeatable: Bool {
        if case .file(_, _, let isExpendable) = content { !isExpendable } else { false }
    }
}

extension RequestSlots {
    /// Does something in a place of its own.
    func use<Answer: Sendable>(
        _ body: () async throws(RemoteError) -> Answer
    ) async throws(RemoteError) -> Answer {
        await take()
        defer { giveBack() }
        return try await body()
    }
}
