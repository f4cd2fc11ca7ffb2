import CairnSystem
import Synchronization

extension HTTPRemote {
    /// A page is refused beyond this size.
    private static let largestPage = 16 << 20
    private typealias Page = (page: FolderPage, time: Int64?)

    /// Pages and objects that are asked for at a time, at most; the client may allow fewer.
    private static let atATime = 32

    /// - Throws: also `.notListable` if the server makes no pages of folders.
    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        _ = try RemoteKey(prefix: prefix)
        let found = FoundObjects()
        if prefix.isEmpty || prefix.utf8.last == UInt8(ascii: "/") {
            try await walk(prefix, found)
        } else if let object = try await look(at: prefix) {
            found.add(object)
        }
        return found.listing(at: surroundings.clock.date)
    }

    /// Whether there is anything in a folder is not looked at.
    ///
    /// - Throws: also `.notListable` if the server makes no pages of folders.
    public func top() async throws(RemoteError) -> Set<String> {
        guard let page = try await page("")?.page else { throw RemoteError(.notListable) }
        return Set(
            page.entries.filter { !RemoteKey.isReserved($0.name.utf8) }
                .map { $0.isFolder ? $0.name + "/" : $0.name })
    }

    /// Finds all objects below a folder, level by level, and then looks at those of which the pages did not tell all.
    private func walk(_ prefix: String, _ found: FoundObjects) async throws(RemoteError) {
        guard let first = try await firstPage(prefix) else { return }
        found.time = first.time
        try found.add(first.page, below: prefix)
        var folders = found.takeFolders()
        while !folders.isEmpty {
            try await Jobs.run(folders, atATime: Self.atATime) { (folder) throws(RemoteError) in
                // It may be gone by now.
                if let page = try await page(folder)?.page { try found.add(page, below: folder) }
            }
            folders = found.takeFolders()
        }
        try await Jobs.run(found.takeUnknown(), atATime: Self.atATime) { (key) throws(RemoteError) in
            if let object = try await look(at: key) { found.add(object) }
        }
    }

    /// The page of the folder of a listing; `nil` if there is no such folder in a place that shows its folders.
    private func firstPage(_ prefix: String) async throws(RemoteError) -> Page? {
        do throws(RemoteError) {
            if let page = try await page(prefix) { return page }
        } catch {
            // Some servers take the slash for something that an object is told.
            guard error.reason == .notListable, let name = String(prefix.utf8.dropLast()), !name.isEmpty,
                await isObject(name)
            else { throw error }
        }
        if memory.showsFolders.load(ordering: .relaxed) { return nil }
        guard !prefix.isEmpty, try await page("") != nil else { throw RemoteError(.notListable) }
        return nil
    }

    private func isObject(_ key: String) async -> Bool {
        do throws(RemoteError) {
            return try await look(at: key) != nil
        } catch {
            return false
        }
    }

    /// The page of a folder, and the server's time; `nil` if there is none.
    ///
    /// - Throws: `RemoteError`, with `.notListable` if the server makes none of such folders.
    private func page(_ folder: String) async throws(RemoteError) -> Page? {
        let answer: WebSession.Answer
        do throws(RemoteError) {
            answer = try await session.send(.get, folder, limit: Self.largestPage)
        } catch {
            guard case .tooLarge = error.reason else { throw error }
            throw RemoteError(.unusable("the page of the folder is too long"), folder)
        }
        let response = answer.response
        switch response.status {
        case 200: break
        case 404, 410: return nil
        // Where no page is made a folder may not be looked at, or not so.
        case 403, 405, 501: throw RemoteError(.notListable)
        default: throw RemoteError(response.webReason, folder)
        }
        let type = response.headers["Content-Type"]?.lowercased() ?? ""
        // It may have been sent on, as to where one logs in.
        guard type.contains("html"), response.headers["Content-Encoding"] == nil,
            URLParts(answer.url)?.path.utf8.last == UInt8(ascii: "/")
        else {
            throw RemoteError(.notListable)
        }
        let page = FolderPage(response.body, at: answer.url)
        guard page.isListing else { throw RemoteError(.notListable) }
        memory.showsFolders.store(true, ordering: .relaxed)
        return (page, response.headers["Date"].flatMap { HTTPDate.parse($0) })
    }
}
