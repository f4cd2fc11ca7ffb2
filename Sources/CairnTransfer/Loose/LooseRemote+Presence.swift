public import CairnCore
import CairnRemote
import CairnSystem

extension LooseRemote {
    /// How to find out which objects are there.
    enum Look: Equatable {
        /// Each is asked for.
        case each
        /// All are listed, page after page.
        case whole
        /// All are listed, many folders at a time.
        case folders
    }

    /// What fits on a page of a listing, as services make them.
    static let pageSize = 1000
    /// The most objects that are listed in one go: who lists holds the list in memory.
    static let longestList = 100_000

    /// The look that takes the least time, and of those that take the same the one with the fewest requests.
    ///
    /// - Parameter there: about how many objects there are.
    static func bestLook(for wanted: Int, among there: Int, jobs: Int) -> Look {
        func rounds(_ requests: Int) -> Int { (requests + jobs - 1) / jobs }
        let pages = there / pageSize + 1
        let folderPages = 256 * (there / 256 / pageSize + 1)
        var looks = [(look: Look.each, time: rounds(wanted), requests: wanted)]
        if there <= longestList { looks.append((.whole, pages, pages)) }
        looks.append((.folders, rounds(folderPages), folderPages))
        return looks.min { ($0.time, $0.requests) < ($1.time, $1.requests) }?.look ?? .each
    }

    /// Finds out which of some objects are there. Their bytes are not looked at.
    ///
    /// - Returns: those that are there, with their sizes.
    /// - Throws: `TransferError` if the remote cannot be looked at.
    public func presence(of ids: [ObjectID]) async throws(TransferError) -> [ObjectID: Int64] {
        var found: [ObjectID: Int64] = [:]
        for (algorithm, ids) in Dictionary(grouping: ids, by: \.algorithm) {
            let part = try await remotely { () async throws(RemoteError) in
                try await presence(of: ids, algorithm)
            }
            found.merge(part) { first, _ in first }
        }
        return found
    }

    private func presence(
        of ids: [ObjectID], _ algorithm: HashAlgorithm
    ) async throws(RemoteError) -> [ObjectID: Int64] {
        guard ids.count > jobs else { return try await ask(ids) }
        do throws(RemoteError) {
            let prefix = Self.prefix(of: algorithm)
            let sample = try await remote.list("\(prefix)00/").objects.count
            var look = Self.bestLook(for: ids.count, among: sample * 256, jobs: jobs)
            // At the top there is more than these.
            if look == .whole, prefix.isEmpty { look = .folders }
            switch look {
            case .each: return try await ask(ids)
            case .whole: return try await list([prefix], algorithm, for: Set(ids))
            case .folders: return try await list(Self.folders(below: prefix), algorithm, for: Set(ids))
            }
        } catch {
            guard error.reason == .notListable else { throw error }
            return try await ask(ids)
        }
    }

    /// The 256 prefixes of an algorithm's objects.
    static func folders(below prefix: String) -> [String] {
        (0..<256).map { "\(prefix)\($0 < 16 ? "0" : "")\(String($0, radix: 16))/" }
    }

    private func ask(_ ids: [ObjectID]) async throws(RemoteError) -> [ObjectID: Int64] {
        let found = Guarded<[ObjectID: Int64]>([:])
        try await Jobs.run(ids, atATime: jobs) { (id) throws(RemoteError) in
            guard let size = try await remote.size(of: Self.key(of: id)) else { return }
            found.update { $0[id] = size }
        }
        return found.value
    }

    private func list(
        _ prefixes: [String], _ algorithm: HashAlgorithm, for wanted: Set<ObjectID>
    ) async throws(RemoteError) -> [ObjectID: Int64] {
        let found = Guarded<[ObjectID: Int64]>([:])
        try await Jobs.run(prefixes, atATime: jobs) { (prefix) throws(RemoteError) in
            var part: [ObjectID: Int64] = [:]
            for object in try await remote.list(prefix).objects {
                guard let id = Self.object(ofKey: object.key, algorithm), wanted.contains(id) else {
                    continue
                }
                part[id] = object.size
            }
            found.update { [part] in $0.merge(part) { first, _ in first } }
        }
        return found.value
    }
}
