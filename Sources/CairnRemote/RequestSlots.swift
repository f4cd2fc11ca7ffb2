import Synchronization

/// Places for requests, of which there are so many; who finds none waits, and the first to come is the first to go on.
final class RequestSlots: Sendable {
    private struct State {
        var limit: Int
        var taken = 0
        var waiting: [CheckedContinuation<Void, Never>] = []

        /// Those who can go on now.
        mutating func next() -> ArraySlice<CheckedContinuation<Void, Never>> {
            let count = max(0, min(limit - taken, waiting.count))
            taken += count
            defer { waiting.removeFirst(count) }
            return waiting[..<count]
        }
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(limit: count)) }

    func take() async {
        await withCheckedContinuation { continuation in
            change { $0.waiting.append(continuation) }
        }
    }

    func giveBack() { change { $0.taken -= 1 } }

    /// Changes how many there are. Who has one more than that keeps it until he gives it back.
    func limit(to count: Int) { change { $0.limit = count } }

    private func change(_ body: (inout State) -> Void) {
        let next = state.withLock { state in
            body(&state)
            return state.next()
        }
        for continuation in next { continuation.resume() }
    }
}
