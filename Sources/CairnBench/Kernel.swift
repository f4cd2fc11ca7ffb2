import CairnCore
import CairnStore
import CairnSystem
import Glibc
import Synchronization

/// The inner loops by themselves, as a process that can be measured like any other: `cairn-bench --kernel PART THREADS FILE`.
struct Kernel {
    static let option = "--kernel"

    enum Part: String, CaseIterable {
        case id, cuts, chunks, all

        /// What a figure of it is called.
        var title: String {
            switch self {
            case .id: "cairn: file id"
            case .cuts: "cairn: ends of chunks"
            case .chunks: "cairn: ids of pieces of 64 KiB"
            case .all: "cairn: file id, ends and chunk ids"
            }
        }
    }

    private let part: Part
    private let workers: Workers
    private let path: FilePath

    init(_ words: [String]) throws(BenchError) {
        guard words.count == 3, let part = Part(rawValue: words[0]), let threads = Int(words[1]) else {
            throw BenchError("\(Self.option) needs a part, a number of threads and a file")
        }
        self.part = part
        workers = Workers(count: threads)
        path = FilePath(words[2])
    }

    /// Does the work and prints something of the result.
    func run() throws(BenchError) {
        do {
            let file = try OpenFile(reading: path)
            switch part {
            case .id: Console.print("\(try file.blake3(on: workers).digest)\n")
            case .all:
                let chunking = FileChunking(into: Nowhere(), by: .cdc64, workers: workers)
                Console.print("\(try chunking.add(file).digest)\n")
            case .cuts: Console.print("\(try cuts(try mapped()))\n")
            case .chunks: Console.print("\(try pieces(of: file))\n")
            }
        } catch let error as BenchError {
            throw error
        } catch {
            throw BenchError("'\(path)': \(error)")
        }
    }

    /// Counts chunks: places are looked for by all threads, and taken by one.
    private func cuts(_ bytes: UnsafeRawBufferPointer) throws(BenchError) -> Int {
        let segment = 1 << 20
        let count = (bytes.count + segment - 1) / segment
        let all = Mutex([Chunker.Places?](repeating: nil, count: count))
        let address = UInt(bitPattern: bytes.baseAddress)
        let byteCount = bytes.count
        @Sendable func piece(_ range: Range<Int>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: address + UInt(range.lowerBound)), count: range.count)
        }
        @Sendable func segmentRange(_ number: Int) -> Range<Int> {
            number * segment..<min(byteCount, (number + 1) * segment)
        }
        let next = Atomic<Int>(0)
        try workers.run { (_) throws(BenchError) in
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < count else { return }
                let range = segmentRange(number)
                let start = range.lowerBound
                let places = Chunker.places(
                    in: piece(range), after: piece(max(0, start - Chunker.historyCount)..<start))
                all.withLock { $0[number] = places }
            }
        }
        var chunker = Chunker()
        var chunks = 0
        for (number, places) in all.withLock({ $0 }).enumerated() {
            guard let places else { continue }
            chunker.feed(piece(segmentRange(number)), places: places) { _ in chunks += 1 }
        }
        return chunks + (chunker.finish() == nil ? 0 : 1)
    }

    /// Hashes pieces of the size that chunks have on average, sixteen at a time.
    private func pieces(of file: borrowing OpenFile) throws -> String {
        let (window, piece) = (1 << 20, 1 << 16)
        let size = try file.status().size
        let next = Atomic<Int64>(0)
        let last = Mutex("")
        // A thread's failure is the file's.
        let reader = try OpenFile(reading: path)
        try workers.run { (_) throws(SystemError) in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: window, alignment: 64)
            defer { buffer.deallocate() }
            while true {
                let offset = next.wrappingAdd(Int64(window), ordering: .relaxed).oldValue
                guard offset < size else { return }
                let count = try reader.read(into: buffer, at: offset)
                let digests = BLAKE3.digests(
                    of: stride(from: 0, to: count, by: piece).map {
                        UnsafeRawBufferPointer(rebasing: buffer[$0..<min($0 + piece, count)])
                    })
                last.withLock { $0 = digests.last.map { "\($0)" } ?? "" }
            }
        }
        return last.withLock { $0 }
    }

    /// The file in memory; it stays there until the process ends.
    private func mapped() throws(BenchError) -> UnsafeRawBufferPointer {
        let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_size > 0,
            let address = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw BenchError("cannot map '\(path)': \(String(cString: strerror(errno)))") }
        return UnsafeRawBufferPointer(start: address, count: Int(status.st_size))
    }
}

/// A store that has nothing and keeps nothing.
private struct Nowhere: ChunkSink {
    func contains(_ key: RecordKey) -> Bool { false }
    func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {}
}
