import CairnFormats
import CairnPipeline
import Testing

@Suite("What stages need")
struct StageResourcesTests {
    private func read(_ text: String) throws(PipelineError) -> StageResources {
        let document = try? YAMLDocument(parsing: Array(text.utf8), file: "dvc.yaml")
        return try StageResources(reading: document?.value["meta"], of: "train")
    }

    @Test("mutexes, amounts and the time limit are read")
    func reading() throws {
        let resources = try read(
            "meta: {cairn: {mutex: [db, db, x], resources: {gpu: 1, mem: 8G, cpu: 0}, timeout: 1h30m}, other: 1}"
        )
        #expect(resources.mutexes == ["db", "x"])
        #expect(
            resources.amounts == [
                StageResources.Amount(name: "gpu", count: 1),
                StageResources.Amount(name: "mem", count: 8 << 30),
            ])
        #expect(resources.timeLimit == .seconds(5400))
        #expect(try read("meta: {cairn: {mutex: db}}").mutexes == ["db"])
        for nothing in [
            "meta: text", "meta: {cairn: }", "meta: {x: {mutex: 1}}", "meta:", "x: 1", "meta: [cairn]",
        ] {
            #expect(try read(nothing) == StageResources())
        }
        #expect(try read("meta: {cairn: {mutex: , resources: , timeout: }}") == StageResources())
    }

    @Test(
        "amounts have units of 1024",
        arguments: [
            ("7", 7), ("'7'", 7), ("2K", 2048), ("2k", 2048), ("3M", 3 << 20), ("1 GiB", 1 << 30),
            ("1gb", 1 << 30),
            ("2T", 2 << 40), ("8388607T", 8_388_607 << 40),
        ] as [(String, Int64)])
    func amounts(_ text: String, _ count: Int64) throws {
        #expect(try read("meta: {cairn: {resources: {mem: \(text)}}}").amounts.first?.count == count)
    }

    @Test(
        "times have units",
        arguments: [
            ("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1h1m1s", 3661),
            ("'5'", nil),
            ("1.5h", nil), ("h", nil), ("0s", nil), ("-5", nil), ("0", nil), ("5 s", nil), ("5x", nil),
            ("99999999999s", nil), ("[1]", nil), ("1h30", nil),
        ] as [(String, Int64?)])
    func times(_ text: String, _ seconds: Int64?) {
        let limit = try? read("meta: {cairn: {timeout: \(text)}}").timeLimit
        #expect(limit == seconds.map { .seconds($0) })
    }

    @Test(
        "what means nothing is refused with what may have been meant",
        arguments: [
            ("{cairn: 1}", "it is not a mapping"),
            ("{cairn: {mutexes: a}}", "unknown key 'mutexes', did you mean 'mutex'?"),
            ("{cairn: {gpu: 1}}", "unknown key 'gpu'"),
            ("{cairn: {mutex: [1]}}", "mutex is neither a name nor a list of names"),
            ("{cairn: {resources: gpu}}", "resources is not a mapping such as {gpu: 1}"),
            (
                "{cairn: {resources: {gpu: 0.5}}}",
                "resources.gpu is not a whole number, or one with K, M, G or T"
            ),
            (
                "{cairn: {resources: {mem: -1}}}",
                "resources.mem is not a whole number, or one with K, M, G or T"
            ),
            (
                "{cairn: {resources: {mem: 8P}}}",
                "resources.mem is not a whole number, or one with K, M, G or T"
            ),
            (
                "{cairn: {resources: {mem: 8388608T}}}",
                "resources.mem is not a whole number, or one with K, M, G or T"
            ),
            ("{cairn: {timeout: soon}}", "timeout is not a time such as 90s, 30m or 2h"),
        ])
    func refusals(_ meta: String, _ explanation: String) {
        let error = #expect(throws: PipelineError.self) { try read("meta: \(meta)") }
        #expect(error?.message == "meta.cairn of stage 'train': \(explanation)")
    }
}
