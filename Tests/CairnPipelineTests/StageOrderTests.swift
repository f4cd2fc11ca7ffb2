import CairnCore
import CairnPipeline
import CairnTestSupport
import Foundation
import Testing

@Suite("The order of stages")
struct StageOrderTests {
    /// `b` and `c` use `a`, `d` uses both; `e` and `f` are for themselves, `g` uses `f`.
    private func diamond() throws -> StageGraph {
        try StageGraph([
            node("d", reads: ["C", "B"], writes: ["D"]), node("b", reads: ["A"], writes: ["B"]),
            node("c", reads: ["A"], writes: ["C"]), node("a", writes: ["A"]), node("e", writes: ["E"]),
            node("g", reads: ["F"], file: "sub/dvc.yaml"), node("f", writes: ["F"], file: "sub/f.dvc"),
        ])
    }

    @Test(
        "a stage comes right after what it waits for, in the order of its inputs",
        arguments: [
            (StageSelection.all, "acbdefg"), (.needed(for: [1]), "ab"), (.needed(for: [5, 2]), "acfg"),
            (.downstream(of: [2]), "cd"), (.downstream(of: [3]), "acbd"), (.pipelines(of: [6, 1]), "fgacbd"),
            (.pipelines(of: [5, 6]), "fg"), (.only([1, 4, 1]), "be"), (.needed(for: []), ""),
        ])
    func selections(_ selection: StageSelection, _ expected: String) throws {
        let graph = try diamond()
        #expect(graph.order(of: selection).map { graph.nodes[$0].address }.joined() == expected)
    }

    @Test("stages below a folder are found by their files")
    func folders() throws {
        let graph = try diamond()
        #expect(graph.stages(below: try RepoPath(validating: "sub")) == [6, 5])
        #expect(graph.stages(below: nil).count == 7)
        #expect(graph.stages(below: try RepoPath(validating: "su")) == [])
    }

    @Test("nothing is run for the sake of a frozen stage, but it is waited for")
    func frozen() throws {
        let graph = try StageGraph([
            node("a", writes: ["A"]), node("b", reads: ["A"], writes: ["B"], isFrozen: true),
            node("c", reads: ["B"]),
        ])
        #expect(graph.order(of: .needed(for: [2])) == [0, 1, 2])
        let free = graph.releasingFrozen()
        #expect(free.order(of: .needed(for: [2])) == [1, 2])
        #expect(free.downstream == [[], [2], []])
        #expect(free.order(of: .downstream(of: [0])) == [0])
    }

    @Test("the order is that of the real dvc", .enabled(if: RealDVC.isAvailable, "\(RealDVC.reason)"))
    func real() throws {
        var cases: [[String: Any]] = []
        var ours: [[Int]] = []
        for seed in 0..<150 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let count = Int.random(in: 1...12, using: &random)
            let place = Array(0..<count).shuffled(using: &random)
            let inputs = (0..<count).map { number in
                (0..<count).filter { place[$0] < place[number] && Int.random(in: 0..<4, using: &random) == 0 }
                    .shuffled(using: &random)
            }
            let graph = try StageGraph(
                try inputs.enumerated().map { number, others in
                    try node("\(number)", reads: others.map { "o\($0)/x" }, writes: ["o\(number)"])
                })
            let targets = (0..<count).filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
            let all: [(String, StageSelection)] = [
                ("all", .all), ("needed", .needed(for: targets)), ("downstream", .downstream(of: targets)),
                ("pipelines", .pipelines(of: targets)),
            ]
            for (name, selection) in all where name == "all" || !targets.isEmpty {
                cases.append(["edges": inputs, "targets": targets, "how": name])
                ours.append(graph.order(of: selection))
            }
        }
        let theirs = try plans(cases)
        #expect(theirs.count == ours.count)
        for (index, (one, two)) in zip(ours, theirs).enumerated() {
            #expect(one.sorted() == two.order.sorted(), "case \(index)")
            if two.isCertain { #expect(one == two.order, "case \(index): \(cases[index])") }
        }
        #expect(theirs.filter(\.isCertain).count > 300)
    }

    /// What dvc plans; where it goes through a set, which has no order of its own, its plan is not certain.
    private func plans(_ cases: [[String: Any]]) throws -> [(order: [Int], isCertain: Bool)] {
        let script = """
            import json, sys
            import networkx as nx
            from dvc.repo.reproduce import plan_repro
            for case in json.load(sys.stdin):
                graph = nx.DiGraph()
                graph.add_nodes_from(range(len(case["edges"])))
                for number, others in enumerate(case["edges"]):
                    graph.add_edges_from((number, other) for other in others)
                how = case["how"]
                order = plan_repro(graph, None if how == "all" else case["targets"],
                                   pipeline=how == "pipelines", downstream=how == "downstream")
                parts = [len(c) for c in nx.weakly_connected_components(graph)] if how == "pipelines" else [len(order)]
                print(json.dumps([order, how == "all" or all(2 * part >= len(graph) for part in parts)]))
            """
        let dvc = try #require(RealDVC.path)
        let python = dvc.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/python"
        let result = try Program.run(
            python, ["-c", script], in: "/", environment: ["PATH": "/usr/bin:/bin"],
            input: Array(try JSONSerialization.data(withJSONObject: cases))
        ).succeeded()
        return try result.stdout.split(separator: "\n").map { line in
            let pair = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
            return (try #require(pair[0] as? [Int]), try #require(pair[1] as? Bool))
        }
    }
}
