import CairnCore
import CairnStore
import CairnSystem

/// One analysis: trees are taken in one after the other, then the report is made.
struct AnalysisRun {
    /// A file that was read.
    private struct File {
        let digest: Digest
        let size: Int64
        let tree: Int32
        let position: Int32
        let account: Int32
    }

    /// Files of one path and one kind; or what the listing of a path takes.
    private struct Account: Hashable {
        let tree: Int
        let kind: [UInt8]?
        var isListing = false
    }

    /// There may be as many extensions as files: beyond this many they are counted together.
    private static let kindLimit = 1000
    private static let smallSize: Int64 = 4096
    private static let duplicateLimit = 20

    private let options: AnalyzeOptions
    private let session: Session?
    private let reporter: any Reporter
    private let workers: Workers
    private let store: ObjectStore?
    private let forecast: StorageForecast
    private var trees: [AnalyzedTree] = []
    private var files: [File] = []
    private var failures: [CairnError] = []
    private var accounts: [Account: Int] = [:]
    private var kinds: Set<[UInt8]> = []
    private var amounts: [AnalyzeReport.Amounts] = []
    /// The files that a cache of whole files has, each once.
    private var cachedFiles: Set<Digest> = []
    private var cachedBytes: Int64 = 0

    init(_ options: AnalyzeOptions, _ session: Session?, _ reporter: any Reporter) throws {
        self.options = options
        self.session = session
        self.reporter = reporter
        workers = session?.workers ?? .perProcessor
        store = try session?.store()
        forecast = try StorageForecast(beside: store?.packed, memory: options.memory)
    }

    /// True in a repository whose cache keeps whole files under MD5.
    private var isDVC: Bool { session?.workspace.isNative == false }

    // MARK: reading

    mutating func take(_ tree: AnalyzedTree) throws {
        let number = trees.count
        trees.append(tree)
        let snapshot = tree.snapshot
        let owners = (0..<snapshot.count).map { account(of: $0, tree, number) }
        let folder = try Folder(tree.base.isEmpty ? "." : tree.base)
        let intake = Intake(
            measuring: forecast, accounts: owners, workers: workers, reporter: reporter)
        let report = try intake.read(snapshot, at: Array(0..<snapshot.count), in: folder)
        for file in report.files {
            let size = report.size(of: file, in: snapshot)
            files.append(
                File(
                    digest: file.digest, size: size, tree: Int32(number),
                    position: Int32(file.index), account: Int32(owners[file.index])))
            amounts[owners[file.index]].files += 1
            amounts[owners[file.index]].bytes += size
            if size < Self.smallSize { amounts[owners[file.index]].smallFiles += 1 }
        }
        failures += report.failures.map { CairnError($0.error) }
        if tree.isFolder { try takeListing(report, tree, number) }
        try compareWithCache(report, snapshot, folder)
    }

    /// The account of a file, made if it is the first.
    private mutating func account(of position: Int, _ tree: AnalyzedTree, _ number: Int) -> Int {
        let isLink = tree.snapshot.files[position].kind == .symbolicLink
        var kind = isLink ? nil : Self.kind(of: tree.snapshot.paths[position])
        if let name = kind, !kinds.contains(name) {
            if kinds.count < Self.kindLimit { kinds.insert(name) } else { kind = Array("…".utf8) }
        }
        return account(Account(tree: number, kind: kind))
    }

    private mutating func account(_ key: Account) -> Int {
        if let known = accounts[key] { return known }
        accounts[key] = amounts.count
        amounts.append(AnalyzeReport.Amounts())
        return amounts.count - 1
    }

    /// `.csv` of `a/b.CSV`, `.tar.gz` of `b.tar.gz`; empty for a name without extension.
    static func kind(of path: some BidirectionalCollection<UInt8>) -> [UInt8] {
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { path.index(after: $0) } ?? path.startIndex
        let parts = path[start...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // `.gitignore` has none.
        guard parts.count > 1, let last = parts.last, !last.isEmpty, last.count <= 12,
            parts.count > 2 || !parts[0].isEmpty
        else { return [] }
        func lowered(_ part: some Sequence<UInt8>) -> [UInt8] {
            [UInt8(ascii: ".")] + part.map { (65...90).contains($0) ? $0 + 32 : $0 }
        }
        let kind = lowered(last)
        guard compressors.contains(where: { kind.elementsEqual($0.utf8) }), parts.count > 2,
            let inner = parts.dropLast().last, inner.count <= 8,
            inner.first.map({ ($0 | 32) >= 97 && ($0 | 32) <= 122 }) == true,
            parts.count > 3 || !parts[0].isEmpty
        else { return kind }
        return lowered(inner) + kind
    }

    private static let compressors = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".z"]

    /// The listing that a directory would get, as far as its files could be read.
    private mutating func takeListing(_ report: Intake.Report, _ tree: AnalyzedTree, _ number: Int) throws {
        var builder = DirListingBuilder(.native)
        builder.reserve(count: report.digests.count, pathBytes: report.digests.count * 24)
        for file in report.files {
            let seen = tree.snapshot.files[file.index]
            let kind: DirListing.Kind =
                seen.kind == .symbolicLink ? .symbolicLink : seen.isExecutable ? .executable : .file
            try tree.snapshot.paths.withPath(file.index) { (path) throws(DirListingError) in
                try builder.append(
                    path, file.digest, kind: kind, size: report.size(of: file, in: tree.snapshot))
            }
        }
        for folder in tree.snapshot.emptyFolders { try builder.append(emptyFolder: folder) }
        let (id, bytes) = try builder.listing().identified(.blake3)
        try forecast.add(
            listing: bytes, id: id, to: account(Account(tree: number, kind: nil, isListing: true)))
    }

