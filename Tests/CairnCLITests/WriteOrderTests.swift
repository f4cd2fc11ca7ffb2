import CairnTestSupport
import Testing

/// What a power cut at any moment would leave, judged by the order of writes, syncs and renames: a kill does not show it.
@Suite(
    "Write order", .enabled(if: WriteOrder.reason == nil, "needs strace, and the right to trace processes"))
struct WriteOrderTests {
    func makeProject(_ sandbox: Sandbox, _ form: StoreForm = .dvc) throws {
        try form.makeProject("one", in: sandbox)
        var random = SeededRandom(seed: 5)
        try random.fill(sandbox("one/data"), files: 120, size: 5000)
        try Files.write(random.bytes(1_500_000), to: sandbox("one/data/large"))
        try Files.write("a file", to: sandbox("one/file.txt"))
    }

    /// Objects of a store: written, synced, named, synced.
    private func expectDurableObjects(
        _ order: WriteOrder, in store: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [WriteOrder.Call] {
        let named = order.renames { $0.hasPrefix("\(store)/files/md5/") }
        let objects = StoreCheck.objects(in: store)
        #expect(
            Set(named.map(\.to)) == Set(objects.values), "every object got its name by a rename",
            sourceLocation: sourceLocation)
        #expect(objects.count > 100, sourceLocation: sourceLocation)
        let problems = named.compactMap { file -> String? in
            let writes = order.writes(to: file.from)
            guard file.from.hasPrefix("\(store)/cairn.tmp/") else {
                return "\(file.from) is no temporary file"
            }
            guard order.calls.contains(where: { $0.created == file.from }) else {
                return "\(file.from) was not seen to be made"
            }
            let last = writes.map(\.end).max() ?? -1
            return order.has(["syncfs"], after: last, before: file.call.begin)
                ? nil : "no sync between the data and \(file.call)"
        }
        #expect(problems == [], sourceLocation: sourceLocation)
        #expect(
            !order.calls.contains { $0.created?.hasPrefix("\(store)/files/") == true },
            "no object is written under its name",
            sourceLocation: sourceLocation)
        return named.map(\.call)
    }

    /// A small file: written aside, synced, named, the folder synced.
    func expectDurableFile(
        _ path: String, _ order: WriteOrder, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let named = try #require(
            order.named { $0 == path }.last, "\(path) got its name in one step",
            sourceLocation: sourceLocation)
        let firstWrite = try #require(
            order.writes(to: named.from).map(\.begin).min(), sourceLocation: sourceLocation)
        let made = try #require(
            order.calls.last {
                $0.end < firstWrite && ($0.created == named.from || $0.makesUnnamed(in: folder))
            },
            sourceLocation: sourceLocation)
        let last = try #require(order.writes(to: named.from).map(\.end).max(), sourceLocation: sourceLocation)
        #expect(
            order.has(["fsync"], on: named.from, after: last, before: named.call.begin),
            sourceLocation: sourceLocation)
        #expect(
            order.has(["fsync"], on: folder, after: named.call.end, before: .max),
            sourceLocation: sourceLocation)
        #expect(order.writes(to: path).isEmpty, sourceLocation: sourceLocation)
        return made.begin
    }

    @Test("add: objects are durable under their names before anything is written that names them")
    func add() throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox)
        let order = try WriteOrder(of: ["add", "data", "file.txt"], in: "one", sandbox: sandbox)
        let objects = try expectDurableObjects(order, in: sandbox("one/.dvc/cache"))
        let lastObject = try #require(objects.map(\.end).max())
        for name in [".gitignore", "data.dvc", "file.txt.dvc"] {
            let begin = try expectDurableFile(sandbox("one/\(name)"), order)
            #expect(order.has(["syncfs"], after: lastObject, before: begin), "\(name)")
        }
        let ignored = try #require(order.named { $0 == sandbox("one/.gitignore") }.last)
        let pointers = order.named { $0.hasSuffix(".dvc") }
        #expect(
            pointers.count == 2 && pointers.allSatisfy { $0.call.begin > ignored.call.end },
            "pointers come last")
        #expect(
            !order.calls.contains {
                $0.name == "unlinkat" && $0.files.first?.hasPrefix(sandbox("one/data")) == true
            })
    }

    @Test("push and fetch: files are durable under their names before a listing that names them")
    func transfer() throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox)
        _ = try sandbox.cairn("add", "-q", "data", "file.txt", in: "one").succeeded()
        for (arguments, store) in [(["push"], "remote"), (["fetch"], "one/.dvc/cache")] {
            if arguments == ["fetch"] { Files.delete(sandbox("one/.dvc/cache")) }
            let order = try WriteOrder(of: arguments, in: "one", sandbox: sandbox)
            let objects = try expectDurableObjects(order, in: sandbox(store))
            let listings = objects.filter { $0.rename?.to.hasSuffix(".dir") == true }
            let files = objects.filter { $0.rename?.to.hasSuffix(".dir") == false }
            let (lastFile, listing) = (try #require(files.map(\.end).max()), try #require(listings.first))
            #expect(listings.count == 1)
            if arguments == ["push"] {
                #expect(
                    order.has(["syncfs"], after: lastFile, before: listing.begin),
                    "the listing comes after all is durable")
            }
            #expect(
                order.has(["syncfs"], after: max(lastFile, listing.end), before: .max),
                "names are durable at the end")
        }
    }

    @Test(
        "checkout: every file of the workspace appears by a rename, and none is written in place",
        arguments: [StoreForm.dvc, .packed])
    func checkout(_ form: StoreForm) throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox, form)
        _ = try sandbox.cairn("add", "-q", "data", in: "one").succeeded()
        let paths = Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") }
        Files.delete(sandbox("one/data"))
        let order = try WriteOrder(of: ["checkout"], in: "one", sandbox: sandbox)
        let named = order.renames { $0.hasPrefix(sandbox("one/data/")) }
        #expect(Set(named.map(\.to)) == Set(paths))
        #expect(
            named.allSatisfy { file in order.writes(to: file.from).allSatisfy { $0.end < file.call.begin } })
        #expect(!order.calls.contains { $0.created?.hasPrefix(sandbox("one/data/")) == true })
    }

    @Test("a log of several threads is put together call by call")
    func log() {
        let log = """
            10 openat(5</s/cairn.tmp/1>, "0", O_RDWR|O_CREAT|O_EXCL, 0444) = 7</s/cairn.tmp/1/0>
            10 write(7</s/cairn.tmp/1/0>, ""..., 5 <unfinished ...>
            11 syncfs(3</s>) = 0
            10 <... write resumed>) = 5
            11 renameat2(5</s/cairn.tmp/1>, "0", 8</s/ab>, "cd", RENAME_NOREPLACE) = 0
            11 unlinkat(5</s>, "x", 0) = -1 ENOENT (No such file or directory)
            11 +++ exited with 0 +++
            """
        let calls = WriteOrder.parse(log)
        #expect(calls.map(\.name) == ["openat", "syncfs", "write", "renameat2"])
        #expect(calls.first?.created == "/s/cairn.tmp/1/0")
        #expect(calls[2].begin == 1 && calls[2].end == 3)
        #expect(calls.last?.rename?.from == "/s/cairn.tmp/1/0" && calls.last?.rename?.to == "/s/ab/cd")
    }
}
