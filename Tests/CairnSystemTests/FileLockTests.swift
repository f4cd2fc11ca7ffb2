import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("File lock")
struct FileLockTests {
    /// The lock, or the text of its holder.
    private func attempt(_ path: FilePath, _ note: String) throws -> (lock: FileLock?, holder: String) {
        switch try FileLock.attempt(path, note: bytes(note)) {
        case .acquired(let lock): (lock, "")
        case .held(let text): (nil, String(decoding: text, as: UTF8.self))
        }
    }

    @Test("one at a time has it, and the others learn who")
    func exclusive() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("lock")
        try Files.write("a long text of an earlier holder", to: scratch("lock"))
        var first = try attempt(path, " 12\n").lock
        #expect(first != nil)
        let second = try attempt(path, "second")
        #expect(second.lock == nil && second.holder == " 12\n")
        #expect(try FileLock.holder(of: path) == bytes(" 12\n"))
        first = nil
        #expect(try waitUntilFree(path))
    }

    /// Waits for a lock that was given up. Other tests start programs all the time: each has a copy of every descriptor, and so of the
    /// lock, until it has become what it is to be.
    private func waitUntilFree(_ path: FilePath) throws -> Bool {
        for _ in 0..<500 {
            if try FileLock.holder(of: path) == nil, try attempt(path, "next").lock != nil { return true }
            usleep(10_000)
        }
        return false
    }

    @Test("it goes with the process that has it, however that ends")
    func otherProcess() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch("lock")
        let ready = scratch("ready")
        #expect(mkfifo(ready, 0o600) == 0)
        async let child = #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, ready = ready as String] in
            let held = try FileLock.attempt(FilePath(path), note: Array("child".utf8))
            guard case .acquired = held else { exit(1) }
            try withExtendedLifetime(held) {
                try Files.write("locked", to: ready)  // waits for the reader
                _ = try Files.read(ready)
                kill(getpid(), SIGKILL)
                pause()
            }
        }
        #expect(try await waitForText(ready) == "locked")
        #expect(try attempt(FilePath(path), "parent").holder == "child")
        try await writeText("die", to: ready)
        _ = await child
        #expect(try attempt(FilePath(path), "parent").lock != nil)
    }

    // Blocking on the FIFO must not take a thread that the child's start needs.
    private func waitForText(_ path: String) async throws -> String {
        try await withCheckedThrowingContinuation { done in
            Thread.start { done.resume(with: Result { try Files.text(path) }) }
        }
    }

    private func writeText(_ text: String, to path: String) async throws {
        try await withCheckedThrowingContinuation { done in
            Thread.start { done.resume(with: Result { try Files.write(text, to: path) }) }
        }
    }

    @Test("a symbolic link in its place is refused, and what it leads to stays as it is")
    func link() throws {
        let scratch = try ScratchDirectory()
        try Files.write("precious", to: scratch("file"))
        try Files.link(scratch("lock"), to: "file")
        #expect(throws: SystemError(.tooManySymbolicLinkLevels, "open", scratch.path("lock"))) {
            try FileLock.attempt(scratch.path("lock"), note: bytes("note"))
        }
        #expect(throws: SystemError.self) { try scratch.path("lock").touch() }
        #expect(try Files.text(scratch("file")) == "precious")
    }

    @Test("programs that are started do not inherit it")
    func notInherited() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("lock")
        var lock = try attempt(path, "parent").lock
        #expect(lock != nil)
        let child = try Program.start("/bin/sleep", ["60"], in: "/", environment: [:])
        defer { child.kill(SIGKILL) }
        lock = nil
        // Programs that other tests start hold it for the moment between fork and exec.
        var again = try attempt(path, "again").lock
        for _ in 0..<2000 where again == nil {
            usleep(10_000)
            again = try attempt(path, "again").lock
        }
        #expect(again != nil)
    }
}

/// A thread for work that blocks.
enum Thread {
    static func start(_ work: @escaping @Sendable () -> Void) {
        final class Box {
            let work: @Sendable () -> Void; init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().work()  // the box passed below
                return nil
            }, Unmanaged.passRetained(Box(work)).toOpaque())
        precondition(code == 0, "a thread can be started")
        pthread_detach(thread)
    }
}
