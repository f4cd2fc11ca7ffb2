import CairnFormats
import CairnPipeline
import CairnTestSupport
import Testing

@Suite("Filling in pipelines")
struct ResolvingTests {
    @Test("a pipeline without templates asks for no file and keeps what is written")
    func plain() throws {
        let source = TextSource(["params.yaml": "a: ["])
        let text = "stages:\n  a: {cmd: 'echo $X', outs: [o], params: [lr, p.json: [x], lr], meta: {t: 1}}\n"
        let pipeline = try PipelineFile(parsing: Array(text.utf8), file: "dvc.yaml").resolved(with: source)
        #expect(source.asked.isEmpty)
        let stage = try #require(pipeline.stages.first)
        #expect(stage.command == .text("echo $X") && !stage.isTemplated && stage.group == nil)
        #expect(
            stage.parameters == [
                ParameterRequest(file: "params.yaml", keys: ["lr"]),
                ParameterRequest(file: "p.json", keys: ["x"]),
            ])
        #expect(pipeline.used.isEmpty && pipeline.groups.isEmpty)
    }

    @Test("each file is asked for once, by its place from the pipeline file")
    func files() throws {
        let source = TextSource([
            "params.yaml": "w: in\n", "v.json": "{\"a\": 1}", "in/v.json": "{\"b\": 2}", "up.yaml": "c: 3",
        ])
        let text = """
            vars: [./v.json, v.json]
            stages:
              s:
                wdir: ${w}/./
                vars: [v.json, ../up.yaml]
                cmd: echo ${a} ${b} ${c}
              t:
                cmd: echo ${a} ${w}
            """
        let pipeline = try PipelineFile(parsing: Array(text.utf8), file: "dvc.yaml").resolved(with: source)
        #expect(source.asked == ["params.yaml", "v.json", "in/v.json", "up.yaml"])
        #expect(pipeline.stages.map(\.command) == [.text("echo 1 2 3"), .text("echo 1 in")])
        #expect(
            pipeline.used == [
                ParameterRequest(file: "params.yaml", keys: ["w"]),
                ParameterRequest(file: "v.json", keys: ["a"]),
                ParameterRequest(file: "in/v.json", keys: ["b"]),
                ParameterRequest(file: "up.yaml", keys: ["c"]),
            ])
    }

    @Test("groups know their stages, and each stage its group and place")
    func groups() throws {
        let pipeline = try resolve(
            """
            stages:
              f: {foreach: [a, b], do: {cmd: 'echo ${item}'}}
              p: {cmd: echo}
              m: {matrix: {x: [1, 2], y: [3]}, cmd: 'echo ${key}'}
            """)
        #expect(pipeline.stages.map(\.name) == ["f@a", "f@b", "p", "m@1-3", "m@2-3"])
        #expect(pipeline.groups.map(\.name) == ["f", "m"])
        #expect(pipeline.groups.map(\.stages) == [["f@a", "f@b"], ["m@1-3", "m@2-3"]])
        #expect(pipeline.stages.map(\.group) == ["f", "f", nil, "m", "m"])
        #expect(pipeline.stages.map(\.isTemplated) == [true, true, false, true, true])
        #expect(pipeline.stages[3].location == SourceLocation(line: 4, column: 3))
    }

    static let faults: [(String, [String: String], Int, Int, String, String?)] = [
        (
            "stages:\n  a:\n    cmd: |\n      echo one\n      echo ${x.yy} ${x.z}\n",
            ["params.yaml": "x: {y: 1, z: 2}"],
            5, 12, "stages.a.cmd: there is no 'x.yy', did you mean 'x.y'?", "echo ${x.yy} ${x.z}"
        ),
        (
            "stages:\n  a:\n    cmd: [echo, \"é ${x\"]\n", [:], 3, 20,
            "stages.a.cmd[1]: the template '${x' is not closed; write '\\${' for a '${' that stays",
            "cmd: [echo, \"é ${x\"]"
        ),
        (
            "stages:\n  a:\n    cmd: x\n    meta: {k: {l: ['${m}']}}\n", ["params.yaml": "m: [1]"], 4, 21,
            "stages.a.meta.k.l[0]: 'm' is a list, which cannot stand here", "meta: {k: {l: ['${m}']}}"
        ),
        (
            "stages:\n  a:\n    cmd: x\n    outs:\n    - '${m}': {cache: false}\n", ["params.yaml": "m: 1"],
            5, 7,
            "the key '1' is not text", "- '${m}': {cache: false}"
        ),
        (
            "stages:\n  a:\n    cmd: x\n    outs: ['${m}', b]\n    metrics: ['${n}']\n",
            ["params.yaml": "m: c\nn: b"], 5, 15,
            "the output 'b' is there twice", "metrics: ['${n}']"
        ),
        (
            "stages:\n  a@1: {cmd: x}\n  a: {foreach: [1], do: {cmd: x}}\n", [:], 3, 3,
            "there are two stages 'a@1'", "a: {foreach: [1], do: {cmd: x}}"
        ),
        (
            "stages:\n  a: {matrix: {a: &l [1,2,3,4,5,6,7,8,9,0], b: *l, c: *l, d: *l, e: *l, f: *l}, cmd: x}\n",
            [:], 2, 73,
            "stages.a.matrix.f: the matrix makes more than 100000 stages", nil
        ),
        (
            "vars: [{d: 2020-01-01}]\nstages: {a: {cmd: x}}\n", [:], 1, 8,
            "'vars[0].d' is a date, which templates cannot be filled in from; put it in quotes",
            "vars: [{d: 2020-01-01}]"
        ),
        (
            "stages:\n  a: {foreach: [2020-01-01], do: {cmd: x}}\n", [:], 2, 17,
            "stages.a.foreach[0]: a date cannot be used in templates; put it in quotes",
            "a: {foreach: [2020-01-01], do: {cmd: x}}"
        ),
        (
            "stages:\n  a:\n    cmd: x\n    params: [{p.yaml: '${k}'}]\n", ["params.yaml": "k: text"], 4, 23,
            "stages.a.params[0].p.yaml is text, not a list of keys or nothing", "params: [{p.yaml: '${k}'}]"
        ),
        (
            "artifacts: {m: {path: '${p}'}}\nstages: {}\n", ["params.yaml": "p: 3"], 1, 23,
            "artifacts.m.path is a whole number, not text", "artifacts: {m: {path: '${p}'}}"
        ),
    ]

    @Test("errors name the place in the file and in the schema, and quote the line", arguments: faults)
    func errors(
        _ text: String, _ files: [String: String], _ line: Int, _ column: Int, _ reason: String,
        _ quote: String?
    ) {
        let error = #expect(throws: FormatsError.self) { try resolve(text, files) }
        #expect(
            error == FormatsError(file: "dvc.yaml", at: SourceLocation(line: line, column: column), reason))
        if let quote { #expect(error?.quote == quote) }
    }

    @Test("an error in a parameter file is one of that file")
    func parameterErrors() {
        let error = #expect(throws: FormatsError.self) {
            try resolve(
                "stages: {a: {cmd: 'echo ${x}'}}", ["params.yaml": "a: 1\nb: {c: [2020-01-01 10:00:00]}\n"])
        }
        let reason = "'b.c.0' is a date, which templates cannot be filled in from; put it in quotes"
        #expect(error == FormatsError(file: "params.yaml", at: SourceLocation(line: 2, column: 9), reason))
    }

    @Test("texts that are equal only to people are different names")
    func bytes() throws {
        let pipeline = try resolve(
            "stages: {a: {cmd: 'echo ${\u{e9}} ${e\u{301}}'}}", ["params.yaml": "\u{e9}: 1\ne\u{301}: 2\n"])
        #expect(pipeline.stages[0].command == .text("echo 1 2"))
        let other = try resolve("stages: {a: {foreach: [\u{e9}, e\u{301}], do: {cmd: 'echo ${item}'}}}")
        #expect(other.stages.count == 2)
    }

    @Test("the work grows with the number of stages, and plain ones are next to nothing")
    func growth() throws {
        func seconds(_ text: String) throws -> Double {
            let file = try PipelineFile(parsing: Array(text.utf8), file: "dvc.yaml")
            let clock = ContinuousClock()
            var count = 0
            let time = try clock.measure { count = try file.resolved(with: TextSource()).stages.count }
            #expect(count >= 1000)
            return Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)
        }
        func plain(_ count: Int) -> String {
            "stages:\n"
                + (0..<count).map {
                    "  s\($0):\n    cmd: echo \($0) $HOME\n    deps: [a]\n    outs: [o\($0)]\n"
                }.joined()
        }
        func each(_ count: Int) -> String {
            let items = (0..<count).map { "i\($0)" }.joined(separator: ", ")
            return
                "stages:\n  s:\n    foreach: [\(items)]\n    do:\n      cmd: echo ${item}\n      outs: ['${item}.txt']\n"
        }
        // Unoptimized code on a busy machine gets ten times what optimized code needs.
        #expect(try seconds(plain(1000)) < 0.1)
        #expect(try seconds(each(10_000)) < 10)
        let (small, large) = (try seconds(each(1000)), try seconds(each(8000)))
        #expect(large < small * 40 + 0.5)
    }
}
