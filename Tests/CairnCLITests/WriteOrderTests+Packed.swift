import CairnTestSupport
import Testing

extension WriteOrderTests {
    private typealias Named = (from: String, to: String, call: WriteOrder.Call)

    /// The files of a packed store that got their names.
    private struct StoreFiles {
        let packs: [Named]
        let segments: [Named]
    }

    /// Packs and segments: written aside, each made durable, and only then named; and nothing is written under its name.
    private func expectStoreFiles(
        _ order: WriteOrder, in store: String, sourceLocation: SourceLocation = #_sourceLocation
    ) -> StoreFiles {
        func named(_ folder: String, _ ending: String) -> [Named] {
            order.renames { $0.hasPrefix("\(store)/\(folder)/") && $0.hasSuffix(ending) }
                .filter { $0.from.hasPrefix("\(store)/cairn.tmp/") }
        }
        let files = StoreFiles(packs: named("packs", ".cpk"), segments: named("log/idx", ".seg"))
        let problems = (files.packs + files.segments).compactMap { file -> String? in
            guard order.calls.contains(where: { $0.created == file.from }) else {
                return "\(file.from) was not seen to be made"
            }
            guard let last = order.writes(to: file.from).map(\.end).max() else {
                return "nothing was written to \(file.from)"
            }
            guard last < file.call.begin else { return "\(file.to) was written to under its name" }
            let isSynced =
                order.has(["fsync"], on: file.from, after: last, before: file.call.begin)
                || order.has(["syncfs"], after: last, before: file.call.begin)
            return isSynced ? nil : "no sync between the data and \(file.call)"
        }
        #expect(problems == [], sourceLocation: sourceLocation)
        let inPlace = order.calls.compactMap(\.created).filter {
            $0.hasPrefix("\(store)/packs/") || $0.hasPrefix("\(store)/log/")
        }
        #expect(inPlace == [], "nothing is made in its place", sourceLocation: sourceLocation)
        return files
    }

