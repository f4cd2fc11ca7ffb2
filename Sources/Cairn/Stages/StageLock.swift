import CairnCore
import CairnFormats
import CairnSystem

/// DVC's record of who reads and writes which paths while stages run (`.dvc/tmp/rwlock`).
///
/// Commands of ours hold the repository's lock as long as they work, so they need no entries of their own; but a stage of DVC's may
/// be running without it.
enum StageLock {
    /// Refuses to write to paths that a living process is using.
    ///
    /// - Throws: `CairnError` of kind `locked` that names the process and its command.
    static func check(_ outputs: [RepoPath], in workspace: Workspace, reporter: any Reporter) throws {
        let file = workspace.temporaryFolder.appending("rwlock")
        guard let text = try file.readIfPresent(limit: 16 << 20), !text.isEmpty else { return }
        let name = file.bytes.printable
        guard let value = try? YAMLDocument(parsing: text, file: name).value else {
            throw CairnError(
                .damaged, "Unable to read RWLock-file '\(name)'. JSON structure is corrupted",
                hint: "if no other command is running: `rm \(Shell.quoted(name))`")
        }
        var holders: [(path: [UInt8], pid: Int32, command: String)] = []
        for kind in ["write", "read"] {
            for entry in value[kind]?.entries ?? [] {
                let infos = entry.value.items ?? [entry.value]
                for info in infos {
                    guard let number = info["pid"]?.int, let pid = Int32(exactly: number) else { continue }
                    holders.append((Array((entry.key.text ?? "").utf8), pid, info["cmd"]?.text ?? ""))
                }
            }
        }
        for output in outputs {
            let path = workspace.absolute(output).bytes
            let busy = holders.filter {
                overlaps($0.path, path) && $0.pid != Surroundings.processID && Surroundings.isAlive($0.pid)
            }
            guard let first = busy.first else { continue }
            throw CairnError(
                .locked,
                "'\(first.path.printable)' is busy, it is being blocked by:\n"
                    + busy.map { "  (PID \($0.pid)): \($0.command)" }.joined(separator: "\n")
                    + "\n\nIf there are no processes with such PIDs, you can manually remove '\(name)' and try again."
            )
        }
    }

    private static func overlaps(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let (short, long) = left.count < right.count ? (left, right) : (right, left)
        return long.starts(with: short)
            && (long.count == short.count || long[short.count] == UInt8(ascii: "/"))
    }
}
