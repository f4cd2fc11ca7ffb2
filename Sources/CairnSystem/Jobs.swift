/// Asynchronous work on many items.
public enum Jobs {
    /// Works on items, the first ones first and at most so many at a time, and waits for all that were begun.
    ///
    /// - Throws: the first failure; nothing is begun after it.
    public static func run<Item: Sendable, Failure: Error>(
        _ items: [Item], atATime limit: Int,
        _ body: @escaping @Sendable (Item) async throws(Failure) -> Void
    ) async throws(Failure) {
        let failure = await withTaskGroup(of: Failure?.self) { group in
            var rest = items.makeIterator()
            func begin() {
                guard let item = rest.next() else { return }
                group.addTask {
                    do throws(Failure) {
                        try await body(item)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for _ in 0..<min(max(1, limit), items.count) { begin() }
            var failure: Failure?
            while let outcome = await group.next() {
                if failure == nil { failure = outcome }
                if failure == nil { begin() }
            }
            return failure
        }
        if let failure { throw failure }
    }
}
