import CairnTestSupport

/// A project with a pipeline whose stages say when they run: each appends its name to `ran`, beside the project.
struct ReproduceWorld {
    let sandbox: Sandbox
    let folder = "one"

    /// Makes a project with these stages, in git.
    init(_ pipeline: String, native: Bool = false, files: [String: String] = [:]) throws {
        sandbox = try Sandbox()
        if native { try sandbox.makeNativeProject(folder) } else { try sandbox.makeProject(folder) }
        try write("dvc.yaml", pipeline)
        for (name, text) in files { try write(name, text) }
        try sandbox.commit(folder, "pipeline")
    }

    /// The stages that ran since this was asked last, in the order of their starts.
    func ran() throws -> [String] {
        let path = sandbox("ran")
        guard Files.exists(path) else { return [] }
        let names = try Files.text(path).split(separator: "\n").map(String.init)
        Files.delete(path)
        return names
    }

    func write(_ name: String, _ text: String) throws { try Files.write(text, to: sandbox("one/\(name)")) }
    func read(_ name: String) throws -> String { try Files.text(sandbox("one/\(name)")) }
    func exists(_ name: String) -> Bool { Files.exists(sandbox("one/\(name)")) }

    func cairn(_ arguments: String...) throws -> Program.Result {
        try sandbox.run(.cairn, arguments, in: folder)
    }

    /// Three stages in a row with a parameter each, and one beside them.
    static let chain = """
        stages:
          prepare:
            cmd: echo prepare >> ../ran; cat raw > clean
            deps: [raw]
            params: [clean.level]
            outs: [clean]
          train:
            cmd: echo train >> ../ran; cat clean > model
            deps: [clean]
            params: [train.rate]
            outs: [model]
          evaluate:
            cmd: echo evaluate >> ../ran; echo '{"accuracy":' $(wc -c < model) '}' > metrics.json
            deps: [model]
            metrics: [{metrics.json: {cache: false}}]
          aside:
            cmd: echo aside >> ../ran; cat other > copy
            deps: [other]
            outs: [copy]

        """
    static let chainFiles = [
        "raw": "raw\n", "other": "other\n", "params.yaml": "clean:\n  level: 1\ntrain:\n  rate: 0.1\n",
    ]

    static func chain(native: Bool = false) throws -> ReproduceWorld {
        try ReproduceWorld(chain, native: native, files: chainFiles)
    }
}
