internal import CLibCurl
import CairnSystem
import Synchronization

/// Where requests wait for the thread that moves them over libcurl. It begins with the first.
final class CurlLoop: Sendable {
    private struct State: Sendable {
        var waiting: [CurlTransfer] = []
        var isWoken = false
        var isClosed = false
        var thread: OwnThread?
        var multi: CurlMulti?
    }

    let settings: HTTPSettings
    /// What all transfers together keep to.
    let rate: RequestRate?
    private let state = Mutex(State())
    private let counted = Mutex(HTTPTraffic())

    init(_ settings: HTTPSettings, rate: RequestRate?) {
        self.settings = settings
        self.rate = rate
    }

    /// What was counted so far.
    var traffic: HTTPTraffic { counted.withLock { $0 } }

    /// Changes what was counted.
    func count(_ body: (inout HTTPTraffic) -> Void) { counted.withLock { body(&$0) } }

    /// Makes one attempt.
    ///
    /// - Throws: `RemoteError` if there is no whole answer.
    func send(_ request: HTTPRequest) async throws(RemoteError) -> HTTPResponse {
        let transfer = try CurlTransfer(request, rate: rate)
        try start()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.wait(with: continuation)
                wake { $0.waiting.append(transfer) }
            }
        } onCancel: {
            transfer.cancel()
            wake { _ in }
        }
        return try outcome.get()
    }

    /// Ends the thread, and waits until it did. Nobody may be sending.
    func close() {
        wake { $0.isClosed = true }
        state.withLock { $0.thread.take() }?.join()
    }

    /// What came since the last time.
    func next() -> (waiting: [CurlTransfer], isClosed: Bool) {
        state.withLock { state in
            state.isWoken = false
            defer { state.waiting.removeAll() }
            return (state.waiting, state.isClosed)
        }
    }

    private func wake(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            guard !state.isWoken, let multi = state.multi else { return }
            state.isWoken = true
            multi.wake()
        }
    }

    private func start() throws(RemoteError) {
        guard !state.withLock({ $0.thread != nil }) else { return }
        guard cairn_curl_load() else { throw RemoteError(.missingLibrary("libcurl4")) }
        let isStarted = state.withLock { state in
            guard state.thread == nil else { return true }
            guard let multi = CurlMulti(connections: settings.requestsAtATime) else { return false }
            state.multi = multi
            state.thread = OwnThread { CurlRunner(self, multi).run() }
            return state.thread != nil
        }
        guard isStarted else { throw RemoteError(.io(.resourceTemporarilyUnavailable)) }
    }
}

/// libcurl's handle for many transfers.
final class CurlMulti: @unchecked Sendable {
    // Sendable: the pointer never changes; all but `wake` is called on the loop's thread.
    let raw: UnsafeMutableRawPointer

    init?(connections: Int) {
        guard let raw = cairn_curl_multi() else { return nil }
        self.raw = raw
        // Connections that wait for more to do: one for each request at a time, and some to hosts that were asked once.
        _ = cairn_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, connections + 8)
    }

    deinit { cairn_curl_multi_end(raw) }

    /// Ends the wait of the loop.
    func wake() { _ = cairn_curl_multi_wakeup(raw) }
}
