import Testing

@testable import CairnFormats

@Suite struct FormatsFuzzTests {
    private static let files = Fixtures.files(below: "dvc")

    @Test("damaged files are read or refused, and what is read can be edited or refuses", arguments: 0..<20)
    func damaged(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let spice = Array("\n\r\t #:-?,[]{}&*!|>'\"%@`~<=\\é\u{85}\u{2028}".utf8) + [0, 0xFF, 0xC3]
        for path in Self.files {
            var bytes = try Fixtures.bytes(path)
            for _ in 0..<Int.random(in: 1...6, using: &numbers) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &numbers)
                let byte = spice.randomElement(using: &numbers) ?? 0
                switch Int.random(in: 0..<5, using: &numbers) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                case 3: bytes.removeSubrange(place..<min(place + 20, bytes.count))
                default: bytes.insert(contentsOf: bytes[place..<min(place + 30, bytes.count)], at: place)
                }
            }
            exercise(bytes)
        }
    }

    private func exercise(_ bytes: [UInt8]) {
        if let pointer = try? PointerFile(parsing: bytes, file: "f") {
            let outputs = [OutputRecord(path: pointer.outputs.first?.path ?? "x", id: nil, size: 1)]
            if let new = try? pointer.updatingText(outputs: outputs) {
                #expect((try? PointerFile(parsing: new, file: "f"))?.outputs.count == 1, "\(text(bytes))")
            }
        }
        _ = try? PipelineFile(parsing: bytes, file: "f")
        if let lock = try? PipelineLock(parsing: bytes, file: "f"), let stage = lock.stages.first {
            _ = try? lock.updating(stage: stage.name, outputs: [OutputRecord(path: "x", id: nil)])
        }
        guard var document = try? YAMLDocument(parsing: bytes, file: "f") else { return }
        for path: [YAMLValue] in [["outs"], ["outs", 0, "size"], ["stages", "prep", "cmd"], ["new"]] {
            do { try document.set(path, to: .sequence(["a", .mapping([("b", "c")])])) } catch { continue }
        }
        _ = try? document.remove(["outs"])
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
