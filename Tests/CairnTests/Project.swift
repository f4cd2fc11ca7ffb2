import CairnCore
import CairnSystem
import CairnTestSupport
import Synchronization

@testable import Cairn

/// A sandbox whose workspaces are worked with through the library.
struct Project {
    let sandbox: Sandbox

    /// Makes the workspace `one` with the remote `remote`.
    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
    }

    func callAsFunction(_ path: String) -> String { sandbox(path) }

    /// A workspace, seen by a user who stands at its top.
    func workspace(_ name: String = "one", as personality: Personality = .cairn) throws -> Workspace {
        let place = Surroundings(
            environment: sandbox.environment, workingDirectory: FilePath(sandbox(name)),
            home: FilePath(sandbox("home")))
        return try Workspace.discover(from: place, as: personality)
    }

    func write(_ text: String, to path: String, in name: String = "one") throws {
        try Files.write(text, to: sandbox("\(name)/\(path)"))
    }

    /// Writes, adds and commits two versions of `data` (two files) and `alone`, tagged `v1` and `v2`, and pushes both.
    func makeHistory() throws {
        for version in ["v1", "v2"] {
            try write(version, to: "data/changing")
            try write("same", to: "data/constant")
            try write("\(version) alone", to: "alone")
            _ = try workspace().add(["data", "alone"])
            try sandbox.commit("one", version)
            try sandbox.git("tag", version, in: "one")
            _ = try workspace().push()
        }
    }

    /// The path of the object with these bytes in a store.
    func object(_ text: String, in store: String = "one/.dvc/cache") -> String {
        let digits = MD5.digest(of: Array(text.utf8)).hex
        return sandbox("\(store)/files/md5/\(digits.prefix(2))/\(digits.dropFirst(2))")
    }

    /// Replaces the bytes of an object.
    func damage(_ text: String, in store: String = "one/.dvc/cache") throws {
        let path = object(text, in: store)
        Files.delete(path)
        try Files.write("damaged", to: path, mode: 0o444)
    }

    /// The ids of all objects of a store.
    func ids(in store: String = "one/.dvc/cache") -> Set<String> {
        Set(StoreCheck.objects(in: sandbox(store)).keys)
    }

    /// The files of all listings in a store.
    func listings(in store: String = "one/.dvc/cache") -> [String] {
        StoreCheck.objects(in: sandbox(store)).filter { $0.key.hasSuffix(".dir") }.map(\.value).sorted()
    }

    func clone(_ name: String = "two") throws { try sandbox.clone("one", to: name) }
}

/// Remembers what a verb warned of.
final class Warnings: Reporter {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }

    func begin(_ phase: String, items: Int?, bytes: Int64?) {}
    func advance(items: Int, bytes: Int64) {}
    func warn(_ message: String, hint: String?) { list.withLock { $0.append(message) } }
}