    /// Looks which files a cache has as files.
    private mutating func compareWithCache(
        _ report: Intake.Report, _ snapshot: TreeSnapshot, _ folder: Folder
    ) throws {
        guard let store, store.folder != nil else { return }
        var found = report
        if isDVC {
            let positions = found.files.map(\.index).filter { snapshot.files[$0].kind == .regular }
            reporter.begin(
                "comparing with the cache", items: positions.count,
                bytes: positions.reduce(0) { $0 + snapshot.files[$1].size })
            found = try Intake(.md5, workers: workers, reporter: reporter)
                .read(snapshot, at: positions, in: folder)
        }
        for file in found.files {
            let size = found.size(of: file, in: snapshot)
            guard size > 0 else { continue }
            let id = ObjectID(isDVC ? .md5 : .blake3, file.digest)
            guard try store.loose.status(of: id) != nil, cachedFiles.insert(file.digest).inserted else {
                continue
            }
            cachedBytes += size
        }
    }

    // MARK: the report

    mutating func report() -> AnalyzeReport {
        var report = AnalyzeReport()
        for (number, forecast) in forecast.finish().enumerated() {
            amounts[number].distinctChunks = forecast.distinct
            amounts[number].known = forecast.known
            amounts[number].stored = forecast.stored
            amounts[number].incompressible = forecast.incompressible
            amounts[number].overhead = forecast.overhead
        }
        report.duplicates = countCopies()
        var byKind: [[UInt8]?: AnalyzeReport.Amounts] = [:]
        var byTree = [AnalyzeReport.Amounts](repeating: AnalyzeReport.Amounts(), count: trees.count)
        for (account, number) in accounts {
            report.total.add(amounts[number])
            byTree[account.tree].add(amounts[number])
            if !account.isListing {
                byKind[account.kind, default: AnalyzeReport.Amounts()].add(amounts[number])
            }
        }
        report.paths = zip(trees, byTree).map { ($0.name, $1) }
        report.kinds = byKind.map { AnalyzeReport.Kind(name: $0.key, amounts: $0.value) }
        report.kinds.sort { left, right in
            let (one, other) = (left.amounts, right.amounts)
            if one.stored != other.stored { return one.stored > other.stored }
            if one.bytes != other.bytes { return one.bytes > other.bytes }
            return (left.name ?? []).lexicographicallyPrecedes(right.name ?? [])
        }
        report.failures = failures
        report.sample = 1 << forecast.sampleShift
        report.cache = cache
        report.advice = AnalysisAdvice.of(report, parquet: parquetFiles())
        return report
    }

    private var cache: AnalyzeReport.Cache {
        guard let store, store.folder != nil else { return .none }
        if isDVC || (store.packed == nil && cachedBytes > 0) { return .files(bytes: cachedBytes) }
        return store.packed == nil ? .none : .chunks
    }

    /// Counts files that came before, and lists those with most bytes in copies.
    private mutating func countCopies() -> [AnalyzeReport.Duplicate] {
        files.sort { ($0.digest, $0.tree, $0.position) < ($1.digest, $1.tree, $1.position) }
        var groups: [Range<Int>] = []
        var start = 0
        while start < files.count {
            var end = start + 1
            while end < files.count, files[end].digest == files[start].digest { end += 1 }
            amounts[Int(files[start].account)].distinctFiles += files[start].size
            for copy in files[(start + 1)..<end] { amounts[Int(copy.account)].copies += 1 }
            if end - start > 1, files[start].size > 0 { groups.append(start..<end) }
            start = end
        }
        func wasted(_ group: Range<Int>) -> Int64 { files[group.lowerBound].size * Int64(group.count - 1) }
        groups.sort { (wasted($1), $0.lowerBound) < (wasted($0), $1.lowerBound) }
        return groups.prefix(Self.duplicateLimit).map { group in
            AnalyzeReport.Duplicate(
                size: files[group.lowerBound].size, count: group.count,
                paths: files[group].prefix(3).map { trees[Int($0.tree)].displayed(Int($0.position)) })
        }
    }

    /// Bytes of parquet files whose name another path has too, with other content: versions of each other, by all appearances.
    private func parquetFiles() -> Int64 {
        var seen: [[UInt8]: (tree: Int32, digest: Digest)] = [:]
        var bytes: Int64 = 0
        for file in files.sorted(by: { ($0.tree, $0.position) < ($1.tree, $1.position) }) {
            let tree = trees[Int(file.tree)]
            let name = Array(tree.snapshot.paths[Int(file.position)])
            guard Self.kind(of: name).elementsEqual(".parquet".utf8) else { continue }
            if let known = seen[name] {
                if known.tree != file.tree, known.digest != file.digest { bytes += file.size }
            } else {
                seen[name] = (file.tree, file.digest)
            }
        }
        return bytes
    }
}
