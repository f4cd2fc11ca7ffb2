import CairnTestSupport
import Testing

@testable import CairnCLI

@Suite("Drawings of graphs")
struct DrawingTests {
    @Test("boxes in layers, lines between them")
    func picture() {
        let names = ["raw.dvc", "prepare", "a", "b", "train"]
        let drawing = GraphDrawing(names, sources: [[], [0], [1], [1], [2, 3]])
        #expect(
            drawing.lines.joined(separator: "\n") == """
                +---------+
                | raw.dvc |
                +---------+
                     |
                +---------+
                | prepare |
                +---------+
                     |
                  +--+---+
                  |      |
                +---+  +---+
                | a |  | b |
                +---+  +---+
                  |      |
                  +--+ +-+
                     | |
                  +-------+
                  | train |
                  +-------+
                """)
    }

    @Test("one box, and nothing")
    func small() {
        #expect(GraphDrawing(["x"], sources: [[]]).lines == ["+---+", "| x |", "+---+"])
        #expect(GraphDrawing([], sources: []).lines == [])
    }

    /// A graph in which every node comes from earlier ones.
    private func graph(_ random: inout SeededRandom, nodes: Int) -> [[Int]] {
        (0..<nodes).map { node in
            let count = node == 0 ? 0 : Int.random(in: 0...min(3, node), using: &random)
            return Array((0..<node).shuffled(using: &random).prefix(count))
        }
    }

    @Test("in any graph lines lead down, and no two items share a column", arguments: 0..<60 as Range<UInt64>)
    func layers(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let nodes = Int.random(in: 1...40, using: &random)
        let sources = graph(&random, nodes: nodes)
        let widths = (0..<nodes).map { _ in Int.random(in: 5...20, using: &random) }
        let layout = LayeredLayout(widths: widths, sources: sources)
        var ranks: [Int: Int] = [:]
        for (rank, layer) in layout.layers.enumerated() {
            for item in layer where item.isBox {
                #expect(ranks.updateValue(rank, forKey: item.node) == nil)
                #expect(item.width == widths[item.node])
            }
            for (left, right) in zip(layer, layer.dropFirst()) {
                #expect(left.left + left.width + 2 <= right.left)
            }
            #expect(layer.allSatisfy { $0.left >= 0 })
            if rank > 0 {
                for (place, item) in layer.enumerated() {
                    for upper in item.above {
                        #expect(layout.layers[rank - 1][upper].below.contains(place))
                    }
                }
            }
        }
        #expect(ranks.count == nodes)
        for (node, list) in sources.enumerated() {
            for source in list { #expect(ranks[source, default: .max] < ranks[node, default: 0]) }
        }
    }

    @Test("every box stays whole", arguments: 0..<40 as Range<UInt64>)
    func boxes(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let nodes = Int.random(in: 1...30, using: &random)
        let names = (0..<nodes).map {
            "n\($0)" + String(repeating: "x", count: Int.random(in: 0...9, using: &random))
        }
        let text = GraphDrawing(names, sources: graph(&random, nodes: nodes)).lines.joined(separator: "\n")
        for name in names { #expect(text.contains("| \(name) |"), "\(name) in\n\(text)") }
        #expect(text.components(of: "+\(String(repeating: "-", count: 4))") > 0)
    }

    @Test("a thousand stages are drawn quickly")
    func large() {
        var random = SeededRandom(seed: 7)
        let clock = ContinuousClock()
        let time = clock.measure {
            let sources = graph(&random, nodes: 1000)
            _ = GraphDrawing((0..<1000).map { "stage-\($0)" }, sources: sources).lines
        }
        #expect(time < .seconds(20))
    }

    @Test("a table as dvc lays it out")
    func table() {
        var table = ReportTable(["Path", "x"])
        table.add(["a", "1"])
        table.add(["日本語の名前", "-"])
        #expect(table.lines == ["Path          x", "a             1", "日本語の名前  -"])
        #expect(
            table.markdownLines == [
                "| Path         | x   |", "|--------------|-----|", "| a            | 1   |",
                "| 日本語の名前 | -   |", "",
            ])
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
