public import CairnCore

/// Where the pages and the members of a directory lay when its record was written: docs/formats/directory-listing.md.
///
/// As with recipes, the index of the store is the authority.
public struct DirectoryHints: Hashable, Sendable {
    /// The names of the packs.
    public let packs: [Digest]
    /// The runs of pages, which cover all pages in their order; or none.
    public let pageTerms: [RecipeHints.Term]
    /// The runs of entries, which cover all entries in their order, none of them those of two pages; or none.
    public let entryTerms: [RecipeHints.Term]

    /// No hints.
    public static let none = DirectoryHints(pages: .none, entries: .none)

    /// True if nothing is said.
    public var isEmpty: Bool { pageTerms.isEmpty && entryTerms.isEmpty }

    /// Joins what is known about pages with what is known about entries.
    public init(pages: RecipeHints, entries: RecipeHints) {
        var packs = pages.packs
        var numbers: [Digest: UInt32] = [:]
        for (number, pack) in packs.enumerated() { numbers[pack] = UInt32(number) }
        let translation = entries.packs.map { pack in
            if let number = numbers[pack] { return number }
            let number = UInt32(packs.count)
            packs.append(pack)
            numbers[pack] = number
            return number
        }
        self.init(
            packs: packs, pageTerms: pages.terms,
            entryTerms: entries.terms.map { term in
                RecipeHints.Term(
                    // A run without records names the first pack whichever that is.
                    pack: term.byteCount == 0 ? 0 : translation[Int(term.pack)], offset: term.offset,
                    byteCount: term.byteCount, firstRecord: term.firstRecord, count: term.count)
            })
    }

    init(packs: [Digest], pageTerms: [RecipeHints.Term], entryTerms: [RecipeHints.Term]) {
        self.packs = packs
        self.pageTerms = pageTerms
        self.entryTerms = entryTerms
    }

    /// The bytes of a term.
    static let termSize = 20

    /// The bytes that the hints take in a record.
    var size: Int { 32 * packs.count + Self.termSize * (pageTerms.count + entryTerms.count) }

    /// The flags of a record with these hints.
    var flags: UInt16 { (entryTerms.isEmpty ? 0 : 1) | (pageTerms.isEmpty ? 0 : 2) }

    /// Reads the hints at `offset`, which end with the bytes.
    ///
    /// - Parameters:
    ///   - flags: of the record, which say what is covered.
    ///   - packs: how many packs there are. They and the terms fit the bytes exactly.
    ///   - pages: the pages, for whose entries the terms are.
    init(
        parsing bytes: UnsafeRawBufferPointer, at offset: Int, flags: UInt16, packs: Int, terms: Int,
        of pages: [DirectoryRecord.Page]
    ) throws(FormatError) {
        let start = offset + 32 * packs
        var all: [RecipeHints.Term] = []
        all.reserveCapacity(terms)
        for number in 0..<terms {
            let place = start + Self.termSize * number
            guard bytes.integer(at: place + 14, as: UInt16.self) == 0 else {
                throw FormatError(.directory, .badValue("zero"), at: Int64(place + 14))
            }
            all.append(RecipeHints.Term(bytes, at: place))
        }
        // The terms of pages end where all pages are covered.
        var pageTerms = 0
        if flags & 2 != 0 {
            var covered = 0
            while covered < pages.count, pageTerms < all.count {
                covered += Int(all[pageTerms].count)
                pageTerms += 1
            }
        }
        self.init(
            packs: (0..<packs).map { Digest(bytes: bytes, at: offset + 32 * $0) },
            pageTerms: Array(all[..<pageTerms]), entryTerms: Array(all[pageTerms...]))
        guard self.flags == flags else { throw FormatError(.directory, .badValue("flags"), at: 6) }
        try check(of: pages, at: offset)
    }

