public import CairnCore

/// Puts hints together while the places of the parts come in, in the order of the parts: docs/formats/recipe.md.
///
/// Parts whose records stand one behind the other share a term, up to 256 KiB of frames, so that who reads a part fetches little beside it.
public struct HintBuilder: Sendable {
    /// The frames of a term have at most so many bytes, unless there is only one.
    public static let largestTerm = 256 << 10

    private let frames: FrameTable
    private var packs: [Digest] = []
    private var packNumbers: [Digest: UInt32] = [:]
    private var terms: [RecipeHints.Term] = []
    private var run: Run?
    private var isComplete = true

    /// A term that may go on.
    private struct Run {
        let pack: UInt32
        let firstFrame: UInt32
        let firstRecord: UInt16
        /// The place of the last part's record.
        var last: PackPlace
        var count: UInt32
    }

    /// Parts without a record that no term covers yet.
    private var blanks: UInt32 = 0

    private let largestTerm: Int

    /// Starts with no parts.
    ///
    /// - Parameters:
    ///   - frames: what is known about the packs. Where nothing is, a term ends with its frame.
    ///   - largestTerm: the bytes that the frames of a term may have, unless there is only one.
    public init(_ frames: FrameTable = FrameTable(), largestTerm: Int = HintBuilder.largestTerm) {
        self.frames = frames
        self.largestTerm = largestTerm
    }

    /// Takes the place of the next part.
    ///
    /// - Parameter pack: the name of the pack, or `RecipeHints.ownPack`.
    public mutating func append(_ place: PackPlace, in pack: Digest) {
        if var run, packs[Int(run.pack)] == pack, isNext(place, in: run, pack), run.count < .max {
            run.last = place
            run.count += 1
            self.run = run
            return
        }
        let blanks = run == nil ? self.blanks : 0
        endTerm(keepingBlanks: true)
        self.blanks = 0
        run = Run(
            pack: number(of: pack), firstFrame: place.frameOffset, firstRecord: place.record, last: place,
            count: blanks + 1)
    }

    /// Takes a part that has no record: an empty folder. It belongs to the term around it.
    public mutating func appendBlank() {
        if run == nil { blanks += 1 } else { run?.count += 1 }
    }

    /// Takes a part of which nobody knows where it lies: there will be no hints, because they cover all parts or none.
    public mutating func appendUnknown() { isComplete = false }

    /// Ends the term: the next part begins another one. At the end of a page of a directory.
    public mutating func endTerm() { endTerm(keepingBlanks: false) }

    /// The hints; none if a place is unknown, or no part has a record.
    ///
    /// - Parameter limit: there are none either if it takes more terms than this to tell them.
    public func finish(limit: Int = .max) -> RecipeHints {
        var copy = self
        copy.endTerm()
        guard isComplete, !copy.packs.isEmpty, copy.terms.count <= limit else { return .none }
        return RecipeHints(packs: copy.packs, terms: copy.terms)
    }

    private mutating func endTerm(keepingBlanks: Bool) {
        if let run {
            terms.append(
                RecipeHints.Term(
                    pack: run.pack, offset: run.firstFrame, byteCount: run.last.end - run.firstFrame,
                    firstRecord: run.firstRecord, count: run.count))
        } else if blanks > 0, !keepingBlanks {
            terms.append(
                RecipeHints.Term(pack: 0, offset: 0, byteCount: 0, firstRecord: 0, count: blanks))
        }
        run = nil
        if !keepingBlanks { blanks = 0 }
    }

    /// Whether a record stands right behind the last one of a run, and may belong to it.
    private func isNext(_ place: PackPlace, in run: Run, _ pack: Digest) -> Bool {
        if place.frameOffset == run.last.frameOffset {
            return place.frameLength == run.last.frameLength && Int(place.record) == Int(run.last.record) + 1
        }
        guard place.record == 0, place.frameOffset == run.last.end,
            frames.recordCount(of: pack, frame: run.last.frameOffset) == Int(run.last.record) + 1
        else { return false }
        return Int(place.end) - Int(run.firstFrame) <= largestTerm
    }

    private mutating func number(of pack: Digest) -> UInt32 {
        if let number = packNumbers[pack] { return number }
        let number = UInt32(packs.count)
        packs.append(pack)
        packNumbers[pack] = number
        return number
    }
}

extension PackPlace {
    /// Where the frame ends. A pack has at most 1 GiB, so that this does not overflow.
    fileprivate var end: UInt32 { frameOffset + frameLength }
}
