/// Many stages that do next to nothing, for cairn, dvc, make and ninja: each copies a small file of its own.
struct StageTree {
    /// How many stages.
    let count: Int
    /// The folder that each program gets a copy of.
    let path: String
    private let bench: Workbench

    init(_ bench: Workbench, count: Int) {
        self.bench = bench
        self.count = count
        path = "\(bench.root)/stages-\(count)"
    }

    /// What the results call it.
    var name: String { "\(count) stages of `cat`" }

    /// Writes the files: what the stages read, and the same pipeline for each program.
    func make() throws(BenchError) {
        try Disk.makeFolder(path)
        try Disk.makeFolder("\(path)/in")
        try Disk.makeFolder("\(path)/out")
        var stages = "stages:\n"
        var rules = "all:"
        for number in 0..<count { rules += " out/\(number)" }
        rules += "\n"
        var edges = "rule copy\n  command = cat $in > $out\n"
        for number in 0..<count {
            try Disk.write(Array("number \(number)\n".utf8), to: "\(path)/in/\(number)")
            stages += "  s\(number):\n    cmd: cat in/\(number) > out/\(number)\n"
            stages += "    deps:\n    - in/\(number)\n    outs:\n    - out/\(number)\n"
            rules += "out/\(number): in/\(number)\n\tcat $< > $@\n"
            edges += "build out/\(number): copy in/\(number)\n"
        }
        try Disk.write(Array(stages.utf8), to: "\(path)/dvc.yaml")
        try Disk.write(Array(rules.utf8), to: "\(path)/Makefile")
        try Disk.write(Array(edges.utf8), to: "\(path)/build.ninja")
    }

    /// Makes a copy of it in which nothing has run.
    ///
    /// - Parameter program: `nil` for a copy that is no repository.
    func copy(_ name: String, for program: String?) throws(BenchError) -> String {
        let copy = "\(path)-\(name)"
        try bench.prepare(["rm", "-rf", copy], in: bench.root)
        try bench.prepare(["cp", "-r", path, copy], in: bench.root)
        if let program {
            try bench.prepare(["git", "init", "-q", "."], in: copy)
            try bench.prepare([program, "init", "-q"], in: copy)
        }
        return copy
    }
}
