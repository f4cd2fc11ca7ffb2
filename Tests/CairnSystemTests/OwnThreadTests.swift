import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("A thread of one's own")
struct OwnThreadTests {
    @Test("does its work, and is waited for")
    func work() throws {
        let done = Shared(false)
        let thread = try #require(
            OwnThread {
                usleep(20_000)
                done.change { $0 = true }
            })
        thread.join()
        #expect(done.value)
    }

    @Test("gets no signals, and its maker gets them as before")
    func signals() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &before)
        let blocked = Shared<[Int32]>([])
        let thread = try #require(
            OwnThread {
                var mask = sigset_t()
                pthread_sigmask(SIG_SETMASK, nil, &mask)
                let found = [SIGINT, SIGTERM, SIGHUP, SIGPIPE].filter { sigismember(&mask, $0) == 1 }
                blocked.change { $0 = found }
            })
        thread.join()
        #expect(blocked.value == [SIGINT, SIGTERM, SIGHUP, SIGPIPE])
        var after = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &after)
        for signal in [SIGINT, SIGTERM, SIGPIPE] {
            #expect(sigismember(&before, signal) == sigismember(&after, signal))
        }
    }

    @Test("may end itself")
    func ownEnd() throws {
        let (thread, isOver) = (Shared<OwnThread?>(nil), Shared(false))
        let started = try #require(
            OwnThread {
                while thread.value == nil { usleep(1000) }
                thread.value?.join()
                isOver.change { $0 = true }
            })
        thread.change { $0 = started }
        while !isOver.value { usleep(1000) }
    }
}
