import CairnTestSupport
import Testing

@testable import CairnFormats

@Suite struct FormatsFuzzTests {
    private static let files = Fixtures.files(below: "dvc")

    @Test(
        "damaged pointers, pipelines and locks are read or refused, and what is read can be edited or refuses"
    )
    func damaged() throws {
        let samples = try Self.files.map { try Fixtures.bytes($0) }
        let found = Fuzzing.firstProblem(rounds: 2500) { random in
            exercise(random.damagedText(samples.randomElement(using: &random) ?? [], others: samples))
        }
        #expect(found == nil)
    }

    @Test("a pointer and a lock that end too soon are read or refused")
    func truncated() throws {
        for file in Self.files where file.hasSuffix(".dvc") || file.hasSuffix("dvc.lock") {
            let bytes = try Fixtures.bytes(file)
            for length in 0..<min(bytes.count, 1000) {
                #expect(exercise(Array(bytes[..<length])) == nil, "\(file), \(length)")
            }
        }
    }

    @Test("aliases that grow without bounds, depth and endless keys are refused in no time", arguments: 0..<4)
    func bombs(_ number: Int) {
        var laughs = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let names = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
            laughs += "a\(level): &a\(level) [\(names)]\n"
        }
        let text = [
            laughs, String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000),
            "outs: &o\n- path: a\n  deps: *o\n",
        ][number]
        let clock = ContinuousClock()
        let time = clock.measure { #expect(exercise(Array(text.utf8)) == nil) }
        #expect(time < .seconds(5))
    }

    /// Reads the bytes as each kind of file, and edits what can be read.
    ///
    /// - Returns: what went wrong.
    private func exercise(_ bytes: [UInt8]) -> String? {
        if let pointer = try? PointerFile(parsing: bytes, file: "f") {
            let outputs = [OutputRecord(path: pointer.outputs.first?.path ?? "x", id: nil, size: 1)]
            if let new = try? pointer.updatingText(outputs: outputs) {
                let again = try? PointerFile(parsing: new, file: "f")
                if again?.outputs.count != 1 { return "an edit cannot be read: \(text(bytes))" }
            }
        }
        _ = try? PipelineFile(parsing: bytes, file: "f")
        if let lock = try? PipelineLock(parsing: bytes, file: "f"), let stage = lock.stages.first {
            _ = try? lock.updating(stage: stage.name, outputs: [OutputRecord(path: "x", id: nil)])
        }
        guard var document = try? YAMLDocument(parsing: bytes, file: "f") else { return nil }
        for path: [YAMLValue] in [["outs"], ["outs", 0, "size"], ["stages", "prep", "cmd"], ["new"]] {
            do { try document.set(path, to: .sequence(["a", .mapping([("b", "c")])])) } catch { continue }
        }
        _ = try? document.remove(["outs"])
        return nil
    }

    @Test("a pipeline on one long line is read as fast as on many")
    func oneLine() throws {
        let stages = (0..<20_000).map { "é\($0): {cmd: x}" }.joined(separator: ", ")
        let bytes = Array("{stages: {\(stages)}}".utf8)
        let clock = ContinuousClock()
        let time = try clock.measure {
            let file = try PipelineFile(parsing: bytes, file: "")
            #expect(file.stages.last?.location.column == bytes.count { $0 & 0xC0 != 0x80 } - 17)
        }
        #expect(time < .seconds(10))
    }

    @Test("a lock of a megabyte and a pointer are read in no time worth noticing")
    func speed() throws {
        var lock = "schema: '2.0'\nstages:\n"
        for index in 0..<4200 {
            lock +=
                "  stage\(index):\n    cmd: python train.py --seed \(index)\n    deps:\n    - path: data/in\(index).txt\n"
            lock +=
                "      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: \(index)\n    outs:\n"
            lock +=
                "    - path: data/out\(index).txt\n      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n"
        }
        let bytes = Array(lock.utf8)
        #expect(bytes.count > 1_000_000)
        let clock = ContinuousClock()
        let lockTime = try clock.measure {
            let read = try PipelineLock(parsing: bytes, file: "")
            #expect(read.stages.count == 4200)
        }
        let pointer = Array(
            "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: a.txt\n".utf8)
        let pointerTime = try clock.measure {
            for _ in 0..<100 { _ = try PointerFile(parsing: pointer, file: "") }
        }
        // Unoptimized code on a busy machine gets ten times what optimized code needs.
        #expect(lockTime < .seconds(5))
        #expect(pointerTime < .seconds(1))
    }
}
