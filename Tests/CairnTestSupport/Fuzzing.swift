import Glibc

/// Runs a check on many seeded cases: some thousand in a test, or for as long as `CAIRN_FUZZ_SECONDS` says, with fresh seeds.
///
/// A long run prints a seed now and then, so that the cases around a crash can be run again with `CAIRN_FUZZ_SEED`.
public enum Fuzzing {
    /// Calls `body` with a generator for each case.
    ///
    /// - Parameters:
    ///   - rounds: how many cases an ordinary test run has.
    ///   - body: returns nil, or what is wrong with the case.
    /// - Returns: the first thing that is wrong, with its seed; nil if there is none.
    public static func firstProblem(
        rounds: Int, _ body: (inout SeededRandom) throws -> String?
    ) -> String? {
        let end = number("CAIRN_FUZZ_SECONDS").map { time(nil) + Int($0) }
        var seed = number("CAIRN_FUZZ_SEED") ?? end.map { UInt64($0) << 24 } ?? 0
        var round = 0
        while end.map({ time(nil) < $0 }) ?? (round < rounds) {
            if end != nil && round % 1000 == 0 { report("fuzzing from seed \(seed)\n") }
            var random = SeededRandom(seed: seed)
            do {
                if let problem = try body(&random) { return "seed \(seed): \(problem)" }
            } catch {
                return "seed \(seed): \(error)"
            }
            seed += 1
            round += 1
        }
        return nil
    }

    private static func report(_ line: String) {
        _ = line.withCString { write(2, $0, strlen($0)) }  // only a hint for a person
    }

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }
}

extension SeededRandom {
    /// A copy of the bytes with one to four faults in it: flipped bits, absurd numbers, pieces cut out, doubled, or taken from another
    /// sample, or an end that comes too soon or too late.
    public mutating func damaged(_ bytes: [UInt8], others: [[UInt8]] = []) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard !result.isEmpty else { return result }
            let place = Int.random(in: 0..<result.count, using: &self)
            let length = min(Int.random(in: 1...64, using: &self), result.count - place)
            switch Int.random(in: 0..<9, using: &self) {
            case 0, 1: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: result[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &self) ?? 0
            case 3, 4: overwriteNumber(in: &result, near: place)
            case 5: result.removeLast(min(result.count, Int.random(in: 1...200, using: &self)))
            case 6: result.removeSubrange(place..<(place + length))
            case 7: result.insert(contentsOf: result[place..<(place + length)], at: place)
            default:
                let other = others.randomElement(using: &self) ?? bytes
                let start = Int.random(in: 0...other.count, using: &self)
                let piece = other[start...].prefix(length)
                result.replaceSubrange(place..<(place + piece.count).clamped(to: result.count), with: piece)
            }
        }
        return result
    }

    /// A copy of a text with one to six faults in it: signs that formats give a meaning to, pieces cut out, doubled, or taken from another
    /// sample, or an end that comes too soon.
    public mutating func damagedText(_ text: [UInt8], others: [[UInt8]] = []) -> [UInt8] {
        let spice = Array("\n\r\t #:-?,[]{}&*!|>'\"%@`~<=\\/.é\u{85}\u{2028}".utf8) + [0, 0xFF, 0xC3]
        var result = text
        for _ in 0..<Int.random(in: 1...6, using: &self) {
            guard !result.isEmpty else { return result }
            let place = Int.random(in: 0..<result.count, using: &self)
            let end = min(place + Int.random(in: 1...30, using: &self), result.count)
            let byte = spice.randomElement(using: &self) ?? 0
            switch Int.random(in: 0..<8, using: &self) {
            case 0: result[place] = byte
            case 1, 2: result.insert(byte, at: place)
            case 3: result.remove(at: place)
            case 4: result.removeSubrange(place..<end)
            case 5: result.insert(contentsOf: result[place..<end], at: place)
            case 6:
                let other = others.randomElement(using: &self) ?? text
                let start = Int.random(in: 0...other.count, using: &self)
                result.replaceSubrange(place..<end, with: other[start...].prefix(30))
            default: result.removeLast(min(result.count, Int.random(in: 1...40, using: &self)))
            }
        }
        return result
    }

    private mutating func overwriteNumber(in bytes: inout [UInt8], near place: Int) {
        let size = [2, 4, 8].randomElement(using: &self) ?? 4
        let start = place / size * size
        let numbers: [UInt64] = [
            0, 1, 2, 64, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x1_0000_0000, .max >> 1, .max, .max - 7,
            UInt64(bytes.count), UInt64(bytes.count) &- 1, UInt64(bytes.count) + 1, next(),
        ]
        let number = numbers.randomElement(using: &self) ?? 0
        for index in 0..<size where start + index < bytes.count {
            bytes[start + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
        }
    }
}

extension Int {
    fileprivate func clamped(to limit: Int) -> Int { self > limit ? limit : self }
}
