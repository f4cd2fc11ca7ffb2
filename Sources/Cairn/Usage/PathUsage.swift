import CairnCore
import CairnStore
import CairnSystem

/// What paths of the workspace, or of one revision, take.
struct PathUsage {
    /// A row that is no sum: users of the ledger are such rows.
    private struct Leaf {
        let path: RepoPath?
        var apparent: Int64? = 0
    }

    /// A path that was asked for, and its leaves. The last of several is the folder itself: its listing.
    private struct Group {
        let path: RepoPath?
        let leaves: Range<Int>
    }

    private let session: Session
    private let store: ObjectStore
    private let top: ListEntry
    private let summarizes: Bool
    private var leaves: [Leaf] = []
    private var groups: [Group] = []

    init(_ paths: [RepoPath?], _ options: UsageOptions, _ session: Session) throws {
        self.session = session
        store = try session.store()
        summarizes = options.summarizes
        var wanted = ListOptions()
        wanted.onlyTracked = true
        wanted.depth = nil
        wanted.revision = options.revision
        top = try session.workspace.list(nil, wanted, reporter: session.reporter)
        for path in paths { try add(path) }
    }

    private mutating func add(_ path: RepoPath?) throws {
        guard let entry = Self.entry(path, in: top), path == nil || Self.isTracked(entry) else {
            let name = session.workspace.relativeToUser(path).printable
            throw CairnError(
                .notFound, "'\(name)' is not tracked, nor is anything in it",
                hint: "see what data would take: `cairn analyze \(Shell.quoted(name))`")
        }
        let start = leaves.count
        if entry.isFolder, !summarizes {
            for inner in entry.contents ?? [] where Self.isTracked(inner) {
                let name = try RepoPath(validating: inner.name)
                leaves.append(Leaf(path: path?.appending(name) ?? name))
            }
        }
        leaves.append(Leaf(path: path))
        groups.append(Group(path: path, leaves: start..<leaves.count))
    }

    private static func entry(_ path: RepoPath?, in top: ListEntry) -> ListEntry? {
        var entry: ListEntry? = top
        for name in path?.components ?? [] {
            entry = entry?.contents?.first { $0.name.elementsEqual(name) }
        }
        return entry
    }

    private static func isTracked(_ entry: ListEntry) -> Bool {
        entry.isOutput || (entry.contents ?? []).contains(where: isTracked)
    }

    func report() throws -> UsageReport {
        var ledger = UsageLedger(shown: leaves.count)
        var leafOf: [RepoPath?: Int] = [:]
        for (number, leaf) in leaves.enumerated() { leafOf[leaf.path] = number }
        var apparent = leaves.map(\.apparent)
        session.reporter.begin("measuring", items: nil, bytes: nil)
        _ = try visit(top, nil, leaves.count, leafOf, &ledger, &apparent)
        try ledger.settle(store)
        let amounts = ledger.amounts()
        var report = UsageReport()
        for group in groups {
            for number in group.leaves.dropLast() {
                report.rows.append(row(leaves[number].path, apparent[number], amounts[number]))
            }
            guard let own = group.leaves.last else { continue }
            let isSum = group.leaves.count > 1
            report.rows.append(
                row(group.path, apparent[own], ledger.amounts(of: group.leaves), isSum: isSum))
        }
        if groups.count > 1 {
            var sum: Int64? = 0
            for group in groups { sum = UsageReport.sum(sum, apparent[group.leaves.upperBound - 1]) }
            let all = ledger.amounts(of: 0..<leaves.count)
            report.rows.append(UsageReport.Row(.total, apparent: sum, all, isSum: true))
        }
        return report
    }

    private func row(
        _ path: RepoPath?, _ apparent: Int64?, _ amounts: UsageLedger.Amounts, isSum: Bool = false
    ) -> UsageReport.Row {
        UsageReport.Row(
            .path(session.workspace.relativeToUser(path)), apparent: apparent, amounts, isSum: isSum)
    }

    /// Notes what is needed below an entry.
    ///
    /// - Parameter leaf: the row that the entry counts for, unless it has one of its own.
    /// - Returns: the bytes of its files; `nil` if they are not known.
    private func visit(
        _ entry: ListEntry, _ path: RepoPath?, _ leaf: Int, _ leafOf: [RepoPath?: Int],
        _ ledger: inout UsageLedger, _ apparent: inout [Int64?]
    ) throws -> Int64? {
        let leaf = leafOf[path] ?? leaf
        if entry.isOutput, let id = entry.id { ledger.note(id, ledger.user(leaf)) }
        var size: Int64? = 0
        if entry.isFolder {
            try Interruption.check()
            for inner in entry.contents ?? [] {
                let name = try RepoPath(validating: inner.name)
                let own = try visit(
                    inner, path?.appending(name) ?? name, leaf, leafOf, &ledger, &apparent)
                size = UsageReport.sum(size, own)
            }
        } else if entry.isOutput {
            size = try self.size(of: entry)
        }
        // Of a whole directory the pointer says it, also if the listing is not here.
        if entry.isFolder, entry.isOutput, entry.id != nil { size = entry.recordedSize ?? size }
        if leafOf[path] != nil { apparent[leaf] = size }
        return size
    }

    private func size(of entry: ListEntry) throws -> Int64? {
        if let size = entry.recordedSize { return size }
        return try entry.id.flatMap { try store.size(of: $0) } ?? (entry.isThere ? nil : entry.size)
    }
}