    /// Checks that the terms say something that is possible, and cover what they have to cover.
    ///
    /// - Parameter offset: where the hints lie, or would lie, in the record.
    func check(of pages: [DirectoryRecord.Page], at offset: Int) throws(FormatError) {
        let start = offset + 32 * packs.count
        func fail(_ field: String, _ term: Int) -> FormatError {
            FormatError(.directory, .badValue(field), at: Int64(start + Self.termSize * term))
        }
        for (number, term) in (pageTerms + entryTerms).enumerated() {
            guard term.pack < packs.count else { throw fail("pack of a hint", number) }
            let isBlank = number >= pageTerms.count && term.isBlank
            guard isBlank || term.isPossible else { throw fail("place of a hint", number) }
        }
        try cover(pageTerms, 0, [pages.count], fail)
        try cover(entryTerms, pageTerms.count, pages.map(\.entryCount), fail)
        guard packs.isEmpty == isEmpty else { throw fail("packs of hints", 0) }
    }

    /// Checks that terms cover groups of so many parts, and that none covers parts of two groups.
    private func cover(
        _ terms: [RecipeHints.Term], _ first: Int, _ groups: [Int],
        _ fail: (String, Int) -> FormatError
    ) throws(FormatError) {
        if terms.isEmpty { return }
        var left = 0
        var groups = groups[...]
        for (number, term) in terms.enumerated() {
            if left == 0 { left = groups.popFirst() ?? 0 }
            guard term.count > 0, Int(term.count) <= left else {
                throw fail("parts of a hint", first + number)
            }
            left -= Int(term.count)
        }
        guard left == 0, groups.isEmpty else { throw fail("parts of a hint", first + terms.count) }
    }

    /// Appends the bytes.
    func append(to output: inout [UInt8]) {
        for pack in packs { output.append(pack) }
        for term in pageTerms + entryTerms { term.append(to: &output) }
    }
}

extension RecipeHints.Term {
    /// Reads the term at `offset`, which lies within `bytes`.
    fileprivate init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.init(
            pack: bytes.integer(at: offset), offset: bytes.integer(at: offset + 4),
            byteCount: bytes.integer(at: offset + 8), firstRecord: bytes.integer(at: offset + 12),
            count: bytes.integer(at: offset + 16))
    }

    /// True if the run has no record: folders with nothing in them.
    fileprivate var isBlank: Bool { pack == 0 && offset == 0 && byteCount == 0 && firstRecord == 0 }

    /// True if a pack may have such a place.
    fileprivate var isPossible: Bool {
        offset >= PackHeader.byteCount && byteCount > FrameHeader.fixedSize
            && Int64(offset) + Int64(byteCount) <= PackLimits.packSize
    }

    fileprivate func append(to output: inout [UInt8]) {
        output.append(integer: pack)
        output.append(integer: offset)
        output.append(integer: byteCount)
        output.append(integer: firstRecord)
        output.append(zeros: 2)
        output.append(integer: count)
    }
}

/// The hints of a directory in a form in which those of a page are found quickly.
public struct DirectoryHintTable: Sendable {
    /// The places of the pages; its count is 0 if nothing is said about them.
    public let pages: HintTable
    /// The places of the entries, numbered through all pages; its count is 0 if nothing is said about them.
    public let entries: HintTable
    /// The number of the first entry of each page, and of all entries at the end.
    private let starts: [Int]

    /// Takes the hints of a directory.
    ///
    /// - Parameter pack: the pack in which the record was found.
    public init(of directory: DirectoryRecord, foundIn pack: Digest) {
        let hints = directory.hints
        pages = HintTable(RecipeHints(packs: hints.packs, terms: hints.pageTerms), foundIn: pack)
        entries = HintTable(RecipeHints(packs: hints.packs, terms: hints.entryTerms), foundIn: pack)
        var starts = [0]
        for page in directory.pages { starts.append(starts[starts.count - 1] + page.entryCount) }
        self.starts = starts
    }

    /// The numbers of the entries of a page.
    public func entries(ofPage page: Int) -> Range<Int> { starts[page]..<starts[page + 1] }

    /// What is to be fetched for the entries of a page. All of each run are of that page, so that it alone tells which entries have a record.
    ///
    /// - Returns: none if nothing is said about entries.
    public func runs(forPage page: Int) -> [HintedRun] {
        entries.count == 0 ? [] : entries.runs(for: entries(ofPage: page))
    }
}
