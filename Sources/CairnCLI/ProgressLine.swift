import Cairn
import CairnCore
import CairnSystem
import Synchronization

/// How far the work is, on one line of the terminal that is drawn again and erased at the end.
///
/// The first line comes after a quarter of a second, later ones at most ten times a second. It is drawn by whoever reports
/// progress, so that no thread of its own is needed. Everything else on standard error goes through it, to appear above the line.
final class ProgressLine: Reporter {
    private struct State {
        var phase = ""
        var totalItems: Int?
        var totalBytes: Int64?
        var began = ContinuousClock.now
        var isShown = false
    }

    private static let firstAfter = Duration.milliseconds(250)
    private static let pause = Duration.milliseconds(100)

    private let state = Mutex(State())
    private let items = Atomic<Int>(0)
    private let bytes = Atomic<Int64>(0)
    /// Nanoseconds after `origin` at which the next line is due; `Int64.max` when none is wanted.
    private let due: Atomic<Int64>
    private let origin = ContinuousClock.now
    private let terminal: Terminal
    private let isDrawn: Bool
    private let showWarning: @Sendable (_ message: String, _ hint: String?) -> String

    /// Makes a line that is not drawn yet.
    ///
    /// - Parameters:
    ///   - isDrawn: false to only pass warnings on.
    ///   - showWarning: puts a warning into words, with a line break at the end; empty to say nothing.
    init(
        _ terminal: Terminal, isDrawn: Bool,
        showWarning: @escaping @Sendable (_ message: String, _ hint: String?) -> String
    ) {
        self.terminal = terminal
        self.isDrawn = isDrawn && terminal.canRedraw
        self.showWarning = showWarning
        due = Atomic(Int64.max)
    }

    func begin(_ phase: String, items: Int?, bytes: Int64?) {
        guard isDrawn else { return }
        state.withLock { state in
            state.phase = phase
            state.totalItems = items
            state.totalBytes = bytes
            state.began = .now
        }
        self.items.store(0, ordering: .relaxed)
        self.bytes.store(0, ordering: .relaxed)
        let first = elapsed(until: .now + Self.firstAfter)
        // A line that is on the screen belongs to the phase before: it changes at once.
        due.store(state.withLock(\.isShown) ? 0 : first, ordering: .relaxed)
    }

    func advance(items: Int, bytes: Int64) {
        guard isDrawn else { return }
        self.items.add(items, ordering: .relaxed)
        self.bytes.add(bytes, ordering: .relaxed)
        let now = elapsed(until: .now)
        let due = due.load(ordering: .relaxed)
        guard now >= due else { return }
        let next = now + Self.nanoseconds(Self.pause)
        // Of several threads that come at the same time one draws.
        guard self.due.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged else {
            return
        }
        draw()
    }

    func warn(_ message: String, hint: String?) {
        let text = showWarning(message, hint)
        if !text.isEmpty { write(text) }
    }

    /// Writes text to standard error, above the line.
    ///
    /// A failure is not reported: there is no place left to do so.
    func write(_ text: String) {
        state.withLock { state in
            let erasure = Self.erase(&state)
            _ = try? FileDescriptor.standardError.writeAll(Array((erasure + text).utf8))
        }
    }

    /// Writes bytes of somebody else's to one of the streams, above the line. Nobody who reads them is no failure of theirs.
    func write(_ bytes: [UInt8], toErrors: Bool) {
        state.withLock { state in
            let erasure = Self.erase(&state)
            if !erasure.isEmpty { _ = try? FileDescriptor.standardError.writeAll(Array(erasure.utf8)) }
            let stream = toErrors ? FileDescriptor.standardError : FileDescriptor.standardOutput
            _ = try? stream.writeAll(bytes)
        }
    }

    /// Takes the line away, for output of another kind or at the end.
    func erase() {
        state.withLock { state in
            let erasure = Self.erase(&state)
            if !erasure.isEmpty { _ = try? FileDescriptor.standardError.writeAll(Array(erasure.utf8)) }
        }
    }

    /// Ends the drawing.
    func finish() {
        due.store(.max, ordering: .relaxed)
        erase()
    }

    private static func erase(_ state: inout State) -> String {
        guard state.isShown else { return "" }
        state.isShown = false
        return "\r\u{1B}[K"
    }

    private func draw() {
        let items = items.load(ordering: .relaxed)
        let bytes = bytes.load(ordering: .relaxed)
        let width = terminal.width
        state.withLock { state in
            let line = Self.line(
                state.phase, items, of: state.totalItems, bytes, of: state.totalBytes,
                after: .now - state.began, width: width)
            state.isShown = true
            _ = try? FileDescriptor.standardError.writeAll(Array("\r\(line)\u{1B}[K".utf8))
        }
    }

    private func elapsed(until instant: ContinuousClock.Instant) -> Int64 {
        Self.nanoseconds(instant - origin)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    }

    /// The words of the line: phase, count, bytes, rate, time left, cut to the width of the terminal.
    static func line(
        _ phase: String, _ items: Int, of totalItems: Int?, _ bytes: Int64, of totalBytes: Int64?,
        after duration: Duration, width: Int
    ) -> String {
        var parts = [phase]
        if let totalItems {
            parts.append("\(items)/\(totalItems)")
        } else if items > 0 {
            parts.append("\(items)")
        }
        let seconds = Double(nanoseconds(duration)) / 1e9
        if let totalBytes, totalBytes > 0 {
            parts.append("\(Words.bytes(bytes)) of \(Words.bytes(totalBytes))")
        } else if bytes > 0 {
            parts.append(Words.bytes(bytes))
        }
        if bytes > 0, seconds > 0.2 {
            let rate = Double(bytes) / seconds
            parts.append("\(Words.bytes(Int64(rate)))/s")
            if let totalBytes, totalBytes > bytes, seconds > 1 {
                parts.append("\(time(Double(totalBytes - bytes) / rate)) left")
            }
        } else if let totalItems, items > 0, items < totalItems, seconds > 1 {
            parts.append("\(time(Double(totalItems - items) * seconds / Double(items))) left")
        }
        // One column stays free: some terminals break the line after the last.
        return String(
            String.UnicodeScalarView(parts.joined(separator: "  ").unicodeScalars.prefix(max(0, width - 1))))
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded(.up))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
        return "\(whole / 3600):\(two(whole / 60 % 60)) h"
    }
}
