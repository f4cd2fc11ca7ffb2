import ArgumentParser
import Cairn
import CairnCore

/// `cairn analyze`.
struct AnalyzeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Show what deduplication and compression would make of data, without storing it.",
        discussion: """
            Reads files as `add` would in a native repository, tracked or not, in a workspace or elsewhere: cuts them into chunks, leaves out \
            what came before and compresses the rest. Every path is seen beside those before it, so that `cairn analyze v1 v2 v3` shows what \
            each version adds.

            All chunks are looked at, unless --memory is too little for their names (16 bytes each): then a sample of them, which is said.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Files or directories.", completion: .file())
    var paths: [String]

    @Flag(
        name: .customLong("follow-links"),
        help: "Take symbolic links inside of directories for what they lead to.")
    var followsLinks = false

    @Option(help: ArgumentHelp("How much memory the names of chunks may take.", valueName: "MiB"))
    var memory = 512

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        guard (1...(1 << 20)).contains(memory) else {
            throw ValidationError("--memory is a number of MiB from 1 on")
        }
    }

    func run(in context: Context) throws -> Outcome {
        var options = AnalyzeOptions()
        options.followsLinks = followsLinks
        options.memory = memory << 20
        let report = try Analysis.run(
            paths, options, from: context.surroundings, as: context.personality, reporter: context.reporter)
        try context.output.render(asJSON: json, report.json) { output in
            for line in AnalysisText(report).lines { try output.data(line) }
            // What explains the numbers comes after them.
            try output.flush()
            for line in AnalysisText(report).notes { try output.note(line) }
        }
        for failure in report.failures.prefix(20) { context.output.fail(failure) }
        guard report.failures.isEmpty else {
            context.output.fail(
                CairnError(
                    .partial,
                    "\(Words.count(report.failures.count, "file")) could not be read and \(report.failures.count == 1 ? "is" : "are") not in these numbers"
                ))
            return .no
        }
        return .done
    }
}

/// An analysis in words.
struct AnalysisText {
    private static let kindLimit = 10
    private static let duplicateLimit = 5

    private let report: AnalyzeReport

    init(_ report: AnalyzeReport) { self.report = report }

    /// The tables.
    var lines: [String] {
        var paths = table("path")
        for (path, amounts) in report.paths { paths.add([path.printable] + columns(amounts)) }
        if report.paths.count > 1 { paths.add(["total"] + columns(report.total)) }
        var lines = paths.lines
        if report.kinds.count > 1 {
            var kinds = table("kind")
            for kind in report.kinds.prefix(Self.kindLimit) {
                kinds.add([kind.label] + columns(kind.amounts))
            }
            lines += [""] + kinds.lines
            if report.kinds.count > Self.kindLimit {
                lines.append("… and \(report.kinds.count - Self.kindLimit) more (all: `--json`)")
            }
        }
        if !report.duplicates.isEmpty {
            var copies = TextTable(["copies", "of", "files"], left: [2])
            for duplicate in report.duplicates.prefix(Self.duplicateLimit) {
                let more = duplicate.count > duplicate.paths.count ? ", …" : ""
                copies.add([
                    "\(duplicate.count)", Words.bytes(duplicate.size),
                    duplicate.paths.map(\.printable).joined(separator: ", ") + more,
                ])
            }
            lines += [""] + copies.lines
        }
        return lines
    }

    private func table(_ head: String) -> TextTable {
        let cache: [String] = if case .chunks = report.cache { ["in cache"] } else { [] }
        return TextTable(
            [head, "files", "bytes", "without copies", "without equal chunks"] + cache + ["stored", "ratio"],
            left: [0])
    }

    private func columns(_ amounts: AnalyzeReport.Amounts) -> [String] {
        let cache: [String] = if case .chunks = report.cache { [Words.bytes(amounts.known)] } else { [] }
        let stored = amounts.stored + amounts.overhead
        return ["\(amounts.files)"]
            + [amounts.bytes, amounts.distinctFiles, amounts.distinctChunks].map(Words.bytes) + cache
            + [Words.bytes(stored), Self.ratio(amounts.bytes, stored)]
    }

    /// How many times smaller: `2.4`; `-` where nothing is stored.
    private static func ratio(_ bytes: Int64, _ stored: Int64) -> String {
        guard stored > 0 else { return "-" }
        let tenths = Int64((Double(bytes) / Double(stored) * 10).rounded())
        return tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// How the numbers came about, and what follows from them.
    var notes: [String] {
        var notes: [String] = []
        if report.sample > 1 {
            notes.append(
                "estimated: one of \(report.sample) chunks was looked at, as more do not fit into --memory")
        } else {
            notes.append("measured: every chunk was cut and compressed as `add` does in a native repository")
        }
        if case .files(let bytes) = report.cache {
            notes.append("this repository's cache keeps whole files, and has \(Words.bytes(bytes)) of these")
        }
        return notes + report.advice.map(Self.sentence)
    }

    static func sentence(_ advice: AnalyzeReport.Advice) -> String {
        switch advice {
        case .compressed(let kind, let bytes):
            "\(kind.printable): \(Words.bytes(bytes)) are compressed already; what is in them would be cut and compressed here if it were stored as it is"
        case .small(let count, let total):
            "\(count) of \(total) files have less than 4 KiB: packs hold them well, a cache of single files takes a block of the disk for each"
        case .parquet(let bytes):
            "\(Words.bytes(bytes)) of parquet files share nearly nothing with files of the same name before them: written with content-defined chunking (pyarrow: use_content_defined_chunking=True), versions share what is equal in them"
        }
    }
}

extension AnalyzeReport.Kind {
    /// What people call it.
    fileprivate var label: String {
        guard let name else { return "(links)" }
        return name.isEmpty ? "(none)" : name.printable
    }
}

extension AnalyzeReport {
    /// The report for scripts (docs/scripting.md).
    var json: PythonJSON {
        var members: [(name: [UInt8], value: PythonJSON)] = [
            (Array("advice".utf8), .array(advice.map { .string(AnalysisText.sentence($0)) })),
            (Array("cache".utf8), cacheName),
        ]
        if case .files(let bytes) = cache {
            members.append((Array("cached_files".utf8), .integer(Int(bytes))))
        }
        members += [
            (
                Array("duplicates".utf8),
                .array(
                    duplicates.map {
                        .object([
                            (Array("count".utf8), .integer($0.count)),
                            (Array("paths".utf8), .array($0.paths.map { .string($0) })),
                            (Array("size".utf8), .integer(Int($0.size))),
                        ])
                    })
            ),
            (Array("failed".utf8), .array(failures.map { .string($0.message) })),
            (
                Array("kinds".utf8),
                .array(
                    kinds.map { kind in
                        let name = kind.name.map { PythonJSON.string($0) } ?? .null
                        return .object(kind.amounts.json + [(Array("kind".utf8), name)]).sortedByKey
                    })
            ),
            (
                Array("paths".utf8),
                .array(
                    paths.map { .object($1.json + [(Array("path".utf8), .string($0))]).sortedByKey })
            ),
            (Array("sample".utf8), .integer(sample)), (Array("total".utf8), .object(total.json)),
        ]
        return .object(members)
    }

    private var cacheName: PythonJSON {
        switch cache {
        case .none: .null
        case .chunks: .string("chunks")
        case .files: .string("files")
        }
    }
}

extension AnalyzeReport.Amounts {
    fileprivate var json: [(name: [UInt8], value: PythonJSON)] {
        [
            (Array("bytes".utf8), .integer(Int(bytes))), (Array("copies".utf8), .integer(copies)),
            (Array("distinct_chunks".utf8), .integer(Int(distinctChunks))),
            (Array("distinct_files".utf8), .integer(Int(distinctFiles))),
            (Array("files".utf8), .integer(files)), (Array("in_cache".utf8), .integer(Int(known))),
            (Array("incompressible".utf8), .integer(Int(incompressible))),
            (Array("overhead".utf8), .integer(Int(overhead))),
            (Array("small_files".utf8), .integer(smallFiles)),
            (Array("stored".utf8), .integer(Int(stored))),
        ]
    }
}

extension PythonJSON {
    /// An object with its members in the order of their names; anything else as it is.
    fileprivate var sortedByKey: PythonJSON {
        guard case .object(let members) = self else { return self }
        return .object(members.sorted { $0.0.lexicographicallyPrecedes($1.0) })
    }
}
