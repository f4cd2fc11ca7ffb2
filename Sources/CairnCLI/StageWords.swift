import Cairn
import CairnCore

/// Reasons for a stage to run, in words and as JSON.
enum StageWords {
    /// A reason as a clause: `param train.lr 0.1 → 0.2 in params.yaml`.
    static func clause(_ cause: StaleCause) -> String {
        switch cause {
        case .neverRun: "never run"
        case .command: "command changed"
        case .definition: "changed by hand"
        case .callback: "nothing tells whether it is up to date"
        case .alwaysChanged: "always changed"
        case .forced: "forced"
        case .upstream(let stage): "\(stage) runs"
        case .dependency(let path, let change): "dep \(path) \(words(change))"
        case .output(let path, let change): "output \(path) \(words(change))"
        case .parameter(let parameter): parameter.differences.map(words).joined(separator: ", ")
        }
    }

    private static func words(_ change: DataChange) -> String {
        switch change {
        case .new: "is new"
        case .deleted: "missing"
        case .notInCache: "not in the cache"
        case .notInSync: "not pinned as declared"
        case .modified(nil): "changed"
        case .modified(let counts?):
            {
                let sum = counts.added + counts.modified + counts.deleted
                return sum == 0 ? "changed" : "changed: \(Words.count(sum, "file"))"
            }()
        }
    }

    private static func words(_ parameter: StageState.Parameter) -> String {
        let key = Array(parameter.key.utf8).printable
        if parameter.isFileMissing { return "param \(key): \(parameter.file) is missing" }
        switch (parameter.recorded, parameter.current) {
        case (let recorded?, let current?):
            return "param \(key) \(short(recorded)) → \(short(current)) in \(parameter.file)"
        case (nil, let current?): return "param \(key) is new: \(short(current)) in \(parameter.file)"
        case (_, nil): return "param \(key) is gone from \(parameter.file)"
        }
    }

    /// A value on a part of a line.
    private static func short(_ value: YAMLValue) -> String {
        let text = String(decoding: value.json().serialized(), as: UTF8.self)
        return text.utf8.count > 60 ? String(text.prefix(59)) + "…" : text
    }

    /// A reason as facts.
    static func json(_ cause: StaleCause) -> PythonJSON {
        switch cause {
        case .neverRun: object([("kind", .string("never-run"))])
        case .definition: object([("kind", .string("definition"))])
        case .callback: object([("kind", .string("callback"))])
        case .alwaysChanged: object([("kind", .string("always-changed"))])
        case .forced: object([("kind", .string("forced"))])
        case .upstream(let stage): object([("kind", .string("upstream")), ("stage", .string(stage))])
        case .command(let recorded, let current):
            object([("kind", .string("command")), ("old", json(recorded)), ("new", json(current))])
        case .dependency(let path, let change): data("dep", path, change)
        case .output(let path, let change): data("output", path, change)
        case .parameter(let parameter):
            object(
                [
                    ("kind", .string("param")), ("file", .string(parameter.file)),
                    ("key", .string(parameter.key)),
                ] + (parameter.recorded.map { [("old", $0.json())] } ?? [])
                    + (parameter.current.map { [("new", $0.json())] } ?? []))
        }
    }

    private static func json(_ command: StageCommand) -> PythonJSON {
        switch command {
        case .text(let text): .string(text)
        case .list(let texts): .array(texts.map { .string($0) })
        }
    }

    private static func data(_ kind: String, _ path: String, _ change: DataChange) -> PythonJSON {
        var members: [(String, PythonJSON)] = [("kind", .string(kind)), ("path", .string(path))]
        switch change {
        case .new: members.append(("state", .string("new")))
        case .deleted: members.append(("state", .string("missing")))
        case .notInCache: members.append(("state", .string("not in cache")))
        case .notInSync: members.append(("state", .string("not in sync")))
        case .modified(let counts):
            members.append(("state", .string("modified")))
            if let counts {
                members.append(
                    (
                        "files",
                        object([
                            ("added", .integer(counts.added)), ("modified", .integer(counts.modified)),
                            ("deleted", .integer(counts.deleted)),
                        ])
                    ))
            }
        }
        return object(members)
    }

    /// An object whose names are in order.
    static func object(_ members: [(String, PythonJSON)]) -> PythonJSON {
        .object(members.sorted { $0.0 < $1.0 }.map { (name: Array($0.0.utf8), value: $0.1) })
    }

    /// The commands of a stage as they are shown before they run.
    static func lines(_ command: StageCommand) -> [String] {
        switch command {
        case .text(let text):
            text.utf8.split(separator: UInt8(ascii: "\n")).map { Array($0).printable }
        case .list(let texts): texts.map { Array($0.utf8).printable }
        }
    }
}
