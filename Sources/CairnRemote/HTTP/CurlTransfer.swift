internal import CLibCurl
import CairnSystem
import Synchronization

/// One attempt of a request, as libcurl works on it.
///
/// Whoever makes it hands it to the loop, whose thread alone uses it until it gives the outcome back; `cancel` may be called at any time.
final class CurlTransfer: @unchecked Sendable {
    // Sendable: see above; what is shared is atomic.

    /// What became of it.
    typealias Outcome = Result<HTTPResponse, RemoteError>

    let request: HTTPRequest
    private let file: OpenFile?
    private let rate: RequestRate?
    private let isCancelledNow = Atomic(false)
    private var continuation: CheckedContinuation<Outcome, Never>?
    /// How much of the body libcurl has.
    private var position: Int64 = 0
    private(set) var answer: IncomingAnswer
    /// What went wrong on this side.
    private(set) var failure: RemoteError.Reason?
    /// True while libcurl was told to wait until it is this transfer's turn to move bytes.
    private(set) var isPaused = false
    /// Since when it waits for its turn.
    private(set) var waitsSince = Duration.zero

    /// Prepares an attempt.
    ///
    /// - Parameter rate: what all transfers together keep to.
    /// - Throws: `RemoteError` if the file of the body cannot be opened.
    init(_ request: HTTPRequest, rate: RequestRate?) throws(RemoteError) {
        guard request.isSendable else {
            throw RemoteError(.unusable("the URL is not one for HTTP, or a header has a line break in it"))
        }
        if case .file(let path, _) = request.body {
            file = try system { () throws(SystemError) in try OpenFile(reading: path) }
        } else {
            file = nil
        }
        self.request = request
        self.rate = rate
        answer = IncomingAnswer(to: request)
    }

    /// Asks the loop to give up.
    func cancel() { isCancelledNow.store(true, ordering: .relaxed) }

    var isCancelled: Bool { isCancelledNow.load(ordering: .relaxed) }

    /// Says who waits. To be called once, before the loop has it.
    func wait(with continuation: CheckedContinuation<Outcome, Never>) { self.continuation = continuation }

    /// Tells who waits what became of it.
    func finish(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    /// Lets the bytes go on.
    func resume() { isPaused = false }

    /// Makes a handle read from here, and write to here.
    func attach(to easy: CurlEasy) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
            _ = cairn_curl_set_pointer(easy.raw, option, context)
        }
        _ = cairn_curl_set_sink(easy.raw, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            CurlTransfer.at(context).take(line: UnsafeRawBufferPointer(start: bytes, count: count))
        }
        _ = cairn_curl_set_sink(easy.raw, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            CurlTransfer.at(context).take(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        _ = cairn_curl_set_source(
            easy.raw,
            { bytes, size, count, context in
                CurlTransfer.at(context).give(
                    UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            },
            { context, offset, origin in
                CurlTransfer.at(context).seek(to: Int64(offset), from: origin)
            })
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        // The loop keeps each transfer as long as libcurl works on it.
        Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// The number of bytes that were taken; any other than was given ends the transfer.
    private func take(line: UnsafeRawBufferPointer) -> Int { answer.take(line: line) ? line.count : 0 }

    private func take(_ piece: UnsafeRawBufferPointer) -> Int {
        guard isFree(for: piece.count) else { return Int(CURL_WRITEFUNC_PAUSE) }
        return answer.take(piece) ? piece.count : 0
    }

    /// Gives a piece of the body; 0 at its end.
    private func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, Int(clamping: request.body.count - position))
        guard count > 0 else { return 0 }
        guard isFree(for: count) else { return Int(CURL_READFUNC_PAUSE) }
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        switch request.body {
        case .none: return 0
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                piece.copyMemory(from: .init(rebasing: $0[Int(position)...][..<(Int(position) + count)]))
            }
            position += Int64(count)
            return count
        case .file(_, let range):
            do throws(SystemError) {
                let read = try file?.read(into: piece, at: range.lowerBound + position) ?? 0
                position += Int64(read)
                if read == 0 { failure = .truncated }
                return read == 0 ? Int(CURL_READFUNC_ABORT) : read
            } catch {
                failure = RemoteError(error).reason
                return Int(CURL_READFUNC_ABORT)
            }
        }
    }

    private func seek(to offset: Int64, from origin: Int32) -> Int32 {
        // 0 is SEEK_SET, the only one that libcurl uses.
        guard origin == 0, (0...request.body.count).contains(offset) else { return CURL_SEEKFUNC_CANTSEEK }
        position = offset
        return CURL_SEEKFUNC_OK
    }

    /// Counts bytes if it is their turn.
    private func isFree(for count: Int) -> Bool {
        guard let rate else { return true }
        guard rate.wait <= TransferRate.burst else {
            isPaused = true
            if waitsSince == .zero { waitsSince = Surroundings.uptime }
            return false
        }
        rate.use(Double(count))
        waitsSince = .zero
        return true
    }
}

/// How a limit of bytes a second, for all transfers together, is kept: each piece that moves keeps the others waiting for a while.
enum TransferRate {
    /// So much may move ahead of its time: pieces are shorter than the shortest wait.
    static let burst = Duration.milliseconds(20)
    /// From this many bytes a second on pieces may be large without anybody's noticing.
    static let fast = 1e8

    /// How long a transfer may have to wait for its turn, if the others move pieces of 64 KiB.
    static func longestTurn(_ perSecond: Double, transfers: Int) -> Duration {
        .seconds(Double(transfers * 4 << 16) / perSecond)
    }
}

extension HTTPRequest {
    /// True if the URL is one for HTTP, and neither it nor a header could be read as more than one.
    fileprivate var isSendable: Bool {
        func isLine(_ text: String) -> Bool {
            text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
        return url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && ["http://", "https://"].contains { url.utf8.starts(with: $0.utf8) }
            && headers.fields.allSatisfy { isLine($0.name) && isLine($0.value) && !$0.name.isEmpty }
    }
}
