import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

/// A store, a workspace and what lies between them, in a folder of their own.
final class StoreFixture: Sendable {
    let root: String
    let store: LooseStore
    let workspace: Folder
    private let scratch: ScratchDirectory?
    private let disk: MountedDisk?

    /// Makes them below a scratch folder, or on a file system.
    init(on disk: MountedDisk? = nil) throws {
        umask(0o022)
        self.disk = disk
        scratch = try disk == nil ? ScratchDirectory() : nil
        root = disk?.path ?? scratch?.path ?? ""
        store = try LooseStore(at: FilePath(root + "/store"), creating: true)
        try Files.makeFolder(root + "/w")
        workspace = try Folder(FilePath(root + "/w"))
    }

    func callAsFunction(_ relative: String) -> String { "\(root)/\(relative)" }

    var quarantine: FilePath { FilePath(self("damaged")) }

    /// Puts an object into the store; `content` may differ from what the id says.
    @discardableResult
    func put(_ text: String, as content: String? = nil, _ algorithm: HashAlgorithm = .md5) throws -> ObjectID
    {
        try put(Array(text.utf8), as: content.map { Array($0.utf8) }, algorithm)
    }

    @discardableResult
    func put(_ bytes: [UInt8], as content: [UInt8]? = nil, _ algorithm: HashAlgorithm = .md5) throws
        -> ObjectID
    {
        let id = id(bytes, algorithm)
        try Files.write(content ?? bytes, to: store.path(of: id).string, mode: 0o444)
        return id
    }

    func id(_ bytes: [UInt8], _ algorithm: HashAlgorithm = .md5) -> ObjectID {
        var hasher = ContentHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return ObjectID(algorithm, hasher.finish())
    }

    func id(_ text: String, _ algorithm: HashAlgorithm = .md5) -> ObjectID { id(Array(text.utf8), algorithm) }

    func snapshot(followsLinks: Bool = true) throws -> TreeSnapshot {
        try TreeWalker(workers: Workers(count: 2), following: followsLinks ? .all : .none) { _, _ in false }
            .snapshot(
                of: workspace.path)
    }

    /// Reads files of the workspace into the store; all of them, or some.
    func take(
        _ snapshot: TreeSnapshot? = nil, at positions: [Int]? = nil, types: [LinkType] = [.copy],
        expecting: Int = 10,
        workers: Int = 2, reporter: any Reporter = SilentReporter(), commits: Bool = true
    ) throws -> Intake.Report {
        let snapshot = try snapshot ?? self.snapshot()
        let batch = try DurableBatch(in: #require(store.folder))
        let inventory = try ObjectInventory(of: ObjectStore(store), expecting: expecting)
        let destination = Intake.Destination(
            store: ObjectStore(store), inventory: inventory, batch: batch, types: types,
            quarantine: quarantine)
        let intake = Intake(.md5, into: destination, workers: Workers(count: workers), reporter: reporter)
        let report = try intake.read(snapshot, at: positions ?? Array(0..<snapshot.count), in: workspace)
        if commits { try report.commit(batch) }
        return report
    }

    func place(
        _ items: Placement.Items, types: [LinkType] = [.copy], index: StatIndex? = nil,
        scratch: String? = nil, workers: Int = 2,
        reporter: any Reporter = SilentReporter()
    ) throws -> Placement.Report {
        let folder = FilePath(scratch ?? self("state"))
        try folder.makeFolders()
        let placement = Placement(
            from: ObjectStore(store), into: workspace,
            scratch: try ScratchFolder(in: Folder(folder), "scratch"),
            types: types, index: index,
            workers: Workers(count: workers), reporter: reporter)
        return try placement.place(items)
    }

    /// Nothing half-done lies around, and every object is what its name says.
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let left = Files.paths(below: root).filter { path in
            path.contains("cairn.tmp") || path.contains(".cairn-") || path.hasPrefix("state/")
        }
        #expect(left == [], sourceLocation: sourceLocation)
        #expect(try StoreCheck.problems(in: self("store")) == [], sourceLocation: sourceLocation)
    }
}

/// Calls a closure whenever work goes on, so that a test can change something in the middle; it is called on one thread at a time.
final class Interloper: Reporter {
    private let action: Mutex<@Sendable (_ items: Int, _ bytes: Int64) -> Void>
    let warnings = Mutex<[String]>([])

    init(_ action: @escaping @Sendable (_ items: Int, _ bytes: Int64) -> Void = { _, _ in }) {
        self.action = Mutex(action)
    }

    func begin(_ phase: String, items: Int?, bytes: Int64?) {}
    func advance(items: Int, bytes: Int64) { action.withLock { $0(items, bytes) } }
    func warn(_ message: String, hint: String?) { warnings.withLock { $0.append(message) } }
}

/// Something that happens once.
final class Once: Sendable {
    private let done = Mutex(false)
    func callAsFunction(_ body: () -> Void) {
        if done.withLock({ done in
            defer { done = true }; return !done
        }) {
            body()
        }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func status(_ path: String) throws -> FileStatus { try #require(try FilePath(path).status()) }

/// Stops being root in the process of an exit test; nothing happens where the tests are not run as root.
func dropPrivileges() {
    guard geteuid() == 0 else { return }
    guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else { exit(99) }
}

extension SeededRandom {
    /// That many bytes that look random, and are made quickly in a debug build.
    mutating func content(_ count: Int) -> [UInt8] {
        let piece = bytes(min(count, 4093))
        var result: [UInt8] = []
        result.reserveCapacity(count + piece.count)
        while result.count < count { result += piece }
        result.removeLast(result.count - count)
        return result
    }
}
