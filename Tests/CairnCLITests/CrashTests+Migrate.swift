import CairnTestSupport
import Testing

extension CrashTests {
    @Test("migrate", arguments: [StoreForm.packed, .dvc])
    func migrate(to form: StoreForm) throws {
        let original = try Original(form == .dvc ? .packed : .dvc, versions: 1)
        let sums = try Self.sums(original.sandbox)
        let format = form == .dvc ? "dvc" : "native"
        let crash = Crash(name: "migrate to \(format)", form: form, checksStore: false)
        try crash.run(rounds: Self.rounds(.packed)) { _ in
            let sandbox = try original.copy()
            return Crash.Scene(sandbox: sandbox, command: ["migrate", "--to", format]) {
                // Whatever the pointers say by now, everything is there, and comes back from the cache alone.
                for name in ["data", "big"] { Files.delete(sandbox("one/\(name)")) }
                try sandbox.must(.cairn, "checkout", "-q", in: "one")
                #expect(try Set(Self.sums(sandbox).values) == Set(sums.values))
            } checkEnd: {
                try sandbox.must(.cairn, "verify", in: "one")
                let isNative = try Files.text(sandbox("one/.dvc/config")).contains("format = native")
                #expect(isNative == (form == .packed))
                for name in ["data", "big"] {
                    let pointer = try Files.text(sandbox("one/\(name).dvc"))
                    #expect(pointer.contains("hash: \(form == .dvc ? "md5" : "blake3")\n"))
                }
            }
        }
    }
}
