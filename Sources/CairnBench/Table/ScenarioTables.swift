/// The tables of one scenario; each is empty if there are no figures for it.
struct ScenarioTables {
    private let lines: [JSONLine]

    init(_ lines: [JSONLine]) { self.lines = lines }

    /// The machine and the versions of the programs.
    var programs: String {
        var table = MarkdownTable(["program", "version"])
        // Lines of several runs may say the same.
        var seen: Set<[String]> = []
        func add(_ row: [String]) { if seen.insert(row).inserted { table.add(row) } }
        for line in lines where line["measurement"] == nil {
            if let machine = line["machine"]?.text {
                let memory = Figure.text((line["memory_mib"]?.number ?? 0) / 1024, digits: 0)
                let count = Figure.text(line["processors"]?.number ?? 0, digits: 0)
                let processor = line["processor"]?.text ?? ""
                add(["machine", "\(machine), \(count) × \(processor), \(memory) GiB"])
            } else if let program = line["program"]?.text {
                add([program, line["version"]?.text ?? "not there: \(line["skipped"]?.text ?? "")"])
            }
        }
        return seen.isEmpty ? "" : table.text
    }

    /// What each program took.
    var times: String {
        groups.compactMap { (title, group) in
            isSeries(group) ? seriesTimes(title, group) : contestTimes(title, group)
        }.joined(separator: "\n")
    }

    /// What each program's store grew by.
    var bytes: String {
        groups.compactMap { (title, group) in
            isSeries(group) ? seriesBytes(title, group) : contestBytes(title, group)
        }.joined(separator: "\n")
    }

    /// How many requests to a server each program needed.
    var requests: String {
        var table = MarkdownTable(["what", "program", "requests"])
        let counted = lines.filter { $0["counted"] != nil && $0["requests"] != nil }
        for line in counted {
            let what = "\(line["counted"]?.text ?? ""), \(line["tree"]?.text ?? "")\(scale(of: line))"
            table.add([what, program(of: line), Figure.text(line["requests"]?.number ?? 0, digits: 0)])
        }
        return counted.isEmpty ? "" : table.text
    }

    /// What was asked for, and whether it was met.
    var targets: String {
        var table = MarkdownTable(["what", "figure", "value", "target", "met"])
        var isEmpty = true
        for line in lines {
            guard let target = line["target"]?.text, let tree = line["tree"]?.text,
                let figure = line["figure"]?.text
            else { continue }
            isEmpty = false
            let what = "\(target), \(tree)\(scale(of: line))"
            guard let value = line["value"]?.number, let limit = line["limit"]?.number,
                case .boolean(let met)? = line["met"]
            else {
                table.add([what, figure, "skipped: \(line["skipped"]?.text ?? "")"])
                continue
            }
            table.add([
                what, figure, Figure.text(value, digits: 3), Figure.text(limit, digits: 3),
                met ? "yes" : "no",
            ])
        }
        return isEmpty ? "" : table.text
    }

    // MARK: groups

    /// The lines of each measurement, with its title.
    private var groups: [(title: String, lines: [JSONLine])] {
        var groups: [(title: String, lines: [JSONLine])] = []
        for line in lines {
            guard let name = line["measurement"]?.text, let tree = line["tree"]?.text else { continue }
            let title = "\(name), \(tree)\(scale(of: line))"
            if let index = groups.firstIndex(where: { $0.title == title }) {
                groups[index].lines.append(line)
            } else {
                groups.append((title, [line]))
            }
        }
        return groups
    }

    private func scale(of line: JSONLine) -> String {
        guard let scale = line["scale"]?.number, scale > 1 else { return "" }
        return " (sizes divided by \(Figure.text(scale, digits: 0)))"
    }

    private func isSeries(_ group: [JSONLine]) -> Bool { group.contains { $0["version"] != nil } }

    private func program(of line: JSONLine) -> String { line["program"]?.text ?? "" }

    // MARK: programs in turn

    private func contestTimes(_ title: String, _ group: [JSONLine]) -> String? {
        let measured = group.filter { $0["seconds"] != nil }
        guard !measured.isEmpty else { return nil }
        let base = measured.first { program(of: $0) == "cairn" } ?? measured[measured.count - 1]
        let beside = program(of: base)
        var table = MarkdownTable([
            "program", "seconds", "of \(beside)'s", "processor seconds", "peak MiB", "runs",
        ])
        for line in group {
            guard let seconds = line["seconds"]?.number, let own = base["seconds"]?.number else {
                table.add([program(of: line), "skipped: \(line["skipped"]?.text ?? "")"])
                continue
            }
            table.add([
                program(of: line), Figure.seconds(seconds),
                program(of: line) == beside
                    ? "" : "\(Figure.text(seconds / max(own, 1e-9), digits: 2)) times",
                Figure.seconds(line["processor_seconds"]?.number ?? 0),
                Figure.text(line["peak_mib"]?.number ?? 0, digits: 0),
                Figure.text(line["runs"]?.number ?? 1, digits: 0),
            ])
        }
        return "**\(title)**\n\n\(table.text)"
    }

    private func contestBytes(_ title: String, _ group: [JSONLine]) -> String? {
        let measured = group.filter { $0["stored_bytes"] != nil }
        guard !measured.isEmpty else { return nil }
        var table = MarkdownTable(["program", "stored MiB", "on disk, with folders, MiB"])
        for line in measured {
            table.add([
                program(of: line), Figure.mebibytes(line["stored_bytes"]?.number ?? 0),
                Figure.mebibytes(line["disk_bytes"]?.number ?? 0),
            ])
        }
        return "**\(title)**\n\n\(table.text)"
    }

    // MARK: versions

    private func names(of group: [JSONLine]) -> [String] {
        group.reduce(into: []) { (names, line) in
            if !names.contains(program(of: line)) { names.append(program(of: line)) }
        }
    }

    private func seriesBytes(_ title: String, _ group: [JSONLine]) -> String? {
        let last = group.compactMap { $0["version"]?.number }.max() ?? 0
        var table = MarkdownTable(["MiB after version"] + (1...max(1, Int(last))).map { "\($0)" })
        for name in names(of: group) {
            let own = group.filter { program(of: $0) == name }
            let figures = own.compactMap { $0["stored_bytes"]?.number }.map(Figure.mebibytes)
            let skipped = own.compactMap { $0["skipped"]?.text }.map { "skipped: \($0)" }
            table.add([name] + figures + skipped)
        }
        return "**\(title)**\n\n\(table.text)"
    }

    private func seriesTimes(_ title: String, _ group: [JSONLine]) -> String? {
        guard group.contains(where: { $0["seconds"] != nil }) else { return nil }
        var table = MarkdownTable(["program", "seconds in all", "processor seconds", "peak MiB"])
        for name in names(of: group) {
            let own = group.filter { program(of: $0) == name && $0["seconds"] != nil }
            guard !own.isEmpty else { continue }
            table.add([
                name, Figure.seconds(own.compactMap { $0["seconds"]?.number }.reduce(0, +)),
                Figure.seconds(own.compactMap { $0["processor_seconds"]?.number }.reduce(0, +)),
                Figure.text(own.compactMap { $0["peak_mib"]?.number }.max() ?? 0, digits: 0),
            ])
        }
        return "**\(title)**\n\n\(table.text)"
    }
}
