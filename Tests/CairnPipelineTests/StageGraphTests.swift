import CairnCore
import CairnPipeline
import CairnTestSupport
import Testing

/// A stage of a test with its paths as text; its file is the pipeline at the top.
func node(
    _ address: String, reads inputs: [String] = [], writes outputs: [String] = [], file: String = "dvc.yaml",
    isFrozen: Bool = false
) throws -> StageGraph.Node {
    func path(_ text: String) throws -> StagePath {
        if text == "." { return .workspace }
        return try text.utf8.contains(UInt8(ascii: ":")) || text.hasPrefix("/")
            ? .outside(Array(text.utf8)) : .inside(RepoPath(validating: text))
    }
    return StageGraph.Node(
        address: address, file: try RepoPath(validating: file), inputs: try inputs.map(path),
        outputs: try outputs.map(path), isFrozen: isFrozen)
}

@Suite("Graphs of stages")
struct StageGraphTests {
    @Test(
        "a stage waits for those whose outputs are, contain or lie in what it reads",
        arguments: [
            ("a", "a", true), ("a/b", "a", true), ("a", "a/b/c", true), ("ab", "a", false),
            ("a/bc", "a/b", false),
            (".", "a/b", true), (".", "/a", false), ("/a/b", "/a", true), ("a", "/a", false),
            ("s3://x/a", "s3://x", true), ("s3://x", "/x", false), ("/", "/a", true),
        ])
    func edges(_ input: String, _ output: String, _ isEdge: Bool) throws {
        let graph = try StageGraph([node("use", reads: [input]), node("make", writes: [output])])
        #expect(graph.upstream == [isEdge ? [1] : [], []])
        #expect(graph.downstream == [[], isEdge ? [0] : []])
    }

    @Test("random stages have the edges that comparing every pair of paths finds", arguments: 0..<60)
    func randomEdges(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func path() -> String {
            (0..<Int.random(in: 1...3, using: &random))
                .map { _ in ["a", "b", "c", "ab"].randomElement(using: &random) ?? "" }
                .joined(separator: "/")
        }
        func overlap(_ one: String, _ two: String) -> Bool {
            one == two || one.hasPrefix(two + "/") || two.hasPrefix(one + "/")
        }
        var outputs: [String] = []
        for _ in 0..<30 {
            let next = path()
            if !outputs.contains(where: { overlap($0, next) }) { outputs.append(next) }
        }
        // Each reads what those before it write, so there is no cycle.
        let inputs = outputs.indices.map { number in
            (0..<3).map { _ in path() }.filter { input in
                !outputs[number...].contains { overlap($0, input) }
            }
        }
        let graph = try StageGraph(
            try outputs.indices.map { try node("\($0)", reads: inputs[$0], writes: [outputs[$0]]) })
        for number in outputs.indices {
            let expected = outputs.indices.filter { other in
                inputs[number].contains { overlap($0, outputs[other]) }
            }
            #expect(graph.upstream[number].sorted() == expected)
            #expect(graph.downstream[number].allSatisfy { graph.upstream[$0].contains(number) })
        }
        #expect(graph.upstream.joined().count == graph.downstream.joined().count)
    }

