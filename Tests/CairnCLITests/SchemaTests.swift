import CairnTestSupport
import Foundation
import Testing

/// The schema of `dvc.yaml` for editors says the same as the program.
@Suite("Schema of dvc.yaml")
struct SchemaTests {
    private static let schema = "\(PackageRoot.path)/docs/formats/dvc-yaml.schema.json"

    /// The first thing that is wrong with each of some files or texts; nil for nothing.
    private static func problems(_ arguments: [String], input: [UInt8] = []) throws -> [String?] {
        let python = try #require(SchemaChecker.python)
        let result = try Program.run(
            python, ["\(PackageRoot.path)/Tests/tools/check-schema", schema] + arguments,
            in: PackageRoot.path,
            environment: ["LC_ALL": "C.UTF-8"], input: input
        ).succeeded()
        let list = try JSONSerialization.jsonObject(with: Data(result.output)) as? [Any]
        return try #require(list).map { $0 as? String }
    }

    /// Pipelines that are wrong in a way that the schema can see; others are wrong once their templates are filled in.
    private static let wrongInForm: Set<String> = [
        "bad-flow-braces", "bad-foreach-extra-key", "bad-foreach-no-do", "bad-matrix-number", "bad-no-cmd",
        "bad-template-as-flag", "bad-template-as-list", "bad-unknown-key", "bad-vars-wrong-kind",
    ]

    @Test(
        "it accepts every pipeline that dvc accepts, and no key that it does not know",
        .enabled(if: SchemaChecker.isAvailable, Comment(rawValue: SchemaChecker.reason)))
    func fixtures() throws {
        let paths = Files.paths(below: "\(PackageRoot.path)/fixtures")
            .filter { $0.hasSuffix("/dvc.yaml") }.map { "fixtures/\($0)" }
        #expect(paths.count > 100)
        for (path, problem) in zip(paths, try Self.problems(paths)) {
            let name = path.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
            let isWrong = path.hasPrefix("fixtures/pipelines/") && Self.wrongInForm.contains(name)
            #expect((problem != nil) == isWrong, "\(path): \(problem ?? "accepted")")
        }
    }

    /// Texts, whether they are right, and whether the program looks at what is wrong when it reads the file.
    static let texts: [(text: String, isRight: Bool)] = [
        ("", true), ("stages:\n", true), ("stages: {a: {cmd: x}}", true),
        ("stages: {a: {cmd: [x, y]}}", true),
        (
            "stages: {a: {cmd: x, deps: [], outs: [o: {cache: false, persist: true, push: false, remote: r}]}}",
            true
        ),
        (
            "stages: {a: {cmd: x, outs: [o: {desc: d, type: t, labels: [l], meta: {k: [1]}, checkpoint: true}]}}",
            true
        ),
        ("stages: {a: {cmd: x, params: [k, f.json: [k], g.yaml: ]}}", true),
        ("stages: {a: {cmd: x, plots: [p, q: {x: a, y: b, header: false}, r: [{x: a}, {y: b}]]}}", true),
        ("stages: {a: {foreach: [1, 2], do: {cmd: x}}}", true),
        ("stages: {a: {foreach: '${l}', do: {cmd: x}}}", true),
        ("stages: {a: {matrix: {m: [1, {b: 2}], n: '${l}'}, cmd: x}}", true),
        (
            "stages: {a: {cmd: x, frozen: true, always_changed: false, desc: d, wdir: w, meta: 5, vars: [f, {k: v}]}}",
            true
        ),
        (
            "metrics: [m]\nparams: [p]\nvars: [f, {a: 1}]\nartifacts: {m: {path: p, type: model, labels: [a]}}",
            true
        ),
        ("plots: [p, {t: {x: f, y: [a, b], title: t}}, {u: {x: {f: a}, y: {f: [a], g: b}}}, {v: }]", true),
        ("datasets: [{name: n, type: dvc, url: u, path: p, rev: r}]", true),
        (
            "stages: {a: {cmd: x, meta: {cairn: {mutex: db, resources: {gpu: 1, mem: 8G}, timeout: 1h30m}, other: 1}}}",
            true
        ),
        (
            "stages: {a: {cmd: x, meta: {cairn: {mutex: [a, b], timeout: 90, resources: {mem: 512 MiB}}}}}",
            true
        ),
        ("stage: {}", false), ("stages: []", false), ("stages: {a: }", false),
        ("stages: {a: {deps: [x]}}", false),
        ("stages: {a: {cmd: 5}}", false), ("stages: {a: {cmd: {x: y}}}", false),
        ("stages: {a: {cmd: [1]}}", false),
        ("stages: {a: {cmd: x, dep: [y]}}", false), ("stages: {a: {cmd: x, deps: y}}", false),
        ("stages: {a: {cmd: x, deps: [1]}}", false),
        ("stages: {a: {cmd: x, outs: [o: {cached: false}]}}", false),
        ("stages: {a: {cmd: x, outs: [o: {cache: 'no'}]}}", false),
        ("stages: {a: {cmd: x, outs: [5]}}", false),
        ("stages: {a: {cmd: x, outs: ['']}}", false),
        ("stages: {a: {cmd: x, metrics: [m: {x: a}]}}", false),
        ("stages: {a: {cmd: x, plots: [p: {x: [a]}]}}", false),
        ("stages: {a: {cmd: x, plots: [p: {header: 1}]}}", false),
        ("stages: {a: {cmd: x, frozen: 1}}", false), ("stages: {a: {cmd: x, params: [1]}}", false),
        ("stages: {a: {cmd: x, params: [f: k]}}", false), ("stages: {a: {cmd: x, wdir: [w]}}", false),
        ("stages: {a: {foreach: [1], do: {cmd: x}, deps: []}}", false),
        ("stages: {a: {foreach: [1], cmd: x}}", false),
        ("stages: {a: {foreach: [1], do: {deps: [x]}}}", false),
        ("stages: {a: {matrix: {m: 1}, cmd: x}}", false),
        ("stages: {a: {matrix: [1], cmd: x}}", false), ("vars: [1]", false), ("vars: {a: 1}", false),
        ("metrics: m", false),
        ("params: [1]", false), ("plots: [1]", false), ("plots: [p: {z: a}]", false),
        ("plots: [p: {x: [a]}]", false),
        ("plots: [p: {y: 1}]", false), ("plots: [p: {y: {f: 1}}]", false),
        ("plots: [p: {title: [t]}]", false),
        ("artifacts: {m: {type: t}}", false), ("artifacts: {m: {path: p, name: n}}", false),
        ("artifacts: {m: {path: p, labels: l}}", false),
    ]

