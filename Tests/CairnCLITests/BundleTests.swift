import CairnTestSupport
import Testing

/// Data in one file.
@Suite("Bundle")
struct BundleTests {
    /// A project with two versions, tagged `v1` and `v2`, and a clone without data.
    private func makeWorld(_ form: StoreForm) throws -> PackedWorld {
        let world = try PackedWorld(empty: ())
        let sandbox = world.sandbox
        try form.makeProject("one", in: sandbox)
        var random = SeededRandom(seed: 21)
        try random.fill(sandbox("one/data"), files: 30, size: 3000)
        let big = random.bytes(1_500_000)
        try Files.write(big, to: sandbox("one/big"))
        try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
        try sandbox.commit("one", "one")
        try sandbox.git("tag", "v1", in: "one")
        Files.delete(sandbox("one/big"))
        try Files.write(big[..<700_000] + random.bytes(20_000) + big[700_000...], to: sandbox("one/big"))
        try Files.write("new", to: sandbox("one/data/new"))
        try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
        try sandbox.commit("one", "two")
        try sandbox.git("tag", "v2", in: "one")
        try world.clone()
        return world
    }

    @Test(
        "what is bundled is unbundled elsewhere, whole or as what one revision adds",
        arguments: StoreForm.allCases)
    func roundTrip(_ form: StoreForm) throws {
        let world = try makeWorld(form)
        let sandbox = world.sandbox
        let create = try world.cairn("bundle", "create", "v1", "-o", "../v1.bundle", "--json")
        #expect(create.exitCode == 0, "\(create)")
        #expect(try JSONValue(parsing: create.stdout)["objects"] == .number(32))
        try sandbox.must(.cairn, "bundle", "create", "v1..v2", "-o", "../v2.bundle", "-q", in: "one")
        let sizes = try ["v1", "v2"].map { try Files.read(sandbox("\($0).bundle")).count }
        if form == .packed { #expect(sizes[1] < sizes[0] / 3, "\(sizes)") }
        let again = try world.cairn("bundle", "create", "v1", "-o", "../v1.bundle")
        #expect(again.exitCode == 128 && again.stderr.contains("is there already"), "\(again)")

        let first = try world.cairn("bundle", "unbundle", "../v1.bundle", in: "two")
        #expect(first.exitCode == 0 && first.stderr.contains("unbundled 32 objects"), "\(first)")
        let second = try world.cairn("bundle", "unbundle", "../v2.bundle", in: "two")
        #expect(second.exitCode == 0, "\(second)")
        let third = try world.cairn("bundle", "unbundle", "../v2.bundle", in: "two")
        #expect(third.exitCode == 0 && third.stderr == "everything is in the cache\n", "\(third)")
        try sandbox.must(.cairn, "checkout", "-q", in: "two")
        try expectSameData(sandbox("one/data"), sandbox("two/data"))
        #expect(try Files.read(sandbox("one/big")) == Files.read(sandbox("two/big")))
        #expect(try sandbox.run(.cairn, ["verify", "-q", "--rev", "v1"], in: "two").exitCode == 0)
        #expect(Files.names(in: sandbox("two/.dvc/tmp/cairn")).filter { $0 == "scratch" } == [])
    }

    @Test("a bundle that leaves out what is not here adds what it can, and says what is missing")
    func withoutBase() throws {
        let world = try makeWorld(.packed)
        try world.sandbox.must(.cairn, "bundle", "create", "v1..v2", "-o", "../v2.bundle", "-q", in: "one")
        let result = try world.cairn("bundle", "unbundle", "../v2.bundle", in: "two")
        #expect(
            result.exitCode == 1 && result.stderr.contains("leaves out what another revision has"),
            "\(result)")
        #expect(
            try NativeStoreCheck.problems(in: world.sandbox("two/.dvc/cache")).filter {
                !$0.hasSuffix("which is not there")
            } == [])
    }

    @Test(
        "a bundle that was cut or altered is refused by name, and nothing is added",
        arguments: [0, 20, 40, 200, 500_000, -1, -2, -3])
    func damaged(_ place: Int) throws {
        let world = try makeWorld(.packed)
        try world.sandbox.must(.cairn, "bundle", "create", "v1", "-o", "../b", "-q", in: "one")
        var bytes = try Files.read(world.sandbox("b"))
        switch place {
        case -1: bytes.append(7)
        case -2: bytes.removeLast()
        case -3: bytes = Array("no bundle at all, but longer than the head of one".utf8)
        case 40: bytes = Array(bytes.prefix(40))
        default: bytes[place] ^= 1
        }
        try Files.write(bytes, to: world.sandbox("b"))
        let result = try world.cairn("bundle", "unbundle", "../b", in: "two")
        #expect(result.exitCode == 128, "\(result)")
        let errors = result.stderr.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == 1 && errors[0].contains("/b' cannot be used"), "\(result)")
        #expect(!Files.exists(world.sandbox("two/.dvc/cache/packs")))
    }

    @Test("data that is not in the cache cannot be bundled: the paths are named")
    func missing() throws {
        let world = try makeWorld(.linked)
        for path in Files.paths(below: world.sandbox("one/.dvc/cache/files")) where !path.hasSuffix(".dir") {
            Files.delete(world.sandbox("one/.dvc/cache/files/\(path)"))
        }
        let result = try world.cairn("bundle", "create", "v2", "-o", "../b")
        #expect(result.exitCode == 128 && result.stderr.contains("are not in the cache: '"), "\(result)")
        #expect(!Files.exists(world.sandbox("b")))
        let unknown = try world.cairn("bundle", "create", "nope", "-o", "../c")
        #expect(unknown.exitCode == 128 && !Files.exists(world.sandbox("c")), "\(unknown)")
        #expect(try world.cairn("bundle", "unbundle", "../c").exitCode == 128)
    }
}
