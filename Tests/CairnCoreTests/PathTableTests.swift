import CairnCore
import CairnTestSupport
import Testing

@Suite("Path table")
struct PathTableTests {
    @Test("gives back what was appended, in order", arguments: 0..<10)
    func roundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = PathTable()
        var expected: [[UInt8]] = []
        if seed % 2 == 0 { table.reserve(count: 10, bytes: 100) }
        for number in 0..<200 {
            let name = random.bytes(Int.random(in: 0...20, using: &random)).filter { $0 != 0 }
            if number % 3 == 0 {
                let folder = number % 6 == 0 ? [] : Array("a/b".utf8)
                table.append(folder: folder, name: name)
                expected.append(folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name)
            } else {
                table.append(name)
                expected.append(name)
            }
        }
        #expect(table.count == 200)
        for (index, path) in expected.enumerated() {
            #expect(table[index].elementsEqual(path))
            #expect(table.withPath(index) { Array($0) } == path)
            let text = table.withCString(index) { start in
                (0...path.count).map { UInt8(bitPattern: start[$0]) }
            }
            #expect(text == path + [0])
        }
        table.withAllPaths { bytes, ends in
            #expect(Array(bytes) == expected.flatMap(\.self))
            #expect(ends.count == 200 && ends.last == bytes.count)
        }
    }

    @Test("an empty table has nothing")
    func empty() {
        let table = PathTable()
        #expect(table.count == 0)
        table.withAllPaths { bytes, ends in #expect(bytes.isEmpty && ends.isEmpty) }
    }

    @Test("a copy does not change with the original")
    func value() {
        var table = PathTable()
        table.append(Array("one".utf8))
        let copy = table
        table.append(Array("two".utf8))
        #expect(copy.count == 1 && table.count == 2)
        #expect(copy[0].elementsEqual("one".utf8))
    }
}
