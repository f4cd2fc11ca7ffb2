import Cairn
import CairnCore
import CairnSystem

/// The words of `cairn verify`.
struct VerifyText {
    let report: VerifyReport
    let workspace: Workspace

    /// Writes a line for each thing that is wrong, and a summary.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func write(to output: Output, hasBudget: Bool) throws {
        for segment in report.segments { try write("damaged", segment, "index", output) }
        for pack in report.packs { try write("damaged", pack, "pack", output) }
        for object in report.missing { try write("missing", object, "", output) }
        for damage in report.damaged {
            let copy = damage.hasOtherCopy ? "  (another copy is sound)" : ""
            let place = damage.movedTo.map { "  (moved to '\($0.bytes.printable)')" } ?? ""
            try write("damaged", damage.object, damage.hasOtherCopy ? copy : place, output)
        }
        for failure in report.unreadable {
            try write("unreadable", failure.object, "  (\(failure.error.message))", output)
        }
        try output.note(summary)
        if hasBudget || report.remaining.units > 0 { try writeBudget(to: output) }
    }

    private func write(
        _ state: String, _ object: TransferReport.Object, _ cause: String, _ output: Output
    ) throws {
        let tail = "\(object.id.text)\(cause)"
        guard !object.users.isEmpty else {
            return try output.data("\(output.styled(state, .error))  \(tail)")
        }
        for user in object.users {
            let path = workspace.display(user.path) + (user.revision.map { " (in \($0))" } ?? "")
            try output.data("\(output.styled(state, .error))  \(path)  \(tail)")
        }
    }

    private func write(
        _ state: String, _ part: VerifyReport.DamagedPart, _ kind: String, _ output: Output
    ) throws {
        let name = (part.path.lastComponentBytes ?? []).printable
        let place = part.movedTo.map { "moved to '\($0.bytes.printable)'" } ?? part.error.message
        try output.data("\(output.styled(state, .error))  \(kind) \(name)  (\(place))")
    }

    private var summary: String {
        let place =
            report.remotes.isEmpty
            ? "in the cache" : "on remote \(report.remotes.map { "'\($0)'" }.joined(separator: ", "))"
        let verb = report.count == 1 ? "is" : "are"
        let size = report.bytes > 0 || report.depth == .full ? " (\(Words.bytes(report.bytes)))" : ""
        let state =
            switch report.depth {
            case .present: "there"
            case .structure: "complete"
            case .full: "sound"
            }
        return "\(Words.count(report.count, "object"))\(size) \(place) \(verb) \(state)"
    }

    /// What was checked now, what is left, and how old the oldest check is.
    private func writeBudget(to output: Output) throws {
        func words(_ amount: (objects: Int, packs: Int, bytes: Int64)) -> String {
            var parts: [String] = []
            if amount.packs > 0 { parts.append(Words.count(amount.packs, "pack")) }
            if amount.objects > 0 || parts.isEmpty { parts.append(Words.count(amount.objects, "file")) }
            return "\(parts.joined(separator: " and ")) (\(Words.bytes(amount.bytes)))"
        }
        let (checked, left) = (report.checked, report.remaining)
        let now = words((checked.objects, checked.packs, checked.bytes))
        let rest =
            left.units == 0
            ? "nothing is left"
            : "\(words((left.objects, left.packs, left.bytes))) \(left.units == 1 ? "is" : "are") left"
        try output.note("checked \(now) of the store; \(rest)")
        if report.neverCount > 0 {
            try output.note(
                "\(report.neverCount) of them \(report.neverCount == 1 ? "was" : "were") never checked")
        } else if let oldest = report.oldest {
            try output.note("the oldest check is \(Self.age(of: oldest))")
        }
    }

    private static func age(of time: Int64) -> String {
        let seconds = max(0, (Surroundings.now - time) / 1_000_000_000)
        switch seconds {
        case ..<120: return "from just now"
        case ..<7200: return "\(seconds / 60) minutes old"
        case ..<172_800: return "\(seconds / 3600) hours old"
        default: return "\(seconds / 86_400) days old"
        }
    }

    /// What is wrong, in one sentence with the command to type; `nil` if nothing is.
    ///
    /// - Parameter isPresence: whether only the names of objects on remotes were looked at.
    func failure(scope: [String], isPresence: Bool = false) -> CairnError? {
        let bad =
            report.missing + report.damaged.filter { !$0.hasOtherCopy }.map(\.object)
            + report.unreadable.map(\.object)
        let parts = report.packs.count + report.segments.count + report.damaged.count { $0.hasOtherCopy }
        guard !bad.isEmpty || parts > 0 else { return nil }
        let command = workspace.personality.command
        let hint =
            isPresence
            ? "push it from where it is: `\(([command, "push"] + scope).joined(separator: " "))`"
            : report.remotes.isEmpty
                ? "heal the cache from other copies: `\(command) \((["repair"] + scope).joined(separator: " "))`"
                : "bring it again from a cache that has it: `\(([command, "repair --on"] + report.remotes.map(Shell.quoted) + scope).joined(separator: " "))`"
        guard !bad.isEmpty else {
            let noun = report.packs.isEmpty && report.segments.isEmpty ? "copy" : "part of the store"
            return CairnError(
                .partial,
                parts == 1
                    ? "a \(noun) is damaged; no data is lost"
                    : "some parts of the store are damaged; no data is lost",
                hint: hint)
        }
        let names = bad.prefix(5).map { $0.name(in: workspace) }.joined(separator: ", ")
        let more = bad.count > 5 ? " and \(bad.count - 5) more" : ""
        let verb = bad.count == 1 ? "is" : "are"
        return CairnError(
            .partial,
            "\(Words.count(bad.count, "object")) \(verb) missing\(isPresence ? "" : " or damaged"): \(names)\(more)",
            hint: hint)
    }
}

