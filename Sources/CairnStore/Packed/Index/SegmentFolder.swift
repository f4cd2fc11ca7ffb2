import CairnCore
import CairnSystem

/// The index segments of a store as they lie in its folder.
struct SegmentFolder {
    /// The folder of the store.
    let root: Folder

    /// How often the folder is listed again because a segment was gone that the last listing had.
    private static let attempts = 5

    /// The names of all segments. Whatever has another name is passed over.
    func names() throws(StoreError) -> Set<SegmentName> {
        var names: Set<SegmentName> = []
        do throws(SystemError) {
            let folder = try root.folder(PackedLayout.segments.components)
            try folder.forEachName { bytes, _ in
                if let name = SegmentName(parsing: bytes) { names.insert(name) }
            }
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw StoreError(error) }
        }
        return names
    }

    /// Reads all segments but those that others replace.
    ///
    /// - Parameters:
    ///   - known: segments that were read before.
    ///   - ignored: segments that are passed over.
    /// - Throws: `StoreError` if one cannot be read, or is damaged.
    func segments(
        known: [SegmentName: IndexSegment] = [:], ignoring ignored: Set<SegmentName> = []
    ) throws(StoreError) -> [SegmentName: IndexSegment] {
        var failure: StoreError?
        for _ in 0..<Self.attempts {
            do throws(StoreError) {
                return try read(try names().subtracting(ignored), known)
            } catch {
                // Somebody merged segments and removed those that were merged.
                guard error.reason == .io(.noSuchFileOrDirectory) else { throw error }
                failure = error
            }
        }
        throw failure ?? StoreError(.busy, root.path)
    }

    private func read(
        _ names: Set<SegmentName>, _ known: [SegmentName: IndexSegment]
    ) throws(StoreError) -> [SegmentName: IndexSegment] {
        var segments: [SegmentName: IndexSegment] = [:]
        var replaced: Set<Digest> = []
        // A segment that others were merged into has a higher level than they, and says who they are.
        for name in names.sorted(by: { ($1.level, $0.push) < ($0.level, $1.push) })
        where !replaced.contains(name.digest) {
            let segment = if let segment = known[name] { segment } else { try read(name) }
            segments[name] = segment
            replaced.formUnion(segment.replaced)
        }
        return segments.filter { !replaced.contains($0.key.digest) }
    }

    /// Reads a segment.
    ///
    /// - Returns: `nil` if it is gone or damaged.
    /// - Throws: `StoreError` if the user asked to stop.
    func readIfSound(_ name: SegmentName) throws(StoreError) -> IndexSegment? {
        do throws(StoreError) {
            return try read(name)
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }

    /// Reads one segment.
    func read(_ name: SegmentName) throws(StoreError) -> IndexSegment {
        let file = try system { () throws(SystemError) in
            try OpenFile(readingBelow: root, name.path.utf8)
        }
        return try IndexSegment(reading: file, name: name.digest)
    }
}

extension String {
    /// The parts of a path of ours, as folders take them.
    var components: [ArraySlice<UInt8>] {
        Array(utf8).split(separator: UInt8(ascii: "/"))
    }
}
