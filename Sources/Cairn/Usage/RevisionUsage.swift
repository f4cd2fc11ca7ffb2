import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What the workspace and revisions take.
struct RevisionUsage {
    private let session: Session
    private let paths: [RepoPath?]
    private let scope: RevisionScope
    private var names: [String?] = []
    /// Which rows need an output, or a part of one.
    private var users: [WantedOutput: [Int]] = [:]
    /// What rows need besides what was asked for.
    private var others: Set<WantedOutput> = []

    init(_ paths: [RepoPath?], _ scope: RevisionScope, _ session: Session) throws {
        self.session = session
        self.paths = paths
        self.scope = scope
        add(try WorkspaceScan.run(session, keepsGoing: true), nil)
        var reader = try RevisionReader(session)
        guard let git = try session.git() else { preconditionFailure("the reader has found the repository") }
        for commit in try scope.commits(in: git) {
            guard let content = try reader.read(commit, onlyNew: false) else { continue }
            add(content.index, commit.name)
        }
    }

    private mutating func add(_ index: OutputIndex, _ name: String?) {
        for problem in index.problems { session.reporter.warn(problem.error.message, hint: nil) }
        let row = names.count
        names.append(name)
        for output in index.outputs {
            let parts = targets(in: output)
            for part in parts {
                if let wanted = WantedOutput(part) { users[wanted, default: []].append(row) }
            }
            if parts.first?.part != nil || parts.isEmpty,
                let wanted = WantedOutput(TargetedOutput(output: output, part: nil))
            {
                others.insert(wanted)
            }
        }
    }

    /// What was asked for of an output.
    private func targets(in output: TrackedOutput) -> [TargetedOutput] {
        var targets: [TargetedOutput] = []
        for path in paths {
            guard let path, path != output.path, !output.path.isBelow(path) else {
                targets.append(TargetedOutput(output: output, part: nil))
                continue
            }
            if path.isBelow(output.path) { targets.append(TargetedOutput(output: output, part: path)) }
        }
        return targets
    }

    func report() throws -> UsageReport {
        guard !users.isEmpty else {
            throw CairnError(.notFound, "nothing is tracked there, in the workspace or in these revisions")
        }
        var ledger = UsageLedger(shown: names.count)
        var apparent = [Int64?](repeating: 0, count: names.count)
        let reader = try ListingReader(session, movesDamagedAside: false)
        session.reporter.begin("measuring", items: users.count, bytes: nil)
        for (output, rows) in users {
            var set = UserSets.none
            for row in rows { set = ledger.union(set, ledger.user(row)) }
            let size = try note(output, set, reader, &ledger)
            for row in rows { apparent[row] = UsageReport.sum(apparent[row], size) }
            session.reporter.advance(items: 1, bytes: 0)
        }
        let rest = ledger.user(names.count)
        for output in others { try noteRest(output, rest, reader, &ledger) }
        try ledger.settle(session.store())
        var report = UsageReport()
        for (row, amounts) in ledger.amounts().enumerated() {
            report.rows.append(
                UsageReport.Row(.revision(names[row]), apparent: apparent[row], amounts))
        }
        // The same bytes are in several revisions, so their sizes have no sum that means anything.
        report.rows.append(
            UsageReport.Row(.total, apparent: nil, ledger.amounts(of: 0..<names.count), isSum: true))
        return report
    }

    /// Notes the objects of an output.
    ///
    /// - Returns: the bytes of its files; `nil` if they are not known.
    private func note(
        _ output: WantedOutput, _ set: Int32, _ reader: ListingReader, _ ledger: inout UsageLedger
    ) throws -> Int64? {
        try Interruption.check()
        let store = try session.store()
        if output.part == nil || !output.id.isDirectory { ledger.note(output.id, set) }
        guard output.id.isDirectory else { return try output.size ?? store.size(of: output.id) }
        guard let listing = try listing(of: output, reader) else {
            ledger.note(output.id, set)
            return output.part == nil ? output.size : nil
        }
        var size: Int64? = 0
        for index in 0..<listing.count where output.covers(listing.paths[index]) {
            guard let id = listing.object(at: index, output.id.algorithm) else { continue }
            ledger.note(id, set)
            guard output.part != nil || output.size == nil else { continue }
            size = UsageReport.sum(size, try listing.size(at: index) ?? store.size(of: id))
        }
        return output.part == nil ? output.size ?? size : size
    }

    /// Notes the objects of an output as far as they were not asked for.
    private func noteRest(
        _ output: WantedOutput, _ set: Int32, _ reader: ListingReader, _ ledger: inout UsageLedger
    ) throws {
        ledger.note(output.id, set)
        guard output.id.isDirectory, let listing = try listing(of: output, reader) else { return }
        let asked = paths.compactMap { $0?.relative(to: output.path)?.bytes }
        for index in 0..<listing.count {
            let path = listing.paths[index]
            let isAsked = asked.contains {
                path.starts(with: $0)
                    && (path.count == $0.count || path[path.startIndex + $0.count] == UInt8(ascii: "/"))
            }
            if !isAsked, let id = listing.object(at: index, output.id.algorithm) { ledger.note(id, set) }
        }
    }

    private func listing(of output: WantedOutput, _ reader: ListingReader) throws -> DirListing? {
        if let recorded = output.recordedListing { return recorded }
        guard case .success(let listing) = try reader.listing(output.id) else { return nil }
        return listing
    }
}
