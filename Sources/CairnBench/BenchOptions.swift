/// What the caller wants measured, and how big.
struct BenchOptions {
    /// The program that is measured.
    private(set) var cairn = ""
    /// The reference program; comparisons with it are skipped where it is missing.
    private(set) var dvc: String
    /// Where the folder for everything is made.
    private(set) var parent: String
    /// How often each program runs; the least of its times counts.
    private(set) var runs = 5
    /// Files of the tree with many.
    private(set) var files = 50_000
    /// Mebibytes of the one large file.
    private(set) var mebibytes = 2048
    /// Files of the tree whose memory is measured.
    private(set) var million = 1_000_000
    /// What to measure.
    private(set) var scenarios = Scenario.allCases
    /// Whether the caller only asks.
    private(set) var wantsHelp = false

    static let help = """
        usage: cairn-bench BINARY [options]

        Measures BINARY (cairn) beside dvc, cp, md5sum and git, and prints one JSON line for each figure.

          --only NAME[,NAME…]   version, small, files, one, million (default: all)
          --runs N              runs of each program, of which the fastest counts (5)
          --files N             files of 4 KiB in the tree with many (50000)
          --big MIB             size of the one large file (2048)
          --million N           files of 64 bytes in the tree for memory (1000000)
          --quick               a look in a minute or two: 1 run, 2000 files, 64 MiB, 20000 files
          --dvc PATH            the real dvc (default: $CAIRN_TEST_DVC, then .build-tools/dvc/bin/dvc)
          --folder DIR          make the folder for everything in DIR (default: $TMPDIR, then /tmp)

        The runs need 20 GiB of free space, the fewer files or runs the less.

        """

    /// Reads the command line.
    ///
    /// - Throws: `BenchError` that says which word is wrong.
    init(_ arguments: [String]) throws(BenchError) {
        dvc = Environment["CAIRN_TEST_DVC"] ?? ".build-tools/dvc/bin/dvc"
        parent = Environment["TMPDIR"] ?? "/tmp"
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--help", "-h": wantsHelp = true
            case "--quick": (runs, files, mebibytes, million) = (1, 2000, 64, 20_000)
            case "--runs": runs = try Self.number(after: word, &rest)
            case "--files": files = try Self.number(after: word, &rest)
            case "--big": mebibytes = try Self.number(after: word, &rest)
            case "--million": million = try Self.number(after: word, &rest)
            case "--dvc": dvc = try Self.text(after: word, &rest)
            case "--folder": parent = try Self.text(after: word, &rest)
            case "--only":
                scenarios = try Self.text(after: word, &rest).split(separator: ",").map {
                    (name) throws(BenchError) in
                    guard let scenario = Scenario(rawValue: String(name)) else {
                        throw BenchError("there is no scenario '\(name)'")
                    }
                    return scenario
                }
            default:
                guard cairn.isEmpty, !word.hasPrefix("-") else {
                    throw BenchError("unexpected '\(word)'; see --help")
                }
                cairn = word
            }
        }
        guard wantsHelp || !cairn.isEmpty else { throw BenchError("which binary? see --help") }
    }

    private static func text(after option: String, _ rest: inout ArraySlice<String>) throws(BenchError)
        -> String
    {
        guard let value = rest.popFirst() else { throw BenchError("\(option) needs a value") }
        return value
    }

    private static func number(after option: String, _ rest: inout ArraySlice<String>) throws(BenchError)
        -> Int
    {
        let value = try text(after: option, &rest)
        guard let number = Int(value), number > 0 else {
            throw BenchError("'\(value)' is no number for \(option)")
        }
        return number
    }
}
