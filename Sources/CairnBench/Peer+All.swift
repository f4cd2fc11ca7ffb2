extension Peer {
    /// All that are installed, cairn first.
    static func installed(on bench: Workbench) -> [Peer] {
        all(on: bench).filter { $0.version != nil && Self.answers($0, bench) }
    }

    /// Those that store only what is new of a changed file, and cairn.
    static func thatShareParts(on bench: Workbench) -> [Peer] {
        installed(on: bench).filter { !$0.storesWholeFiles }
    }

    private static func answers(_ peer: Peer, _ bench: Workbench) -> Bool {
        guard let version = peer.version else { return false }
        return (try? Program(version, in: bench.root).run(bench.environment)) != nil
    }

    /// All that are known.
    static func all(on bench: Workbench) -> [Peer] {
        [
            cairn(bench), dvc(bench), xvc(bench), oxen(bench), gitLFS(bench), restic(bench), borg(bench),
            casync(),
        ]
    }

    private static func cairn(_ bench: Workbench) -> Peer {
        Peer(
            name: "cairn", version: [bench.cairn, "--version"], input: .copied, places: [".dvc/cache"],
            storesWholeFiles: false, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["git", "init", "-q", "."], in: folder)
                try bench.prepare([bench.cairn, "init", "-q"], in: folder)
            },
            add: { [bench.cairn, "add", "-q", $0.path] })
    }

    private static func dvc(_ bench: Workbench) -> Peer {
        let program = bench.dvc
        return Peer(
            name: "dvc", version: program.map { [$0, "--version"] }, input: .copied, places: [".dvc/cache"],
            storesWholeFiles: true, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["git", "init", "-q", "."], in: folder)
                try bench.prepare([program ?? "dvc", "init", "-q"], in: folder)
            },
            add: { [program ?? "dvc", "add", "-q", $0.path] })
    }

    /// Its package brings a module and no command. It commits to git by itself.
    private static func xvc(_ bench: Workbench) -> Peer {
        let python = bench.python ?? "python3"
        return Peer(
            name: "xvc",
            version: bench.python.map {
                [
                    $0, "-c",
                    "import xvc; from importlib.metadata import version; print('xvc', version('xvc'))",
                ]
            },
            input: .copied, places: [".xvc"], storesWholeFiles: true, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["git", "init", "-q", "."], in: folder)
                try bench.prepare([python, "-c", "import xvc; xvc.Xvc().init()"], in: folder)
            },
            add: { [python, "-c", "import xvc; xvc.Xvc().file().track('\($0.path)')"] })
    }

    /// Its package brings a module and no command.
    private static func oxen(_ bench: Workbench) -> Peer {
        let python = bench.python ?? "python3"
        return Peer(
            name: "oxen",
            version: bench.python.map { [$0, "-c", "import oxen; print('oxen', oxen.__version__)"] },
            input: .linked, places: [".oxen"], storesWholeFiles: true, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                let script = """
                    import oxen
                    oxen.user.config_user('bench', 'bench@example.org')
                    oxen.Repo('.').init()
                    """
                try bench.prepare([python, "-c", script], in: folder)
            },
            add: {
                [
                    python, "-c",
                    "import oxen; r = oxen.Repo('.'); r.add('\($0.path)'); r.commit('v\($0.version)')",
                ]
            })
    }

    private static func gitLFS(_ bench: Workbench) -> Peer {
        Peer(
            name: "git-lfs", version: ["git", "lfs", "version"], input: .linked, places: [".git"],
            storesWholeFiles: true, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["git", "init", "-q", "."], in: folder)
                try bench.prepare(["git", "lfs", "install", "--local"], in: folder)
                let filter = "filter=lfs diff=lfs merge=lfs -text"
                try Disk.write(
                    Array("data \(filter)\ndata/** \(filter)\n".utf8), to: "\(folder)/.gitattributes")
            },
            add: { ["/bin/sh", "-c", "git add \($0.path) && git commit -q -m v\($0.version)"] })
    }

    /// Encryption cannot be turned off, so its time is in the figures.
    private static func restic(_ bench: Workbench) -> Peer {
        Peer(
            name: "restic", version: ["restic", "version"], input: .anywhere, places: ["store"],
            storesWholeFiles: false, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["restic", "-q", "-r", "store", "init"], in: folder)
            },
            add: { ["restic", "-q", "-r", "store", "--compression", "auto", "backup", $0.path] })
    }

    /// Without encryption; lz4 is its default.
    private static func borg(_ bench: Workbench) -> Peer {
        Peer(
            name: "borg", version: ["borg", "--version"], input: .anywhere, places: ["store"],
            storesWholeFiles: false, storesManyFiles: false,
            makeStore: { (folder) throws(BenchError) in
                try bench.prepare(["borg", "init", "--encryption", "none", "store"], in: folder)
            },
            add: { ["borg", "create", "store::v\($0.version)", $0.path] })
    }

    /// As it comes: chunks of 64 KiB on average, each a file of its own, with zstd.
    private static func casync() -> Peer {
        Peer(
            name: "casync", version: ["casync", "--version"], input: .anywhere, places: ["store"],
            storesWholeFiles: false, storesManyFiles: true,
            makeStore: { (folder) throws(BenchError) in try Disk.makeFolder("\(folder)/store") },
            add: {
                [
                    "casync", "make", "--store=store/chunks.castr",
                    "store/\($0.version).\($0.isFolder ? "caidx" : "caibx")", $0.path,
                ]
            })
    }
}
