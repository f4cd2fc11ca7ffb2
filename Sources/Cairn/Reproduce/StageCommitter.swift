import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem
import Synchronization

/// Makes what stages made durable, and notes in the journal that they ended, on a thread of its own: meanwhile the next stages run.
///
/// What comes while it is at work is taken together next.
final class StageCommitter {
    // A class: it owns a thread.

    /// Stages that ended, and what they made.
    struct Batch {
        let recorder: OutputRecorder
        var stages: [(place: Int, entry: RunJournal.Record)] = []
    }

    /// A batch on its way between the two threads: only one of them has it at any time.
    private struct Parcel: @unchecked Sendable {
        let batch: Batch
    }

    private let parcels = BoundedQueue<Parcel>(capacity: 1)
    private let thread: OwnThread

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - journal: where finished stages are noted.
    ///   - done: called on the thread for each batch, with what went wrong.
    init(journal: FilePath, done: @escaping @Sendable (_ places: [Int], (any Error)?) -> Void) throws {
        let parcels = parcels
        guard
            let thread = OwnThread({
                do {
                    let writer = try RunJournal(at: journal)
                    while let parcel = parcels.pop() {
                        let places = parcel.batch.stages.map(\.place)
                        do {
                            try parcel.batch.recorder.commit()
                            try writer.append(parcel.batch.stages.map(\.entry))
                            done(places, nil)
                        } catch {
                            done(places, error)
                        }
                    }
                } catch {
                    while let parcel = parcels.pop() { done(parcel.batch.stages.map(\.place), error) }
                }
            })
        else { throw CairnError(.io, "the system gives no more threads") }
        self.thread = thread
    }

    /// Hands over a batch; `done` tells when it is durable.
    func take(_ batch: Batch) { parcels.push(Parcel(batch: batch)) }

    /// Waits until everything is durable, and ends the thread. To be called once.
    func finish() {
        parcels.close()
        thread.join()
    }
}
