/// What the caller wants measured, and how big.
struct BenchOptions {
    /// What to do.
    enum Task {
        case measure, help
        /// Make tables of the lines in a file, and put them into a document or print them.
        case tables(of: String, into: String?)
    }

    private(set) var task = Task.measure
    /// The program that is measured.
    private(set) var cairn = ""
    /// The reference program; comparisons with it are skipped where it is missing.
    private(set) var dvc: String
    /// Where the set-up put the other programs, and the reasons for those that are missing.
    private(set) var peers = ".build-tools/peers"
    /// The script that makes data sets.
    private(set) var dataSets = "fixtures/bench/data-sets.py"
    /// Where the scripts are that start servers.
    private(set) var servers = "Tests/servers"
    /// Where the folder for everything is made.
    private(set) var parent: String
    /// How often each program runs; the least of its times counts.
    private(set) var runs = 5
    /// How often a program runs with which no target compares.
    private(set) var peerRuns = 2
    /// What all sizes are divided by.
    private(set) var scale = 1
    private var fullFiles = 50_000
    private var fullMebibytes = 2048
    private var fullMillion = 1_000_000
    /// What to measure.
    private(set) var scenarios = Scenario.allCases

    /// Files of the tree with many.
    var files: Int { max(1, fullFiles / scale) }
    /// Files of the tree that goes to a bucket.
    var objects: Int { max(1, fullFiles * 2 / 5 / scale) }
    /// Mebibytes of the one large file that goes to a bucket.
    var objectMebibytes: Int { max(1, mebibytes / 2) }
    /// Mebibytes of the one large file.
    var mebibytes: Int { max(2, fullMebibytes / scale) }
    /// A number of stages, of which a quick look makes fewer.
    func scaled(_ count: Int) -> Int { max(1, count / scale) }
    /// Files of the tree whose memory is measured.
    var million: Int { max(1, fullMillion / scale) }

    static let help = """
        usage: cairn-bench BINARY [options]
               cairn-bench --table FILE [--into DOCUMENT]

        Measures BINARY (cairn) beside other programs, and prints one JSON line for each figure.

          --only NAME[,NAME…]   the dvc format: version, small, files, one, million, diff, history
                                the native format: native (all of these), native-hash, native-files, native-million,
                                native-one, native-csv, native-versions, native-data
                                packed remotes: remote (all of these), remote-files, remote-one, remote-million
                                remotes on S3: s3 (all of these), s3-files, s3-one, s3-latency, s3-idle
                                pipelines: pipeline (all of these), pipeline-cold, pipeline-idle, pipeline-parallel,
                                pipeline-growth
                                hooks of git: hooks
                                (default: all)
          --runs N              runs of each program, of which the fastest counts (5)
          --peer-runs N         runs of programs in the native scenarios that no target compares with (2)
          --files N             files of 4 KiB in the tree with many (50000); two fifths of them go to a bucket
          --big MIB             size of the one large file (2048); of half that size one goes to a bucket
          --million N           files of 64 bytes or 1 KiB in the tree for memory (1000000)
          --scale N             divides all sizes by N; it is part of every line
          --quick               a look in some minutes: 1 run, --scale 32
          --dvc PATH            the real dvc (default: $CAIRN_TEST_DVC, then .build-tools/dvc/bin/dvc)
          --peers DIR           where Tests/tools/bench-tools put the other programs (.build-tools/peers)
          --data-sets SCRIPT    makes the data sets of native-data (fixtures/bench/data-sets.py)
          --servers DIR         scripts that start servers (Tests/servers)
          --folder DIR          make the folder for everything in DIR (default: $TMPDIR, then /tmp)

        The dvc format needs 20 GiB of free space, the native one 55 GiB; with --scale N that much less.

          --table FILE          prints tables in Markdown from lines that a run printed
          --into DOCUMENT       replaces what stands between `<!-- cairn-bench SCENARIO KIND -->` and
                                `<!-- end -->` in DOCUMENT, where FILE has figures for it

        """

    /// Reads the command line.
    ///
    /// - Throws: `BenchError` that says which word is wrong.
    init(_ arguments: [String]) throws(BenchError) {
        dvc = Environment["CAIRN_TEST_DVC"] ?? ".build-tools/dvc/bin/dvc"
        parent = Environment["TMPDIR"] ?? "/tmp"
        var (table, document): (String?, String?)
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--help", "-h": task = .help
            case "--quick": (runs, peerRuns, scale) = (1, 1, 32)
            case "--runs": runs = try Self.number(after: word, &rest)
            case "--peer-runs": peerRuns = try Self.number(after: word, &rest)
            case "--scale": scale = try Self.number(after: word, &rest)
            case "--files": fullFiles = try Self.number(after: word, &rest)
            case "--big": fullMebibytes = try Self.number(after: word, &rest)
            case "--million": fullMillion = try Self.number(after: word, &rest)
            case "--dvc": dvc = try Self.text(after: word, &rest)
            case "--peers": peers = try Self.text(after: word, &rest)
            case "--data-sets": dataSets = try Self.text(after: word, &rest)
            case "--servers": servers = try Self.text(after: word, &rest)
            case "--folder": parent = try Self.text(after: word, &rest)
            case "--table": table = try Self.text(after: word, &rest)
            case "--into": document = try Self.text(after: word, &rest)
            case "--only":
                scenarios = []
                for name in try Self.text(after: word, &rest).split(separator: ",") {
                    scenarios += try Scenario.named(String(name))
                }
            default:
                guard cairn.isEmpty, !word.hasPrefix("-") else {
                    throw BenchError("unexpected '\(word)'; see --help")
                }
                cairn = word
            }
        }
        if case .help = task { return }
        if let table {
            task = .tables(of: table, into: document)
        } else if document != nil {
            throw BenchError("--into needs --table FILE")
        } else if cairn.isEmpty {
            throw BenchError("which binary? see --help")
        }
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
