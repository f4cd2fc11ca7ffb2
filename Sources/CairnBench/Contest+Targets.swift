extension Contest {
    /// Prints whether cairn takes at most `limit` times as long as the slowest of the others.
    func require(atMost limit: Double, timesOf others: String...) {
        let times = others.compactMap { seconds(of: $0) }
        guard times.count == others.count, let other = times.max(), let own = seconds(of: "cairn") else {
            return skip("cairn / \(others.joined(separator: ", "))")
        }
        let name = others.count == 1 ? others[0] : "slower of \(others.joined(separator: " and "))"
        report("time: cairn / \(name)", own / other, limit: limit, isMet: own <= limit * other)
    }

    /// Prints whether cairn is at least `factor` times as fast as another program.
    ///
    /// - Parameter own: the name under which cairn takes part.
    func require(_ own: String = "cairn", atLeast factor: Double, timesFasterThan other: String) {
        guard let slow = seconds(of: other), let fast = seconds(of: own) else {
            return skip("\(other) / \(own)")
        }
        report("time: \(other) / \(own)", slow / fast, limit: factor, isMet: slow >= factor * fast)
    }

    /// Prints whether cairn ends within so many seconds.
    func require(within limit: Double) {
        guard let own = seconds(of: "cairn") else { return skip("seconds") }
        report("seconds", own, limit: limit, isMet: own <= limit)
    }

    /// Prints whether cairn's memory stays below so many mebibytes.
    func require(memoryBelow limit: Double) {
        let own = Double(peak(of: "cairn")) / 1_048_576
        report("peak MiB", own, limit: limit, isMet: own < limit)
    }

    /// Prints whether no run of cairn added more than so many mebibytes to its store.
    func require(storedMebibytesAtMost limit: Double) {
        guard let bytes = storedBytes(of: "cairn") else { return skip("stored MiB") }
        let own = Double(bytes) / 1_048_576
        report("stored MiB", own, limit: limit, isMet: own <= limit)
    }

    private func report(_ what: String, _ value: Double, limit: Double, isMet: Bool) {
        bench.reportTarget(name, tree, what, value, limit: limit, isMet: isMet)
    }

    private func skip(_ what: String) {
        bench.report([
            ("target", .text(name)), ("tree", .text(tree)), ("figure", .text(what)),
            ("skipped", .text("a program is not installed or failed")),
        ])
    }
}
