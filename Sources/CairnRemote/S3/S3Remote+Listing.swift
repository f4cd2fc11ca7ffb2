import CairnCore

extension S3Remote {
    /// A page has up to a thousand keys of a KiB, escaped.
    private static let pageLimit = 16 << 20
    /// A service that sends more pages with nothing in them one after the other has lost its way.
    private static let mostEmptyPages = 1000

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        _ = try RemoteKey(prefix: prefix)
        let own = start.utf8.count
        var objects: [RemoteObject] = []
        var isSorted = true
        let date = try await forEachPage(of: prefix, delimiter: nil) { page in
            for object in page.objects {
                // Another's object, or a mark for a folder, has no name that ours have.
                guard object.key.count > own,
                    let key = try? RemoteKey(String(decoding: object.key[own...], as: UTF8.self)).text
                else { continue }
                if let last = objects.last, last.key >= key { isSorted = false }
                objects.append(RemoteObject(key: key, size: object.size, modified: object.modified))
            }
        }
        if !isSorted { objects = Self.sorted(objects) }
        return RemoteListing(objects: objects, now: Self.time(date, objects))
    }

    public func top() async throws(RemoteError) -> Set<String> {
        let own = start.utf8.count
        var found: Set<String> = []
        _ = try await forEachPage(of: "", delimiter: "/") { page in
            for key in page.objects.map(\.key) + page.groups where key.count > own {
                let isGroup = key.last == UInt8(ascii: "/")
                let part = key[own...].dropLast(isGroup ? 1 : 0)
                guard RemoteKey.isPart(part), !RemoteKey.isReserved(part) else { continue }
                found.insert(String(decoding: key[own...], as: UTF8.self))
            }
        }
        return found
    }

    /// Asks for all pages of a listing, one after the other.
    ///
    /// - Returns: the date of the first one, by the service's clock: what came later may be missing in it.
    func forEachPage(
        of prefix: String, delimiter: String?, _ body: (S3ListingPage) -> Void
    ) async throws(RemoteError) -> Int64 {
        var request = S3Request(.get, nil, .list)
        request.limit = Self.pageLimit
        var query: [(name: String, value: String?)] = [("list-type", "2"), ("encoding-type", "url")]
        if let delimiter { query.append(("delimiter", delimiter)) }
        query.append(("prefix", start + prefix))
        request.query = query
        var date: Int64?
        var tokens: Set<String> = []
        var firstKey: [UInt8]?
        var emptyPages = 0
        while true {
            let response = try await session.send(request, prefix)
            if date == nil { date = response.headers["Date"].flatMap { HTTPDate.parse($0) } }
            guard let date else { throw RemoteError(.refused(.unexpected("no date")), prefix) }
            let page: S3ListingPage
            do throws(S3Refusal) {
                page = try S3ListingPage(response.body)
            } catch {
                throw RemoteError(.refused(error), prefix)
            }
            let first = page.objects.first?.key ?? page.groups.first
            let isCircle = first != nil && first == firstKey
            if !isCircle { body(page) }
            guard let next = page.next else { return date }
            firstKey = firstKey ?? first
            emptyPages = first == nil ? emptyPages + 1 : 0
            guard !isCircle, tokens.insert(next).inserted, emptyPages < Self.mostEmptyPages else {
                throw RemoteError(.refused(.unexpected("a listing that goes in circles")), prefix)
            }
            request.query = query + [("continuation-token", next)]
        }
    }

    /// The objects in order, each once. Some services list in no order; what is written meanwhile may come twice.
    private static func sorted(_ objects: [RemoteObject]) -> [RemoteObject] {
        var result: [RemoteObject] = []
        for object in objects.sorted(by: { $0.key < $1.key }) {
            if result.last?.key == object.key { result.removeLast() }
            result.append(object)
        }
        return result
    }

    /// When the listing was made. A date has no fractions of seconds, and the times of objects may have; so the time of an object that came in
    /// that second counts, but no later one: a clock that goes wrong somewhere must not make everything look old.
    private static func time(_ date: Int64, _ objects: [RemoteObject]) -> Int64 {
        objects.reduce(date) { $1.modified <= date + 1000 ? max($0, $1.modified) : $0 }
    }
}
