import CairnRemote
import Glibc
import Synchronization

/// A clock whose sleeps take no time, and that keeps how long they would have been.
final class HastyClock: RemoteClock {
    private let slept = Mutex<[Duration]>([])
    private let system = SystemClock()

    /// The sleeps so far.
    var sleeps: [Duration] { slept.withLock { $0 } }

    var elapsed: Duration { system.elapsed }
    var date: Int64 { system.date }

    func sleep(for duration: Duration) async throws(RemoteError) { slept.withLock { $0.append(duration) } }

    /// Surroundings with such a clock.
    static var surroundings: RemoteSurroundings {
        RemoteSurroundings(clock: HastyClock(), random: SystemRandomNumberGenerator())
    }
}

/// A port on loopback that takes connections and never reads.
final class SilentListener: Sendable {
    private let socket: Int32
    let port: UInt16

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = bind(socket, raw, length)
                _ = listen(socket, 8)
                _ = getsockname(socket, raw, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }
}