    /// The moment from which on all these names are durable.
    private func durable(
        _ files: [Named], _ order: WriteOrder, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        let moments = try files.map { file in
            try #require(
                order.durable(file.to, since: file.call), "\(file.to) is never durable",
                sourceLocation: sourceLocation)
        }
        return try #require(moments.max(), sourceLocation: sourceLocation)
    }

    /// Every pack is durable under its name before the segment that tells about it gets its name.
    ///
    /// - Returns: the moment from which on all is durable.
    private func expectPacksBeforeSegments(
        _ files: StoreFiles, _ order: WriteOrder, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        for pack in files.packs {
            let segment = try #require(
                files.segments.first { $0.call.begin > pack.call.end }, "no segment after \(pack.to)",
                sourceLocation: sourceLocation)
            let moment = try durable([pack], order, sourceLocation: sourceLocation)
            #expect(moment < segment.call.begin, "\(pack.to)", sourceLocation: sourceLocation)
        }
        return try durable(files.segments, order, sourceLocation: sourceLocation)
    }

    @Test(
        "native add: packs, then the segment, then .gitignore, then pointers, each when all before is durable"
    )
    func nativeAdd() throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox, .packed)
        for round in 0..<2 {
            if round == 1 {
                var random = SeededRandom(seed: 6)
                try random.fill(sandbox("one/data/new"), files: 9, size: 5000)
                try Files.write("another file", to: sandbox("one/file.txt"))
                try Files.write("a third one", to: sandbox("one/third.txt"))
            }
            let targets = round == 0 ? ["data", "file.txt"] : ["data", "file.txt", "third.txt"]
            let order = try WriteOrder(of: ["add"] + targets, in: "one", sandbox: sandbox)
            let files = expectStoreFiles(order, in: sandbox("one/.dvc/cache"))
            #expect(files.packs.count == 2 && files.segments.count == 1)
            let all = try expectPacksBeforeSegments(files, order)
            var pointers: [Int] = []
            for target in targets {
                let begin = try expectDurableFile(sandbox("one/\(target).dvc"), order)
                #expect(begin > all, "\(target)")
                pointers.append(begin)
            }
            let ignored = try expectDurableFile(sandbox("one/.gitignore"), order)
            #expect(ignored > all)
            let end = try #require(order.named { $0 == sandbox("one/.gitignore") }.last?.call.end)
            #expect(pointers.allSatisfy { $0 > end }, "pointers come last")
        }
    }

    @Test("native gc: nothing goes to the trash before what replaces it is durable, and nothing is deleted")
    func nativeCollect() throws {
        let original = try CrashTests.Original(.packed, versions: 3)
        let (sandbox, cache) = (original.sandbox, original.sandbox("one/.dvc/cache"))
        let order = try WriteOrder(of: ["gc", "-w", "-f"], in: "one", sandbox: sandbox)
        let files = expectStoreFiles(order, in: cache)
        #expect(!files.packs.isEmpty && files.segments.count == 1)
        let all = try expectPacksBeforeSegments(files, order)
        let moved = order.renames { $0.hasPrefix("\(cache)/trash/") }
        #expect(moved.contains { $0.to.hasSuffix(".cpk") } && moved.contains { $0.to.hasSuffix(".seg") })
        #expect(moved.allSatisfy { $0.call.begin > all })
        let segments = try #require(moved.last { $0.to.hasSuffix(".seg") })
        #expect(
            moved.allSatisfy { $0.to.hasSuffix(".seg") || $0.call.begin > segments.call.end },
            "segments go before the packs that they name")
        _ = try durable(moved, order)
        #expect(deletions(order, in: cache) == [])

        let undo = try WriteOrder(of: ["gc", "--undo"], in: "one", sandbox: sandbox)
        let back = undo.renames { $0.hasPrefix("\(cache)/packs/") }.filter {
            $0.from.hasPrefix("\(cache)/trash/")
        }
        #expect(back.count == moved.count { $0.to.hasSuffix(".cpk") })
        let index = expectStoreFiles(undo, in: cache).segments
        let first = try #require(index.first)
        #expect(try durable(back, undo) < first.call.begin, "packs are back before the index tells so")
        let told = try durable(index, undo)
        let dropped = undo.calls.filter { $0.path(ofCall: "unlinkat")?.hasSuffix(".seg") == true }
        #expect(!dropped.isEmpty && dropped.allSatisfy { $0.begin > told })
        #expect(deletions(undo, in: cache) == [])
    }

    /// Packs and segments that were deleted where they have their names.
    private func deletions(_ order: WriteOrder, in store: String) -> [String] {
        order.calls.compactMap { $0.path(ofCall: "unlinkat") }.filter {
            $0.hasPrefix("\(store)/packs/") || $0.hasPrefix("\(store)/log/")
        }
    }

    @Test(
        "native pull: packs, then the segment that tells of them, and files of the workspace when all is durable"
    )
    func nativePull() throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox, .packed)
        _ = try sandbox.cairn("add", "-q", "data", "file.txt", in: "one").succeeded()
        _ = try sandbox.cairn("push", "-q", in: "one").succeeded()
        let paths = Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") }
        for path in [".dvc/cache", ".dvc/tmp", "data", "file.txt"] { Files.delete(sandbox("one/\(path)")) }
        let order = try WriteOrder(of: ["pull"], in: "one", sandbox: sandbox)
        let files = expectStoreFiles(order, in: sandbox("one/.dvc/cache"))
        #expect(files.packs.count >= 2 && !files.segments.isEmpty)
        let all = try expectPacksBeforeSegments(files, order)
        let placed = order.renames { $0.hasPrefix(sandbox("one/data/")) || $0 == sandbox("one/file.txt") }
        #expect(Set(placed.map(\.to)) == Set(paths + [sandbox("one/file.txt")]))
        #expect(placed.allSatisfy { $0.call.begin > all })
        #expect(
            placed.allSatisfy { file in
                order.writes(to: file.from).allSatisfy { $0.end < file.call.begin }
            })
    }
}
