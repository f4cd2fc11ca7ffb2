import CairnRemote
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// What may go wrong with the operations of one command, and how long they take.
struct Trouble: Sendable {
    /// How often the command dies at an operation, per thousand operations.
    var crashes = 15
    /// How often an operation fails and may be tried again.
    var failures = 10
    /// How often a write or a deletion happens later, or once more.
    var lateness = 15
    /// How often an operation waits for longer than the grace period.
    var stalls = 10
    /// How often the write of a segment does: the worst moment for it.
    var segmentStalls = 150
    /// How late listings may be, in seconds: two of them together less than the grace period.
    var oldestListing = 11 * 3600
}

/// The remote as one clone of a simulation sees it: command after command, each of which may die.
final class TroubledRemote: Sendable {
    private let bucket: MemoryBucket
    private let clock: SimulatedClock
    private let random: Shared<SeededRandom>
    private let trouble: Trouble
    private let isDead = Shared(false)
    private let happened: @Sendable (RemoteOperation) -> Void

    init(
        _ bucket: MemoryBucket, _ clock: SimulatedClock, seed: UInt64, _ trouble: Trouble,
        happened: @escaping @Sendable (RemoteOperation) -> Void
    ) {
        self.bucket = bucket
        self.clock = clock
        self.trouble = trouble
        self.happened = happened
        random = Shared(SeededRandom(seed: seed))
    }

    var remote: MemoryRemote {
        MemoryRemote(
            bucket,
            hooks: RemoteHooks(
                before: { operation throws(RemoteError) in try await self.before(operation) },
                after: { operation throws(RemoteError) in try self.after(operation) }))
    }

    /// Begins a new command.
    func revive() { isDead.change { $0 = false } }

    private func number(below limit: Int) -> Int {
        var number = 0
        random.change { number = Int.random(in: 0..<max(1, limit), using: &$0) }
        return number
    }

    private func before(_ operation: RemoteOperation) async throws(RemoteError) -> RemoteEffect {
        try checkAlive(operation)
        try await clock.sleep(for: .seconds(delay(operation)))
        try checkAlive(operation)
        let chance = number(below: 1000)
        if chance < trouble.crashes / 2 {
            isDead.change { $0 = true }
            try checkAlive(operation)
        }
        if chance >= 990, number(below: 10) < trouble.failures {
            throw RemoteError(.temporary("busy"), operation.key)
        }
        switch operation.kind {
        case .list:
            guard trouble.oldestListing > 0, number(below: 4) == 0 else { return .happens }
            return .asOf(clock.date - Int64(number(below: trouble.oldestListing)) * 1000)
        case .write, .delete:
            guard number(below: 1000) < trouble.lateness else { return .happens }
            let isTwice = number(below: 2) == 0
            // Who sends something and dies does not learn whether it arrived.
            if !isTwice { isDead.change { $0 = true } }
            Task { [bucket, clock, happened, delay = number(below: 20 * 3600)] in
                try await clock.sleep(for: .seconds(delay))
                bucket.release(operation)
                happened(operation)
            }
            return isTwice ? .happensTwice : .isHeld
        case .read, .top: return .happens
        }
    }

    private func after(_ operation: RemoteOperation) throws(RemoteError) {
        if !isDead.value, operation.kind == .write || operation.kind == .delete { happened(operation) }
        if number(below: 1000) < trouble.crashes / 2 { isDead.change { $0 = true } }
        try checkAlive(operation)
    }

    private func checkAlive(_ operation: RemoteOperation) throws(RemoteError) {
        if isDead.value { throw RemoteError(.interrupted, operation.key) }
    }

    private func delay(_ operation: RemoteOperation) -> Int {
        let chance = number(below: 1000)
        let isSegment = operation.kind == .write && operation.key.hasPrefix("log/idx/0")
        if chance < (isSegment ? trouble.segmentStalls : trouble.stalls) {
            return 24 * 3600 + number(below: 72 * 3600)
        }
        switch chance % 20 {
        case 0: return number(below: 20 * 3600)
        case 1...4: return number(below: 2 * 3600)
        default: return number(below: 120)
        }
    }
}
