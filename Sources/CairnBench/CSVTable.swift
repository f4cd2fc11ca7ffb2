/// Measurements of some sensors as comma-separated text, made up but of the shape that such tables have.
struct CSVTable {
    private var noise: NoiseGenerator
    private var row = 0
    private static let names = ["north", "south", "east", "west", "roof", "cellar", "hall", "garden"]
    private static let states = ["ok", "ok", "ok", "ok", "ok", "ok", "late", "repeated"]

    init(seed: UInt64) { noise = NoiseGenerator(seed: seed) }

    /// Fills a buffer with whole rows; the rest of it is a comment line, so that all pieces are of one size.
    mutating func fill(_ buffer: inout [UInt8]) {
        var count = 0
        var random = noise.bytes(buffer.count / 4)[...]
        while count + 120 < buffer.count {
            // At least 30 bytes a row, so a quarter of the buffer is enough of 6.
            let part = Array(random.prefix(6))
            random = random.dropFirst(6)
            let line =
                "\(row),2024-\(two(1 + row / 2_592_000 % 12))-\(two(1 + row / 86_400 % 28))T"
                + "\(two(row / 3600 % 24)):\(two(row / 60 % 60)):\(two(row % 60))Z,"
                + "\(Self.names[Int(part[0] % 8)]),\(15 + Int(part[1]) / 16).\(two(Int(part[2]) % 100)),"
                + "\(30 + Int(part[3]) / 4).\(Int(part[4]) % 10),\(Self.states[Int(part[5] % 8)])\n"
            for byte in line.utf8 {
                buffer[count] = byte
                count += 1
            }
            row += 1
        }
        buffer[count] = UInt8(ascii: "#")
        for index in (count + 1)..<(buffer.count - 1) { buffer[index] = UInt8(ascii: " ") }
        buffer[buffer.count - 1] = UInt8(ascii: "\n")
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
