internal import CLibCurl
import CairnSystem

/// The work of the loop's thread: it starts transfers, moves them, and tells who waits what became of them.
///
/// https://curl.se/libcurl/c/libcurl-multi.html
final class CurlRunner {
    /// How long the thread waits before it looks whether the user asked to stop.
    private static let slice = 100
    private static let longWait = 60_000
    private static let mostIdle = 64

    private struct Active {
        let easy: CurlEasy
        let transfer: CurlTransfer
    }

    private let loop: CurlLoop
    private let multi: CurlMulti
    private var active: [UnsafeMutableRawPointer: Active] = [:]
    private var idle: [CurlEasy] = []
    /// Hosts that have taken a body.
    private var takers: Set<String> = []

    init(_ loop: CurlLoop, _ multi: CurlMulti) {
        self.loop = loop
        self.multi = multi
    }

    /// Works until the loop is closed.
    func run() {
        while true {
            let (waiting, isClosed) = loop.next()
            for transfer in waiting { start(transfer) }
            if isClosed || Interruption.isRequested { endAll { _ in true } }
            guard !isClosed else { return }
            endAll(where: \.isCancelled)
            resumePaused()
            let code = cairn_curl_multi_perform(multi.raw)
            takeDone()
            guard code == CURLM_OK else {
                endAll(with: .unusable("libcurl cannot go on (\(code.rawValue))")) { _ in true }
                continue
            }
            _ = cairn_curl_multi_poll(multi.raw, Int32(wait))
        }
    }

    private func start(_ transfer: CurlTransfer) {
        guard !Interruption.isRequested, !transfer.isCancelled else {
            return transfer.finish(.failure(RemoteError(.interrupted)))
        }
        guard let easy = idle.popLast() ?? CurlEasy() else {
            return transfer.finish(.failure(RemoteError(.io(.noMemory))))
        }
        // Who may not write here, or wrote to the wrong region, learns it before a large body is sent. Once a host has taken anything that
        // is not worth a round trip more, nor a second's wait at servers that do not know the question.
        let asksLeave =
            transfer.request.body.count > CurlEasy.largeBody && !takers.contains(transfer.request.host)
        let code = easy.prepare(
            transfer, loop.settings, bytesPerSecond: loop.rate?.perSecond, asksLeave: asksLeave)
        guard code == CURLE_OK, cairn_curl_multi_add(multi.raw, easy.raw) == CURLM_OK else {
            let words = "libcurl cannot send this request (\(code.rawValue))"
            return transfer.finish(.failure(RemoteError(.unusable(words))))
        }
        active[easy.raw] = Active(easy: easy, transfer: transfer)
        loop.count { $0.attempts += 1 }
    }

    private func takeDone() {
        var code = CURLE_OK
        while let raw = cairn_curl_multi_next_done(multi.raw, &code) {
            guard let done = active.removeValue(forKey: raw) else { continue }
            let outcome = Self.outcome(of: done, code)
            if case .success(let response) = outcome, response.isSuccess,
                [.put, .post].contains(done.transfer.request.method)
            {
                takers.insert(done.transfer.request.host)
            }
            end(done, outcome)
        }
    }

    private static func outcome(of done: Active, _ code: CURLcode) -> CurlTransfer.Outcome {
        let (transfer, answer) = (done.transfer, done.transfer.answer)
        if let failure = transfer.failure ?? answer.failure { return .failure(RemoteError(failure)) }
        guard code == CURLE_OK || answer.isCut else {
            return .failure(RemoteError(code, done.easy, transfer.request))
        }
        guard answer.isWhole else {
            return .failure(RemoteError(.temporary("\(transfer.request.host) sent less than it said")))
        }
        return .success(answer.response)
    }

    private func endAll(
        with reason: RemoteError.Reason = .interrupted, where isOver: (CurlTransfer) -> Bool
    ) {
        for ended in active.values where isOver(ended.transfer) {
            active[ended.easy.raw] = nil
            end(ended, .failure(RemoteError(reason)))
        }
    }

    private func end(_ ended: Active, _ outcome: CurlTransfer.Outcome) {
        let raw = ended.easy.raw
        loop.count { traffic in
            traffic.bytesUp += cairn_curl_number(raw, CURLINFO_SIZE_UPLOAD_T)
            traffic.bytesDown += cairn_curl_number(raw, CURLINFO_SIZE_DOWNLOAD_T)
            traffic.connections += Int(cairn_curl_number(raw, CURLINFO_NUM_CONNECTS))
        }
        _ = cairn_curl_multi_remove(multi.raw, raw)
        ended.easy.reset()
        if idle.count < Self.mostIdle { idle.append(ended.easy) }
        ended.transfer.finish(outcome)
    }

    /// Lets those go on that wait for their turn to move bytes, who waits longest first, as long as it is anybody's turn.
    private func resumePaused() {
        guard let rate = loop.rate, rate.wait <= TransferRate.burst else { return }
        let paused = active.values.filter(\.transfer.isPaused)
            .sorted { $0.transfer.waitsSince < $1.transfer.waitsSince }
        for next in paused where rate.wait <= TransferRate.burst {
            next.transfer.resume()
            _ = cairn_curl_easy_resume(next.easy.raw)
        }
    }

    /// How long nothing happens, in milliseconds, unless libcurl or somebody with a request has something to do.
    private var wait: Int {
        guard !active.isEmpty else { return Self.longWait }
        guard let rate = loop.rate, active.values.contains(where: \.transfer.isPaused) else {
            return Self.slice
        }
        return min(Self.slice, max(1, (rate.wait - TransferRate.burst).milliseconds + 1))
    }
}
