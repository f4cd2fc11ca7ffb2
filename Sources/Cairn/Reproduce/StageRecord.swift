import CairnCore
import CairnFormats
import CairnSystem

/// The text of DVC's record of who reads and writes which paths while stages run: `{"write": {path: {pid, cmd}}, "read": {path: [{pid, cmd}]}}`.
struct StageRecord {
    private var writes: [(path: [UInt8], user: PythonJSON, process: Int64?)] = []
    private var reads: [(path: [UInt8], user: PythonJSON, process: Int64?)] = []
    private let text: [UInt8]?

    /// Reads what is there; a text that is no record counts as none.
    init(reading file: FilePath) throws {
        text = try file.readIfPresent(limit: 16 << 20)
        guard let text, !text.isEmpty, let value = try? YAMLDocument(parsing: text, file: "rwlock").value
        else { return }
        for entry in value["write"]?.entries ?? [] {
            writes.append((Array((entry.key.text ?? "").utf8), entry.value.json(), entry.value["pid"]?.int))
        }
        for entry in value["read"]?.entries ?? [] {
            for user in entry.value.items ?? [] {
                reads.append((Array((entry.key.text ?? "").utf8), user.json(), user["pid"]?.int))
            }
        }
    }

    /// Takes out what a process noted, and what processes noted that are no more.
    mutating func forget(process: Int32) {
        func isGone(_ number: Int64?) -> Bool {
            guard let number, let other = Int32(exactly: number) else { return false }
            return other == process || !Surroundings.isAlive(other)
        }
        writes.removeAll { isGone($0.process) }
        reads.removeAll { isGone($0.process) }
    }

    mutating func add(write path: FilePath, _ command: String) {
        writes.append((path.bytes, Self.user(command), Int64(Surroundings.processID)))
    }

    mutating func add(read path: FilePath, _ command: String) {
        reads.append((path.bytes, Self.user(command), Int64(Surroundings.processID)))
    }

    private static func user(_ command: String) -> PythonJSON {
        .object([
            (name: Array("pid".utf8), value: .integer(Int(Surroundings.processID))),
            (name: Array("cmd".utf8), value: .string(command)),
        ])
    }

    /// Writes the record, if it says anything new. A power cut may take it: no process of ours lives then.
    func write(to file: FilePath) throws {
        var readers: [(name: [UInt8], value: PythonJSON)] = []
        for (path, group) in Dictionary(grouping: reads, by: \.path).sorted(by: {
            $0.key.lexicographicallyPrecedes($1.key)
        }) {
            readers.append((path, .array(group.map(\.user))))
        }
        let value = PythonJSON.object([
            (name: Array("write".utf8), value: .object(writes.map { (name: $0.path, value: $0.user) })),
            (name: Array("read".utf8), value: .object(readers)),
        ])
        let bytes = value.serialized()
        if bytes == text || (text == nil && writes.isEmpty && reads.isEmpty) { return }
        try AtomicFile.writeForNow(bytes, to: file)
    }
}