    @Test(
        "it accepts and refuses what the program does",
        .enabled(if: SchemaChecker.isAvailable, Comment(rawValue: SchemaChecker.reason)))
    func agreement() throws {
        let input = try JSONSerialization.data(withJSONObject: Self.texts.map(\.text))
        for (row, problem) in zip(Self.texts, try Self.problems(["--texts"], input: Array(input))) {
            #expect((problem == nil) == row.isRight, "\(row.text): \(problem ?? "accepted")")
        }
    }

    @Test("the program accepts and refuses them, and tells file and line", arguments: 0..<texts.count)
    func program(_ index: Int) throws {
        let row = Self.texts[index]
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write("l: [1, 2]\n", to: sandbox("one/params.yaml"))
        for path in ["f", "w/f"] { try Files.write("", to: sandbox("one/\(path)")) }
        try Files.write(row.text, to: sandbox("one/dvc.yaml"))
        let result = try sandbox.cairn("stage", "list", "--fail", in: "one")
        #expect((result.exitCode == 0) == row.isRight, "\(row.text): \(result)")
        if !row.isRight { #expect(result.stderr.hasPrefix("error: dvc.yaml:1:"), "\(result)") }
    }

    /// What `meta.cairn` may not say.
    static let demands = [
        "mutexes: a", "mutex: 1", "mutex: ['']", "resources: [gpu]", "resources: {gpu: -1}",
        "resources: {mem: 8X}",
        "resources: {gpu: 1.5}", "timeout: 0", "timeout: soon", "timeout: 5 m", "timeout: 1.5h",
    ]

    @Test(
        "it knows what stages need to themselves",
        .enabled(if: SchemaChecker.isAvailable, Comment(rawValue: SchemaChecker.reason)))
    func meta() throws {
        let texts = Self.demands.map { "stages: {a: {cmd: x, meta: {cairn: {\($0)}}}}" }
        let input = try JSONSerialization.data(withJSONObject: texts)
        for (text, problem) in zip(texts, try Self.problems(["--texts"], input: Array(input))) {
            #expect(problem != nil, "\(text) is accepted")
        }
    }

    @Test("every key of a pipeline file is described")
    func descriptions() throws {
        let bytes = try Files.read(Self.schema)
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let definitions = try #require(schema["definitions"] as? [String: [String: Any]])
        func described(_ property: [String: Any]) -> Bool {
            if property["description"] != nil { return true }
            let name = (property["$ref"] as? String)?.split(separator: "/").last.map(String.init)
            return name.flatMap { definitions[$0]?["description"] } != nil
        }
        let holders = definitions.merging(["top": schema], uniquingKeysWith: { one, _ in one })
        for (name, holder) in holders {
            for (key, property) in holder["properties"] as? [String: [String: Any]] ?? [:] {
                #expect(described(property), "\(name).\(key)")
            }
        }
    }
}

/// A Python that can compare YAML with JSON Schemas: beside the pinned `dvc`, or `$CAIRN_TEST_SCHEMA_PYTHON`.
enum SchemaChecker {
    static let python: String? = {
        if let chosen = ProcessInfo.processInfo.environment["CAIRN_TEST_SCHEMA_PYTHON"] { return chosen }
        guard let dvc = RealDVC.path, let slash = dvc.lastIndex(of: "/") else { return nil }
        let folder = String(dvc[..<slash])
        return Files.exists("\(folder)/jsonschema") ? "\(folder)/python" : nil
    }()
    static let isAvailable = python != nil
    static let reason =
        RealDVC.isAvailable ? "needs jsonschema beside the real dvc: run `make test-tools`" : RealDVC.reason
}