extension VerifyReport {
    /// The report for scripts (docs/scripting.md).
    func json(in workspace: Workspace) -> PythonJSON {
        let damaged = damaged.map { damage in
            let members = damage.object.json(in: workspace)
            let place = damage.movedTo.map { PythonJSON.string($0.bytes) } ?? .null
            return PythonJSON.object(
                [
                    members[0], (Array("moved_to".utf8), place),
                    (Array("other_copy".utf8), .bool(damage.hasOtherCopy)),
                ] + members.dropFirst())
        }
        func parts(_ list: [DamagedPart]) -> PythonJSON {
            .array(
                list.map { part in
                    .object([
                        (Array("moved_to".utf8), part.movedTo.map { .string($0.bytes) } ?? .null),
                        (Array("path".utf8), .string(part.path.bytes)),
                        (Array("reason".utf8), .string(part.error.message)),
                    ])
                })
        }
        func amount(_ objects: Int, _ packs: Int, _ bytes: Int64) -> PythonJSON {
            .object([
                (Array("bytes".utf8), .integer(Int(bytes))), (Array("files".utf8), .integer(objects)),
                (Array("packs".utf8), .integer(packs)),
            ])
        }
        var members: [(name: [UInt8], value: PythonJSON)] = []
        func add(_ name: String, _ value: PythonJSON) { members.append((Array(name.utf8), value)) }
        add("bytes", .integer(Int(bytes)))
        add("checked", amount(checked.objects, checked.packs, checked.bytes))
        add("damaged", .array(damaged))
        add("depth", .string(depth.rawValue))
        add(
            "findings",
            .array(
                findings.map {
                    .object([
                        (Array("reason".utf8), .string($0.error.message)),
                        (Array("revision".utf8), .string($0.revision)),
                    ])
                }))
        add("history_ends", .array(ends.map { .string($0) }))
        add("missing", .array(missing.map { .object($0.json(in: workspace)) }))
        add("never_checked", .integer(neverCount))
        add("oldest_check", oldest.map { .integer(Int($0 / 1_000_000_000)) } ?? .null)
        add("packs", parts(packs))
        add("pointers", .array(pointers.map { .string($0.message) }))
        add("remaining", amount(remaining.objects, remaining.packs, remaining.bytes))
        add("remotes", .array(remotes.map { .string($0) }))
        add("segments", parts(segments))
        add("skipped", .skipped(skipped))
        add("sound", .integer(count))
        add("unreadable", .array(unreadable.map { $0.json(in: workspace) }))
        return .object(members)
    }
}

extension PythonJSON {
    /// Revisions, or files in them, that were passed over.
    static func skipped(_ list: [(name: String, error: CairnError)]) -> PythonJSON {
        .array(
            list.map {
                .object([
                    (Array("reason".utf8), .string($0.error.message)),
                    (Array("revision".utf8), .string($0.name)),
                ])
            })
    }
}
