/// Where the boxes of a drawing of a graph go: in layers from top to bottom, so that lines lead down and cross as little as can be found
/// quickly.
///
/// After K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures", IEEE SMC 1981: layers, then
/// orders in them, then columns.
struct LayeredLayout {
    /// A box, or the place where the lines of a box pass a layer on their way to lower ones.
    struct Item {
        /// The box, or the one whose lines pass.
        let node: Int
        /// True for a box.
        let isBox: Bool
        /// Columns.
        let width: Int
        /// The leftmost column.
        var left = 0
        /// The items of the layer above that lines come from, and those of the layer below that they go to: places in their layers.
        var above: [Int] = []
        var below: [Int] = []

        /// The column in the middle.
        var middle: Int { left + width / 2 }
    }

    /// The layers from the top, each from left to right.
    private(set) var layers: [[Item]] = []

    /// Blank columns between two items.
    private static let gap = 2

    /// Lays out a graph without cycles.
    ///
    /// - Parameters:
    ///   - widths: how many columns each box takes.
    ///   - sources: for each box those that lines come from.
    init(widths: [Int], sources: [[Int]]) {
        makeLayers(widths, sources, Self.ranks(sources))
        order()
        placeColumns()
    }

    /// The layer of each box: below all that it comes from, and one that comes from nothing right above the first that comes from it.
    private static func ranks(_ sources: [[Int]]) -> [Int] {
        var products = Array(repeating: [Int](), count: sources.count)
        var waiting = sources.map(\.count)
        for (node, list) in sources.enumerated() { for source in list { products[source].append(node) } }
        var ranks = Array(repeating: 0, count: sources.count)
        var ready = sources.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < ready.count {
            for product in products[ready[next]] {
                ranks[product] = max(ranks[product], ranks[ready[next]] + 1)
                waiting[product] -= 1
                if waiting[product] == 0 { ready.append(product) }
            }
            next += 1
        }
        for node in sources.indices where sources[node].isEmpty {
            ranks[node] = products[node].map { ranks[$0] - 1 }.min() ?? 0
        }
        return ranks
    }

    /// Fills the layers. The lines of a box go down together, through one place in each layer, as far as the lowest box that needs them.
    private mutating func makeLayers(_ widths: [Int], _ sources: [[Int]], _ ranks: [Int]) {
        layers = Array(repeating: [], count: (ranks.max() ?? -1) + 1)
        // For each box its places, from its own layer downwards.
        var places = Array(repeating: [Int](), count: widths.count)
        for node in widths.indices {
            places[node] = [layers[ranks[node]].count]
            layers[ranks[node]].append(Item(node: node, isBox: true, width: widths[node]))
        }
        let lines = sources.enumerated().flatMap { node, list in list.map { (from: $0, to: node) } }
        for (from, to) in lines {
            while ranks[from] + places[from].count < ranks[to] {
                let rank = ranks[from] + places[from].count
                link(places[from][places[from].count - 1], in: rank - 1, to: layers[rank].count)
                places[from].append(layers[rank].count)
                layers[rank].append(Item(node: from, isBox: false, width: 1))
                layers[rank][layers[rank].count - 1].above = [places[from][places[from].count - 2]]
            }
        }
        for (from, to) in lines {
            let upper = places[from][ranks[to] - ranks[from] - 1]
            let lower = places[to][0]
            link(upper, in: ranks[to] - 1, to: lower)
            layers[ranks[to]][lower].above.append(upper)
        }
    }

    private mutating func link(_ upper: Int, in layer: Int, to lower: Int) {
        layers[layer][upper].below.append(lower)
    }
}

// MARK: orders