    @Test("what cannot be run is refused in one sentence with all that it concerns")
    func refusals() throws {
        func message(_ nodes: StageGraph.Node...) -> String? {
            do throws(PipelineError) { _ = try StageGraph(nodes) } catch { return error.message }
            return nil
        }
        #expect(
            message(try node("a", writes: ["x"]), try node("sub/dvc.yaml:b", writes: ["y", "x"]))
                == "'x' is an output of two stages, 'a' and 'sub/dvc.yaml:b'")
        #expect(message(try node("a", writes: ["x", "x"])) == "stage 'a' has the output 'x' twice")
        let overlap = "the output 'd/x' of stage 'b' lies in 'd', which is an output of 'a'"
        #expect(message(try node("a", writes: ["d"]), try node("b", writes: ["d/x"])) == overlap)
        #expect(message(try node("b", writes: ["d/x"]), try node("a", writes: ["d"])) == overlap)
        #expect(
            message(try node("a", reads: ["x"], writes: ["x"]))
                == "'x' is both a dependency and an output of stage 'a'")
        #expect(
            message(try node("a", reads: ["d/x"], writes: ["d"]))
                == "stage 'a' depends on 'd/x' and has the output 'd', which overlap")
        #expect(
            message(try node("a", reads: ["y"], writes: ["x"]), try node("b", reads: ["x"], writes: ["y"]))
                == "the pipeline has a cycle: 'a' needs 'y' of 'b', 'b' needs 'x' of 'a'")
        #expect(
            message(try node("a", writes: ["d"]), try node("d/dvc.yaml:b", file: "d/dvc.yaml"))
                == "'d/dvc.yaml', which describes stage 'd/dvc.yaml:b', lies in 'd', an output of 'a'")
        #expect(message(try node("a", writes: ["dvc.yaml.d"]), try node("b", reads: ["dvc.yaml"])) == nil)
    }

    @Test("the cycle that is shown is a short one, whatever leads to it or lies between", arguments: 0..<30)
    func cycles(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // A long cycle, a chain from it to a short one, and what hangs on either.
        let long = Int.random(in: 5...9, using: &random)
        let short = Int.random(in: 2...4, using: &random)
        var nodes: [StageGraph.Node] = []
        for number in 0..<long {
            nodes.append(
                try node("l\(number)", reads: ["L\((number + 1) % long)"], writes: ["L\(number)"]))
        }
        nodes.append(try node("between", reads: ["L0"], writes: ["B"]))
        for number in 0..<short {
            nodes.append(
                try node(
                    "s\(number)", reads: ["S\((number + 1) % short)"] + (number == 0 ? ["B"] : []),
                    writes: ["S\(number)"]))
        }
        nodes.append(try node("after", reads: ["S0"], writes: ["A"]))
        nodes.append(try node("before", writes: ["C"]))
        nodes.shuffle(using: &random)
        let error = #expect(throws: PipelineError.self) { try StageGraph(nodes) }
        guard case .cycle(let links) = error?.reason else {
            Issue.record("no cycle but \(String(describing: error))")
            return
        }
        #expect(links.count == long || links.count == short)
        #expect(Set(links.map { $0.stage.prefix(1) }).count == 1)
    }

    @Test("ten thousand stages in a chain, beside each other, or behind one folder")
    func large() throws {
        let count = 10_000
        let chain = try StageGraph(
            try (0..<count).map { number in
                // The last one first, so that the walk goes all the way down.
                let place = count - 1 - number
                return try node(
                    "\(place)", reads: place > 0 ? ["d/\(place - 1)"] : [], writes: ["d/\(place)"])
            })
        #expect(chain.order(of: .all) == Array((0..<count).reversed()))
        #expect(chain.upstreamClosure(of: [0]).count == count)
        #expect(chain.downstreamClosure(of: [0]) == [0])
        #expect(chain.pipelines(of: [5]).map(\.count) == [count])
        let wide = try StageGraph(
            try (0..<count).map { try node("\($0)", reads: ["in/x"], writes: ["d/\($0)/out"]) }
                + [try node("all", reads: ["d"], writes: ["sum"])])
        #expect(wide.upstream[count] == Array(0..<count))
        #expect(wide.order(of: .all) == Array(0...count))
        var links = try (0..<count).map { try node("\($0)", reads: ["\($0 + 1)"], writes: ["\($0)"]) }
        links.append(try node("last", reads: ["0"], writes: ["\(count)"]))
        let error = #expect(throws: PipelineError.self) { try StageGraph(links) }
        guard case .cycle(let cycle) = error?.reason else { return }
        #expect(cycle.count == count + 1)
    }
}
