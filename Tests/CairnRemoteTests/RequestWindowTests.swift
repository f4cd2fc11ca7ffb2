import Testing

@testable import CairnRemote

@Suite("Number of requests at a time")
struct RequestWindowTests {
    @Test("halves when there are too many, down to one, and never to none")
    func down() {
        var window = RequestWindow(16)
        for size in [8, 4, 2, 1, 1, 1] {
            window.slowDown(begunIn: window.generation)
            #expect(window.size == size)
        }
    }

    @Test("of requests that were under way together only the first counts")
    func together() {
        var window = RequestWindow(16)
        let generation = window.generation
        for _ in 0..<16 { window.slowDown(begunIn: generation) }
        #expect(window.size == 8)
        window.slowDown(begunIn: window.generation)
        #expect(window.size == 4)
    }

    @Test("grows by one after so many successes in a row as there are at a time, up to the most")
    func up() {
        var window = RequestWindow(6)
        window.slowDown(begunIn: 0)
        #expect(window.size == 3)
        for size in [3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6] {
            window.succeed()
            #expect(window.size == size)
        }
    }

    @Test("a success before too many does not count afterwards")
    func run() {
        var window = RequestWindow(4)
        window.slowDown(begunIn: 0)
        window.succeed()
        window.slowDown(begunIn: 1)
        #expect(window.size == 1)
        window.succeed()
        #expect(window.size == 2)
    }

    @Test("places that are taken away are not given again, and those that come back are")
    func slots() async {
        let slots = RequestSlots(3)
        for _ in 0..<3 { await slots.take() }
        slots.limit(to: 1)
        let waiting = Task { await slots.take() }
        for _ in 0..<2 { slots.giveBack() }
        // One is still taken, so the waiting one waits.
        slots.giveBack()
        await waiting.value
        slots.limit(to: 2)
        await slots.take()
        slots.giveBack()
        slots.giveBack()
    }
}