extension LayeredLayout {
    /// Sorts the layers again and again by where the neighbors of their items are, and keeps the best that was seen.
    private mutating func order() {
        var best = layers
        var fewest = crossings
        for round in 0..<24 where fewest > 0 {
            let isDown = round % 2 == 0
            let places =
                isDown ? Array(layers.indices.dropFirst()) : Array(layers.indices.dropLast().reversed())
            for layer in places {
                let keys = layers[layer].indices.map { place -> Double in
                    let item = layers[layer][place]
                    let neighbors = isDown ? item.above : item.below
                    guard !neighbors.isEmpty else { return Double(place) }
                    return Double(neighbors.reduce(0, +)) / Double(neighbors.count)
                }
                let order = layers[layer].indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
                reorder(layer, order)
            }
            let count = crossings
            if count < fewest { (best, fewest) = (layers, count) }
        }
        layers = best
    }

    /// Puts the items of a layer into another order: `order[new place] = old place`.
    private mutating func reorder(_ layer: Int, _ order: [Int]) {
        var places = order
        for (new, old) in order.enumerated() { places[old] = new }
        layers[layer] = order.map { layers[layer][$0] }
        if layer > 0 {
            for place in layers[layer - 1].indices {
                layers[layer - 1][place].below = layers[layer - 1][place].below.map { places[$0] }
            }
        }
        if layer + 1 < layers.count {
            for place in layers[layer + 1].indices {
                layers[layer + 1][place].above = layers[layer + 1][place].above.map { places[$0] }
            }
        }
    }

    /// How many pairs of lines cross.
    var crossings: Int {
        var count = 0
        for upper in layers.dropLast() {
            // Lines by their upper ends: two cross if their lower ends are in the other order. Counted with a tree of sums.
            let width = (upper.flatMap(\.below).max() ?? -1) + 2
            var sums = Array(repeating: 0, count: width + 1)
            var seen = 0
            for item in upper {
                for end in item.below {
                    var place = end + 1
                    var notRight = 0
                    while place > 0 {
                        notRight += sums[place]
                        place -= place & -place
                    }
                    count += seen - notRight
                }
                for end in item.below {
                    var place = end + 1
                    while place <= width {
                        sums[place] += 1
                        place += place & -place
                    }
                    seen += 1
                }
            }
        }
        return count
    }
}

// MARK: columns

extension LayeredLayout {
    /// Moves items towards the middle of their neighbors, as far as those beside them allow.
    private mutating func placeColumns() {
        for layer in layers.indices {
            var column = 0
            for place in layers[layer].indices {
                layers[layer][place].left = column
                column += layers[layer][place].width + Self.gap
            }
        }
        for _ in 0..<4 {
            for layer in layers.indices.dropFirst() { settle(layer, isDown: true) }
            for layer in layers.indices.dropLast().reversed() { settle(layer, isDown: false) }
        }
        let first = layers.compactMap { $0.first?.left }.min() ?? 0
        for layer in layers.indices {
            for place in layers[layer].indices { layers[layer][place].left -= first }
        }
    }

    /// Gives a layer the columns that are nearest to where its items want to be, by least squares: the order and the gaps make it a
    /// problem of fitting numbers that do not fall, which is solved by pooling neighbors that are in each other's way.
    private mutating func settle(_ layer: Int, isDown: Bool) {
        let items = layers[layer]
        let others = layers[isDown ? layer - 1 : layer + 1]
        var offset = 0
        var pools: [(sum: Double, count: Int)] = []
        var offsets: [Int] = []
        for item in items {
            let neighbors = isDown ? item.above : item.below
            let wanted =
                neighbors.isEmpty
                ? Double(item.left)
                : Double(neighbors.reduce(0) { $0 + others[$1].middle }) / Double(neighbors.count)
                    - Double(item.width / 2)
            offsets.append(offset)
            pools.append((wanted - Double(offset), 1))
            offset += item.width + Self.gap
            while pools.count > 1 {
                let (last, before) = (pools[pools.count - 1], pools[pools.count - 2])
                guard last.sum * Double(before.count) < before.sum * Double(last.count) else { break }
                pools.removeLast(2)
                pools.append((last.sum + before.sum, last.count + before.count))
            }
        }
        var place = 0
        for pool in pools {
            let base = Int((pool.sum / Double(pool.count)).rounded())
            for _ in 0..<pool.count {
                layers[layer][place].left = base + offsets[place]
                place += 1
            }
        }
    }
}
