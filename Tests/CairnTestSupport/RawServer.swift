import Glibc
import Synchronization

/// A server on loopback that sends exactly the bytes that a test wants to be sent: for what no honest server does.
public final class RawServer: Sendable {
    /// A request as it arrived.
    public struct Request: Sendable {
        /// The first line and the headers, as text.
        public let head: String
        /// The body.
        public let body: [UInt8]
        /// Which connection of the server's it came on, the first is 0.
        public let connection: Int
        /// Which request of the server's it is, the first is 0.
        public let number: Int

        /// The method.
        public var method: String { String(head.prefix { $0 != " " }) }
        /// What is asked for, as the first line has it.
        public var target: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

        /// The value of a header.
        public subscript(name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased()
                else { continue }
                return String(line[line.index(after: colon)...].drop { $0 == " " })
            }
            return nil
        }
    }

    /// What the server does then.
    public enum Step: Sendable {
        /// Sends bytes.
        case send([UInt8])
        /// Sends the same bytes again and again until nobody takes them.
        case sendForever([UInt8])
        /// Waits so many milliseconds.
        case wait(Int)
        /// Does nothing more until the other side goes.
        case hang
        /// Closes the connection in order.
        case close
        /// Breaks the connection.
        case reset

        /// Sends text.
        public static func text(_ text: String) -> Step { .send(Array(text.utf8)) }

        /// Sends a whole answer.
        public static func answer(
            _ status: String, _ headers: [String] = [], body: [UInt8] = []
        ) -> Step {
            let lines = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.count)", "", ""]
            return .send(Array(lines.joined(separator: "\r\n").utf8) + body)
        }

        /// Sends a whole answer of text.
        public static func answer(_ status: String, _ headers: [String] = [], text: String) -> Step {
            answer(status, headers, body: Array(text.utf8))
        }
    }

    private let connections: Connections
    private let listener: Int32
    private let thread: pthread_t

    /// The port on loopback.
    public let port: UInt16

    /// Starts a server; it ends with the value.
    ///
    /// - Parameters:
    ///   - agrees: whether who asks for leave to send a body gets it; otherwise the body is waited for without a word.
    ///   - answer: what is done with a request. After its steps the connection takes the next one.
    /// - Throws: `SupportError` when there is no port.
    public init(
        agrees: Bool = true, _ answer: @escaping @Sendable (Request) -> [Step]
    ) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, raw, &length) == 0
            }
        }
        guard code else { throw SupportError("no port: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: address.sin_port)
        let connections = Connections(agrees: agrees, answer)
        self.connections = connections
        thread = try Threads.start { connections.accept(from: listener) }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(listener)
        connections.end()
    }

    /// `http://127.0.0.1:PORT`.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// The requests so far.
    public var requests: [Request] { connections.requests.withLock { $0 } }

    /// How many connections were made so far.
    public var connectionCount: Int { connections.count.withLock { $0 } }
}

/// The connections of a server, each with a thread.
private final class Connections: Sendable {
    let requests = Mutex<[RawServer.Request]>([])
    let count = Mutex(0)
    private let open = Mutex<[Int: (socket: Int32, thread: pthread_t?)]>([:])
    private let agrees: Bool
    private let answer: @Sendable (RawServer.Request) -> [RawServer.Step]

    init(agrees: Bool, _ answer: @escaping @Sendable (RawServer.Request) -> [RawServer.Step]) {
        self.agrees = agrees
        self.answer = answer
    }

    func accept(from listener: Int32) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { return }
            // Another test may start a program right now.
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let number = count.withLock { count in
                count += 1
                return count - 1
            }
            open.withLock { $0[number] = (socket, nil) }
            let thread = try? Threads.start { self.serve(socket, number) }
            open.withLock { $0[number]?.thread = thread }
        }
    }

    func end() {
        let left = open.withLock { $0 }
        for connection in left.values { shutdown(connection.socket, Int32(SHUT_RDWR)) }
        for connection in left.values {
            if let thread = connection.thread { pthread_join(thread, nil) }
            close(connection.socket)
        }
    }

    private func serve(_ socket: Int32, _ connection: Int) {
        var buffer: [UInt8] = []
        while let request = next(&buffer, socket, connection) {
            for step in answer(request) where !take(step, socket) {
                shutdown(socket, Int32(SHUT_RDWR))
                return
            }
        }
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private func next(
        _ buffer: inout [UInt8], _ socket: Int32, _ connection: Int
    ) -> RawServer.Request? {
        var end = buffer.firstRange(of: Array("\r\n\r\n".utf8))
        while end == nil {
            guard receive(&buffer, socket) else { return nil }
            end = buffer.firstRange(of: Array("\r\n\r\n".utf8))
        }
        guard let end else { return nil }
        let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
        buffer.removeFirst(end.upperBound)
        let bare = RawServer.Request(head: head, body: [], connection: connection, number: 0)
        if agrees, bare["Expect"] != nil, !send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), socket) {
            return nil
        }
        let size = bare["Content-Length"].flatMap { Int($0) } ?? 0
        while buffer.count < size {
            guard receive(&buffer, socket) else { return nil }
        }
        let body = Array(buffer.prefix(size))
        buffer.removeFirst(size)
        return requests.withLock { requests in
            let request = RawServer.Request(
                head: head, body: body, connection: connection, number: requests.count)
            requests.append(request)
            return request
        }
    }

    private func receive(_ buffer: inout [UInt8], _ socket: Int32) -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }

    private func send(_ bytes: [UInt8], _ socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// - Returns: false if the connection is over.
    private func take(_ step: RawServer.Step, _ socket: Int32) -> Bool {
        switch step {
        case .send(let bytes): return send(bytes, socket)
        case .sendForever(let bytes):
            while send(bytes, socket) {}
            return false
        case .wait(let milliseconds): usleep(UInt32(milliseconds) * 1000)
        case .hang:
            var byte: UInt8 = 0
            while recv(socket, &byte, 1, 0) > 0 {}
            return false
        case .close: return false
        case .reset:
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            // With nothing to wait for the descriptor's end breaks the connection; the number stays taken.
            let none = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
            dup2(none, socket)
            Glibc.close(none)
            return false
        }
        return true
    }
}

/// Threads of tests.
private enum Threads {
    private final class Body {
        let call: @Sendable () -> Void
        init(call: @escaping @Sendable () -> Void) { self.call = call }
    }

    static func start(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(call: body))
        let code = pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().call()  // set by the call above
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw SupportError("no thread: \(String(cString: strerror(code)))")
        }
        return thread
    }
}
