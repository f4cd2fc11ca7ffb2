import CairnCore
import CairnSystem

/// Files that are cut into chunks while they are read.
extension IntakeTask {
    /// Cuts a file into chunks and packs those that are new; false if it changed meanwhile.
    func pack(
        _ file: borrowing OpenFile, _ position: Int, _ before: FileStatus, _ packs: PackBatch
    ) throws(StoreError) -> Bool {
        let reporter = intake.reporter
        let (digest, size) = try packs.add(file, workers: intake.workers) {
            reporter.advance(items: 0, bytes: $0)
        }
        let after = try status(of: file)
        guard after.hasSameContent(as: before), size == after.size else { return false }
        // What was there of it before may be damaged: then that is put aside, and the file is read again.
        let id = ObjectID(intake.algorithm, digest)
        if let destination = intake.destination, try destination.inventory.contains(id),
            try destination.isMissing(id, intake.reporter)
        {
            guard try packs.add(file, workers: intake.workers).digest == digest,
                try status(of: file).hasSameContent(as: before)
            else { return false }
        }
        report.packedCount += 1
        note(position, digest, after)
        reporter.advance(items: 1, bytes: 0)
        return true
    }

    /// Cuts a file into chunks that are measured and dropped; false if it changed meanwhile.
    func measure(
        _ file: borrowing OpenFile, _ position: Int, _ before: FileStatus, _ sink: StorageForecast.Sink,
        _ rule: ChunkingRule
    ) throws(StoreError) -> Bool {
        let reporter = intake.reporter
        let (digest, size) = try FileChunking(into: sink, by: rule, workers: intake.workers).add(file) {
            reporter.advance(items: 0, bytes: $0)
        }
        let after = try status(of: file)
        guard after.hasSameContent(as: before), size == after.size else { return false }
        note(position, digest, after)
        reporter.advance(items: 1, bytes: 0)
        return true
    }
}
