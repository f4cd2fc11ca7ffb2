/// Tables in Markdown of the lines that a run printed, a few for each scenario.
struct ResultTables {
    /// A table's place in a document.
    struct Place: Hashable {
        let scenario: String
        /// `programs`, `times`, `bytes`, `requests` or `targets`.
        let kind: String

        /// The comment in front of the place.
        var opening: String { "<!-- cairn-bench \(scenario) \(kind) -->\n" }
        /// The comment behind each place.
        static let closing = "<!-- end -->\n"
    }

    private let lines: [JSONLine]

    /// Reads a file; lines that are no figures, as a compiler prints them, are passed over.
    ///
    /// - Throws: `BenchError` if it cannot be read or has no figures.
    init(readingFrom path: String) throws(BenchError) {
        guard let bytes = Disk.read(path) else { throw BenchError("cannot read '\(path)'") }
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
            JSONLine(parsing: $0)
        }
        guard !lines.isEmpty else { throw BenchError("'\(path)' has no figures") }
    }

    /// Puts the tables into their places in a document, or prints them if there is none.
    ///
    /// Places for which there are no figures stay as they are, so one document can take the tables of several runs.
    ///
    /// - Throws: `BenchError` if the document cannot be read or written, or has no place for any table.
    func write(into document: String?) throws(BenchError) {
        guard let document else {
            for (place, text) in tables { Console.print("\(place.opening)\n\(text)\n\(Place.closing)\n") }
            return
        }
        guard let bytes = Disk.read(document) else { throw BenchError("cannot read '\(document)'") }
        var parts = String(decoding: bytes, as: UTF8.self)
        var filled = 0
        for (place, text) in tables {
            guard let start = Self.end(of: place.opening, in: parts),
                let length = Self.offset(of: Place.closing, in: parts.utf8.dropFirst(start))
            else {
                Console.note("'\(document)' has no place for \(place.scenario) \(place.kind)")
                continue
            }
            let (before, after) = (parts.utf8.prefix(start), parts.utf8.dropFirst(start + length))
            parts = "\(Substring(before))\n\(text)\n\(Substring(after))"
            filled += 1
        }
        guard filled > 0 else { throw BenchError("'\(document)' has no place for these figures") }
        try Disk.write(Array(parts.utf8), to: document)
    }

    /// The tables that the figures are enough for.
    private var tables: [(place: Place, text: String)] {
        var scenarios: [String] = []
        for line in lines {
            if let name = line["scenario"]?.text, !scenarios.contains(name) { scenarios.append(name) }
        }
        return scenarios.flatMap { (scenario) -> [(place: Place, text: String)] in
            let results = ScenarioTables(lines.filter { $0["scenario"]?.text == scenario })
            return [
                ("programs", results.programs), ("times", results.times), ("bytes", results.bytes),
                ("requests", results.requests), ("targets", results.targets),
            ].compactMap { (kind, text) in
                text.isEmpty ? nil : (Place(scenario: scenario, kind: kind), text)
            }
        }
    }

    private static func end(of text: String, in whole: String) -> Int? {
        offset(of: text, in: whole.utf8[...]).map { $0 + text.utf8.count }
    }

    /// Where a text begins, in bytes.
    private static func offset(of text: String, in whole: Substring.UTF8View) -> Int? {
        let bytes = Array(whole)
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first {
            bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }
}
