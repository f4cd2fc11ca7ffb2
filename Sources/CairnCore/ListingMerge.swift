/// The merge of two listings that began as one: path by path, as git merges trees.
///
/// Time is linear in the listings. A path that one side changed, added or removed is as that side has it; one that both changed in
/// different ways is a conflict, and so is a file in the place of a folder.
public struct ListingMerge: Sendable {
    /// Where a path is taken from.
    private struct Pick {
        /// 0 the common ancestor, 1 ours, 2 theirs.
        let side: Int
        let index: Int
    }

    /// The merge, with our version of paths that are in conflict.
    public let ours: DirListing
    /// The merge, with their version of paths that are in conflict; the same where there is none.
    public let theirs: DirListing
    /// The paths that both sides changed in different ways, in order.
    public let conflicts: [[UInt8]]

    /// Merges two listings.
    ///
    /// - Precondition: all three are of one form.
    /// - Throws: `DirListingError` if the result cannot be a listing.
    public init(ancestor: DirListing, ours: DirListing, theirs: DirListing) throws(DirListingError) {
        let listings = [ancestor, ours, theirs]
        var position = [0, 0, 0]
        var common: [Pick] = []
        // Pairs of what ours and theirs have, by number of picks in front of them.
        var disputed: [(ours: Pick?, theirs: Pick?, path: [UInt8])] = []
        while let least = Self.least(listings, position) {
            var found: [Int?] = [nil, nil, nil]
            for side in 0..<3 where position[side] < listings[side].count {
                guard Self.compare(listings, side, position[side], least.side, least.index) == 0 else {
                    continue
                }
                found[side] = position[side]
            }
            for side in 0..<3 where found[side] != nil { position[side] += 1 }
            func isSame(_ left: Int, _ right: Int) -> Bool {
                switch (found[left], found[right]) {
                case (nil, nil): true
                case (let one?, let other?):
                    listings[left].digest(at: one) == listings[right].digest(at: other)
                        && listings[left].kind(at: one) == listings[right].kind(at: other)
                default: false
                }
            }
            func pick(_ side: Int) -> Pick? { found[side].map { Pick(side: side, index: $0) } }
            if isSame(1, 2) || isSame(0, 2) {
                if let own = pick(1) { common.append(own) }
            } else if isSame(0, 1) {
                if let other = pick(2) { common.append(other) }
            } else {
                disputed.append((pick(1), pick(2), Array(listings[least.side].paths[least.index])))
            }
        }
        let clashes = Self.clashes(
            common + disputed.flatMap { [$0.ours, $0.theirs].compactMap { $0 } }, listings)
        var conflicts = Set(disputed.map(\.path))
        conflicts.formUnion(clashes)
        self.conflicts = conflicts.sorted { $0.lexicographicallyPrecedes($1) }
        self.ours = try Self.listing(common + disputed.compactMap(\.ours), listings, favoured: 1)
        self.theirs =
            conflicts.isEmpty
            ? self.ours : try Self.listing(common + disputed.compactMap(\.theirs), listings, favoured: 2)
    }

    private static func compare(
        _ listings: [DirListing], _ left: Int, _ index: Int, _ right: Int, _ other: Int
    ) -> Int {
        listings[left].paths.withPath(index) { path in
            listings[right].paths.withPath(other) { listings[left].form.compare(path, $0) }
        }
    }

    private static func least(_ listings: [DirListing], _ position: [Int]) -> (side: Int, index: Int)? {
        var best: (side: Int, index: Int)?
        for side in 0..<3 where position[side] < listings[side].count {
            guard let known = best else {
                best = (side, position[side])
                continue
            }
            if compare(listings, side, position[side], known.side, known.index) < 0 {
                best = (side, position[side])
            }
        }
        return best
    }

    private static func folders(above path: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { path[..<$0] }
    }

    /// Files that lie where another path needs a folder.
    private static func clashes(_ picks: [Pick], _ listings: [DirListing]) -> [[UInt8]] {
        var folders: Set<ArraySlice<UInt8>> = []
        for pick in picks { folders.formUnion(Self.folders(above: listings[pick.side].paths[pick.index])) }
        var clashes: Set<[UInt8]> = []
        for pick in picks where listings[pick.side].kind(at: pick.index) != .emptyFolder {
            let path = listings[pick.side].paths[pick.index]
            if folders.contains(path) { clashes.insert(Array(path)) }
        }
        return clashes.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Puts picks together. Where a file clashes with a folder, what the favoured side has stays.
    private static func listing(
        _ picks: [Pick], _ listings: [DirListing], favoured: Int
    ) throws(DirListingError) -> DirListing {
        var lost: Set<ArraySlice<UInt8>> = []
        for path in clashes(picks, listings) where listings[favoured].index(of: path[...]) != nil {
            lost.insert(path[...])
        }
        var folders: Set<ArraySlice<UInt8>> = []
        var kept: [Pick] = []
        for pick in picks {
            let above = Self.folders(above: listings[pick.side].paths[pick.index])
            if !lost.isEmpty, above.contains(where: lost.contains) { continue }
            folders.formUnion(above)
            kept.append(pick)
        }
        var builder = DirListingBuilder(listings[favoured].form)
        for pick in kept where !folders.contains(listings[pick.side].paths[pick.index]) {
            try builder.append(pick.index, of: listings[pick.side])
        }
        return try builder.listing()
    }
}
