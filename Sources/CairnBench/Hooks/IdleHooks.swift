/// Hooks of git that find nothing to do: what every commit, checkout, merge and push of code pays.
struct IdleHooks {
    private let bench: Workbench

    init(_ bench: Workbench) { self.bench = bench }

    /// Measures each hook in a repository with many files and pointers, in which only code changes.
    func run() throws(BenchError) {
        let folder = try bench.makeRepository("hooks")
        let (files, pointers) = (bench.options.scaled(10_000), bench.options.scaled(100))
        for number in 0..<files {
            let place = "\(folder)/src/\(number / 100)"
            if number % 100 == 0 { try Disk.makeFolder(place) }
            try Disk.write(Array("code \(number)\n".utf8), to: "\(place)/\(number).txt")
        }
        try Disk.makeFolder("\(folder)/data")
        var names: [String] = []
        for number in 0..<pointers {
            names.append("data/\(number)")
            try Disk.write(Array("data \(number)\n".utf8), to: "\(folder)/data/\(number)")
        }
        try bench.prepare([bench.cairn, "add", "-q"] + names, in: folder)
        try bench.prepare([bench.cairn, "remote", "add", "-d", "there", "../hooks-remote"], in: folder)
        try commit("first", in: folder)
        try Disk.write(Array("other code\n".utf8), to: "\(folder)/src/0/0.txt")
        try commit("second", in: folder)
        try Disk.write(Array("more code\n".utf8), to: "\(folder)/src/0/1.txt")
        try bench.prepare(["git", "add", "-A"], in: folder)
        let ids = "$(git rev-parse HEAD~1) $(git rev-parse HEAD)"
        try bench.prepare(
            [
                "sh", "-c",
                "echo refs/heads/main $(git rev-parse HEAD) refs/heads/main $(git rev-parse HEAD~1) > ../refs; echo \(ids) > ../ids; git update-ref ORIG_HEAD HEAD~1",
            ],
            in: folder)
        let tree = "\(files) files and \(pointers) pointers in git"
        for (hook, arguments) in [
            ("pre-commit", ""), ("pre-push", "origin url < ../refs"), ("post-checkout", "$(cat ../ids) 1"),
            ("post-merge", "0"), ("post-rewrite", "rebase < /dev/null"), ("post-commit", ""),
        ] {
            var contest = Contest("\(hook) with nothing to do", tree: tree, bench)
            contest.add("cairn") { [bench] _ in
                Program(["sh", "-c", "exec \(bench.cairn) git-hook \(hook) \(arguments)"], in: folder)
            }
            contest.add("git status") { _ in Program(["git", "status", "--porcelain"], in: folder) }
            try contest.run(times: bench.options.runs * 4, warmUps: 1)
            contest.require(within: 0.030)
            contest.require(memoryBelow: 150)
        }
    }

    private func commit(_ message: String, in folder: String) throws(BenchError) {
        try bench.prepare(["git", "add", "-A"], in: folder)
        try bench.prepare(
            ["git", "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", message], in: folder)
    }
}
