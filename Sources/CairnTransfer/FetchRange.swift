import CairnCore
import CairnStore

/// A part of a pack that is read in one go, for the sake of some frames in it.
struct FetchRange: Sendable {
    let pack: PackInfo
    let bytes: Range<Int64>
    /// The frames that are wanted, in the order in which they lie there.
    let frames: [FrameSelection]

    /// The most bytes that are asked for at once, unless one frame has more.
    static let largest: Int64 = 8 << 20
    /// The widest gap between wanted frames that is read along.
    static let widestGap: Int64 = 1 << 20
    /// All gaps that are read along have at most this part of the bytes that are wanted.
    static let gapPart: Int64 = 25

    /// Puts frames together that lie near each other: the smallest gaps are read along first, as long as that costs a few per cent at most.
    ///
    /// - Parameter frames: pack by pack, in the order in which they lie there.
    static func ranges(for frames: [FrameSelection]) -> [FetchRange] {
        var gaps: [(size: Int64, index: Int)] = []
        var wanted: Int64 = 0
        for (index, frame) in frames.enumerated() {
            wanted += frame.length
            guard index > 0, frames[index - 1].pack.name == frame.pack.name else { continue }
            gaps.append((frame.offset - frames[index - 1].offset - frames[index - 1].length, index))
        }
        var budget = wanted / gapPart
        var isJoined = Array(repeating: false, count: frames.count)
        for gap in gaps.sorted(by: { $0.size < $1.size }) {
            guard gap.size >= 0, gap.size <= widestGap, gap.size <= budget else { break }
            budget -= gap.size
            isJoined[gap.index] = true
        }
        var ranges: [FetchRange] = []
        var start = 0
        for index in frames.indices {
            let end = index + 1
            let size = frames[index].offset + frames[index].length - frames[start].offset
            let isLast =
                end == frames.count || !isJoined[end] || size + frames[end].length > largest
            guard isLast else { continue }
            ranges.append(
                FetchRange(
                    pack: frames[start].pack, bytes: frames[start].offset..<(frames[start].offset + size),
                    frames: Array(frames[start...index])))
            start = end
        }
        return ranges
    }
}
