import CairnSystem
import Synchronization
import Testing

@Suite("Threads")
struct ThreadsTests {
    @Test(
        "a queue hands on every element once, in order, and never holds more than it may",
        arguments: [1, 2, 7])
    func queue(capacity: Int) throws {
        let queue = BoundedQueue<Int>(capacity: capacity)
        let pushed = Atomic<Int>(0)
        let popped = Atomic<Int>(0)
        let most = Mutex(0)
        var received: [Int] = []
        try Workers.together {
            while let element = queue.pop() {
                popped.wrappingAdd(1, ordering: .sequentiallyConsistent)
                received.append(element)
            }
        } _: {
            for number in 0..<2000 {
                let isTaken = queue.push(number)
                precondition(isTaken)
                pushed.wrappingAdd(1, ordering: .sequentiallyConsistent)
                let held =
                    pushed.load(ordering: .sequentiallyConsistent)
                    - popped.load(ordering: .sequentiallyConsistent)
                most.withLock { $0 = max($0, held) }
            }
            queue.close()
        }
        #expect(received == Array(0..<2000))
        // One more may be out of the queue and not yet counted.
        #expect(most.withLock { $0 } <= capacity + 1)
    }

    @Test("a closed queue gives what it has, then nothing, and takes no more")
    func closed() {
        let queue = BoundedQueue<Int>(capacity: 3)
        #expect(queue.push(1))
        queue.close()
        #expect(!queue.push(2))
        #expect(queue.pop() == 1)
        #expect(queue.pop() == nil)
    }

    @Test("closing wakes whoever waits for room")
    func closedWhileFull() throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        #expect(queue.push(1))
        let answer = Mutex(true)
        try Workers.together {
            queue.close()
        } _: {
            let isTaken = queue.push(2)
            answer.withLock { $0 = isTaken }
        }
        #expect(answer.withLock { $0 } == false)
    }

    @Test(
        "every number is in exactly one range",
        arguments: [(0, 1), (1, 1), (1000, 1), (1000, 7), (64, 64), (65, 64), (3, 100)])
    func ranges(_ total: Int, _ stride: Int) {
        for count in [1, 2, 5] {
            let seen = Mutex([Int](repeating: 0, count: total))
            Workers(count: count).forEachRange(of: total, stride: stride) { range in
                #expect(!range.isEmpty && range.count <= stride)
                seen.withLock { for index in range { $0[index] += 1 } }
            }
            #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    private struct Failure: Error, Equatable { let number: Int }

    @Test("a failure comes back, and no range begins after it", arguments: [1, 3])
    func failure(count: Int) {
        let begun = Atomic<Int>(0)
        #expect(throws: Failure(number: 10)) {
            try Workers(count: count).forEachRange(of: 100_000, stride: 1) { (range) throws(Failure) in
                begun.wrappingAdd(1, ordering: .relaxed)
                if range.lowerBound == 10 { throw Failure(number: 10) }
            }
        }
        let number = begun.load(ordering: .relaxed)
        #expect(number >= 11 && number < 100_000)
    }

    @Test("each thread runs once with a number of its own, and all results are there at the end")
    func run() {
        let numbers = Mutex<Set<Int>>([])
        Workers(count: 6).run { number in numbers.withLock { _ = $0.insert(number) } }
        #expect(numbers.withLock { $0 } == Set(0..<6))
        #expect(Workers(count: 0).count == 1)
        #expect(Workers.perProcessor.count >= 1)
    }

    @Test("one failing thread lets the others end")
    func othersEnd() {
        let ended = Atomic<Int>(0)
        #expect(throws: Failure.self) {
            try Workers(count: 4).run { (number) throws(Failure) in
                if number == 2 { throw Failure(number: 2) }
                ended.wrappingAdd(1, ordering: .relaxed)
            }
        }
        #expect(ended.load(ordering: .relaxed) == 3)
    }
}
