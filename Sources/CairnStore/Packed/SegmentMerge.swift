import CairnCore

/// Makes one segment of several.
enum SegmentMerge {
    /// Merges segments.
    ///
    /// - Parameter dead: packs whose entries are left out.
    /// - Precondition: together they have no more entries than a segment may have.
    static func merge(_ segments: [IndexSegment], without dead: Set<Digest>) -> IndexSegmentBuilder.Segment {
        var builder = IndexSegmentBuilder()
        for segment in segments { builder.add(contentsOf: segment, without: dead) }
        return builder.build()
    }
}
