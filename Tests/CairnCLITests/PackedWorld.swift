import CairnTestSupport

/// A native repository `one` with a folder remote, `remote`, which is packed, and what tests do with both.
struct PackedWorld {
    let sandbox: Sandbox

    /// Makes the repository with a directory and a file of several chunks.
    ///
    /// - Parameter isPushed: whether its data is on the remote already.
    init(isPushed: Bool = true) throws {
        sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        var random = SeededRandom(seed: 7)
        try random.fill(sandbox("one/data"), files: 40, size: 3000)
        try Files.write(random.bytes(900_000), to: sandbox("one/big"))
        try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
        try sandbox.commit("one", "data")
        if isPushed { try sandbox.must(.cairn, "push", "-q", in: "one") }
    }

    /// Makes a world without a repository.
    init(empty: ()) throws { sandbox = try Sandbox() }

    /// Clones the repository: pointers without data.
    func clone(_ name: String = "two") throws {
        Files.delete(sandbox(name))
        try sandbox.git("clone", "-q", sandbox("one"), name, in: "")
    }

    /// Runs cairn.
    func cairn(_ arguments: String..., in folder: String = "one") throws -> Program.Result {
        try sandbox.run(.cairn, arguments, in: folder)
    }

    /// Paths of the remote's files below a folder, from the top of the remote.
    func remote(_ folder: String) -> [String] {
        Files.paths(below: sandbox("remote/\(folder)")).map { "\(folder)/\($0)" }.sorted()
    }

    /// The packs of the remote, the longest first: data before what describes it.
    var packs: [String] {
        get throws {
            try remote("packs").map { ($0, try Files.read(sandbox("remote/\($0)")).count) }
                .sorted { $0.1 > $1.1 }.map(\.0)
        }
    }

    /// All bytes of the remote, by path.
    func remoteBytes() throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        for path in Files.paths(below: sandbox("remote")) {
            all[path] = try Files.read(sandbox("remote/\(path)"))
        }
        return all
    }

    /// Changes bytes in the middle of a file of the remote.
    func damage(_ path: String, at place: Int? = nil) throws {
        var bytes = try Files.read(sandbox("remote/\(path)"))
        let place = place ?? bytes.count / 2
        for index in place..<min(place + 16, bytes.count) { bytes[index] ^= 0x5A }
        Files.delete(sandbox("remote/\(path)"))
        try Files.write(bytes, to: sandbox("remote/\(path)"))
    }

    /// Cuts a file of the remote in half.
    func truncate(_ path: String) throws {
        let bytes = try Files.read(sandbox("remote/\(path)"))
        Files.delete(sandbox("remote/\(path)"))
        try Files.write(bytes.prefix(bytes.count / 2), to: sandbox("remote/\(path)"))
    }

    /// Forgets all that a repository has, but for its pointers.
    func forgetData(_ folder: String) {
        for path in [".dvc/cache", ".dvc/tmp", "data", "big"] { Files.delete(sandbox("\(folder)/\(path)")) }
    }
}
