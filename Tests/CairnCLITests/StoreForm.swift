import CairnTestSupport
import Testing

/// The ways in which a repository keeps its data.
enum StoreForm: String, CaseIterable, CustomTestStringConvertible, Sendable {
    /// DVC's format: one file for each object.
    case dvc
    /// The native format with a packed cache.
    case packed
    /// The native format with one file for each object, which the workspace shares by hard links.
    case linked

    /// Those that only cairn knows.
    static let native: [StoreForm] = [.packed, .linked]

    var testDescription: String { rawValue }

    /// The settings of a repository with a remote of its own.
    func configuration(remote: String) -> String {
        let store = "[core]\n    remote = store\n['remote \"store\"']\n    url = \(remote)\n"
        switch self {
        case .dvc: return store
        case .packed: return store + Sandbox.nativeSettings
        case .linked: return store + Sandbox.nativeSettings + "[cache]\n    type = hardlink\n"
        }
    }

    /// Makes a repository of this form, with `remote` as its remote.
    func makeProject(_ folder: String, in sandbox: Sandbox) throws {
        try sandbox.makeProject(folder, settings: configuration(remote: sandbox("remote")))
    }

    /// What is wrong with the objects of a store; names that are none are left to `strays`.
    func problems(in store: String) throws -> [String] {
        guard self == .dvc else { return try NativeStoreCheck.problems(in: store) }
        return try StoreCheck.problems(in: store).filter { !$0.hasSuffix("is not the name of an object") }
    }

    /// What pointers of a project name and a store lacks.
    func missing(from store: String, forPointersOf project: String) throws -> [String] {
        self == .dvc
            ? try StoreCheck.missing(from: store, forPointersOf: project)
            : try NativeStoreCheck.missing(from: store, forPointersOf: project)
    }

    /// Files of ours that a finished command should not have left: in the workspace, the cache and the folder of our state.
    func leftovers(in project: String) throws -> [String] {
        let cache = "\(project)/.dvc/cache"
        let strays =
            self == .dvc
            ? try StoreCheck.problems(in: cache).filter { $0.hasSuffix("is not the name of an object") }
            : NativeStoreCheck.strays(in: cache)
        let temporary = Files.paths(below: project).filter {
            $0.hasPrefix(".dvc/cache/cairn.tmp/") || $0.hasPrefix(".dvc/tmp/cairn/scratch/")
        }
        return strays + temporary + StoreCheck.leftovers(in: project).filter { !$0.hasPrefix(".dvc/cache/") }
    }
}
