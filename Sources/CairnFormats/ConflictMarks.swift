import CairnCore

/// Marks that git leaves in a text where a merge was not finished.
struct ConflictMarks {
    /// The line of the first `<<<<<<<`, from 1.
    let line: Int
    /// The names of stages that the marks concern, in the order of the text; empty where the text has no stages.
    let stages: [String]

    /// Finds marks; `nil` if there are none.
    init?(in bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.starts(with: "<<<<<<< ".utf8) }),
            lines[first...].contains(where: { $0.starts(with: ">>>>>>>".utf8) })
        else { return nil }
        line = first + 1
        var names: [[UInt8]] = []
        var latest: [UInt8]?
        var (isInside, isInStages) = (false, false)
        func note(_ name: [UInt8]?) {
            if let name, !names.contains(name) { names.append(name) }
        }
        for (number, text) in lines.enumerated() {
            if text.starts(with: "<<<<<<< ".utf8) {
                isInside = true
                // A stage that begins above goes on into the marks, unless they begin with another.
                let next = number + 1 < lines.count ? Self.stage(lines[number + 1]) : nil
                if isInStages, next == nil { note(latest) }
            } else if text.starts(with: ">>>>>>>".utf8) {
                isInside = false
            } else if let byte = text.first, byte != UInt8(ascii: " "), byte != UInt8(ascii: "=") {
                isInStages = text.elementsEqual("stages:".utf8)
                latest = nil
            } else if isInStages, let name = Self.stage(text) {
                latest = name
                if isInside { note(name) }
            }
        }
        stages = names.map(\.printable)
    }

    /// The name of the stage that begins in a line.
    private static func stage(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count > 3, line.starts(with: "  ".utf8), line[line.startIndex + 2] != UInt8(ascii: " "),
            line.last == UInt8(ascii: ":")
        else { return nil }
        return Array(line.dropFirst(2).dropLast())
    }

    /// An error that says so.
    func error(in file: String) -> FormatsError {
        let names = stages.map { "'\($0)'" }.joined(separator: ", ")
        let what = stages.isEmpty ? "" : " in \(stages.count == 1 ? "stage" : "stages") \(names)"
        return FormatsError(
            file: file, at: SourceLocation(line: line, column: 1),
            "a merge was not finished\(what): keep one side of each conflict and remove the lines with its marks"
        )
    }
}
