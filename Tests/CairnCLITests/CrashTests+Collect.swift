import CairnTestSupport
import Testing

extension CrashTests {
    /// Every version can be read, byte by byte.
    private func expectAllVersions(_ sandbox: Sandbox) throws {
        try sandbox.must(.cairn, "verify", "-q", "--all-commits", in: "one")
    }

    @Test("gc in native repositories", arguments: StoreForm.native)
    func collectNative(_ form: StoreForm) throws {
        let original = try Original(form, versions: 3)
        try Crash(name: "gc", form: form).run(rounds: Self.rounds(form)) { _ in
            Crash.Scene(sandbox: try original.copy(), command: ["gc", "-w", "-f"])
        }
    }

    @Test("gc that is killed can be undone at whatever moment")
    func collectAndUndo() throws {
        let original = try Original(.packed, versions: 3)
        try Crash(name: "gc and undo", form: .packed).run(rounds: Self.rounds(.packed)) { _ in
            let sandbox = try original.copy()
            let undo: () throws -> Void = {
                let result = try sandbox.cairn("gc", "--undo", in: "one")
                #expect(result.exitCode == 0 || result.exitCode == 1, "\(result)")
                try expectAllVersions(sandbox)
            }
            return Crash.Scene(
                sandbox: sandbox, command: ["gc", "-w", "-f"], check: undo, checkEnd: undo)
        }
    }

    @Test("undoing a gc")
    func undo() throws {
        let original = try Original(.packed, versions: 3)
        try original.sandbox.must(.cairn, "gc", "-w", "-f", in: "one")
        try Crash(name: "gc --undo", form: .packed).run(rounds: Self.rounds(.packed)) { _ in
            let sandbox = try original.copy()
            // It may have come to its end before it was killed: then there is nothing more to bring back.
            return Crash.Scene(sandbox: sandbox, command: ["gc", "--undo"], ends: [0, 1]) {
            } checkEnd: {
                try expectAllVersions(sandbox)
            }
        }
    }
}
