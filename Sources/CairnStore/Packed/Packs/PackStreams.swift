import CairnCore
import CairnSystem

/// The packs of one class that a session writes, several at a time where much comes in at once.
///
/// Writing a pack and hashing it for its name is work for one thread; with two packs at a time the second has work as well.
final class PackStreams: Sendable {
    private let streams: [PackStream]

    /// - Precondition: there is at least one stream.
    init(_ streams: [PackStream]) {
        precondition(!streams.isEmpty)
        self.streams = streams
    }

    /// Appends frames one behind the other, to the first stream that nobody else gives several frames to at this moment.
    func append(_ frames: [EncodedFrame]) throws(StoreError) {
        for stream in streams where try stream.appendIfFree(frames) { return }
        try streams[0].append(frames)
    }

    /// Appends a frame.
    func append(_ frame: EncodedFrame) throws(StoreError) { try streams[0].append(frame) }

    /// Ends the present packs.
    ///
    /// - Returns: all packs that were not taken yet.
    func finish() throws(StoreError) -> [PackStream.Finished] {
        var finished: [PackStream.Finished] = []
        for stream in streams { finished += try stream.finish() }
        return finished
    }

    /// The packs that are full and were not taken yet.
    func takeFull() throws(StoreError) -> [PackStream.Finished] {
        var full: [PackStream.Finished] = []
        for stream in streams { full += try stream.takeFull() }
        return full
    }
}
