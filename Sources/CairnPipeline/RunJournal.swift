public import CairnCore
public import CairnFormats
public import CairnSystem

/// A file that takes note of every stage as soon as it has ended, so that a run that is killed can go on: locks are written later and less
/// often.
///
/// The file only grows, until the run has ended and it is removed. Each record is a line: a CRC-32C of the rest in eight digits, the offset
/// of the first record that became durable together with it, the file and the name of the stage with odd bytes as `%` and two digits, and
/// the stage's entry of the lock. What was not durable yet when a process was killed or the power went may be there in part; from the first
/// record on that is not whole it counts as never written, and is taken away when the journal is opened. One process at a time can have it
/// open; it is closed when the value goes.
public final class RunJournal {
    /// A stage that has ended.
    public struct Record: Hashable, Sendable {
        /// The file that describes it.
        public let file: RepoPath
        /// What its lock is to record.
        public let stage: LockedStage

        /// Puts a record together.
        public init(file: RepoPath, stage: LockedStage) {
            self.file = file
            self.stage = stage
        }
    }

    /// The records that were there when the journal was opened, in the order in which they were written.
    public let records: [Record]
    private final class Opened {
        let file: OpenFile
        init(_ file: consuming OpenFile) { self.file = file }
    }

    private let folder: Folder
    private let name: [UInt8]
    private let file: Opened
    private var length: Int64

    /// Opens a journal for more records; makes one if there is none.
    ///
    /// - Throws: `PipelineError` if another process has it open, if there is something in the middle of it that we have not written, or if
    ///   the operating system refuses.
    public init(at path: FilePath) throws(PipelineError) {
        do throws(SystemError) {
            let parent = path.removingLastComponent()
            folder = try Folder(parent.isEmpty ? "." : parent)
            name = path.lastComponentBytes ?? []
            file = try Self.open(name, in: folder, path)
        } catch {
            throw PipelineError(error.errno == .wouldBlock ? .journalInUse(file: path) : .system(error))
        }
        let content = try Self.content(of: file.file, path)
        records = content.records
        length = Int64(content.length)
        do throws(SystemError) {
            try file.file.truncate(to: length)
            if length == 0 { try begin() }
        } catch {
            throw PipelineError(.system(error))
        }
    }

    /// The records of a journal that nobody has to have open; none if there is no journal.
    ///
    /// - Throws: `PipelineError` as when it is opened.
    public static func records(at path: FilePath) throws(PipelineError) -> [Record] {
        let bytes: [UInt8]?
        do throws(SystemError) { bytes = try path.readIfPresent() } catch {
            throw PipelineError(.system(error))
        }
        return try parse(bytes ?? [], path).records
    }

    /// Adds records, which are durable when this returns.
    ///
    /// - Throws: `PipelineError` if they cannot be written; then none of them is there.
    public func append(_ records: [Record]) throws(PipelineError) {
        let start = Int(length)
        let bytes = Array(records.map { Self.line($0, batch: start) }.joined())
        do throws(SystemError) {
            try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
                try file.file.write(UnsafeRawBufferPointer(buffer), at: length)
            }
            try file.file.sync()
            length += Int64(bytes.count)
        } catch {
            // What is half there must not come before the next record. If that fails too, opening takes it away.
            try? file.file.truncate(to: length)
            throw PipelineError(.system(error))
        }
    }

    /// Removes the journal: all that it knows is in the locks. Nothing can be added afterwards.
    ///
    /// - Throws: `PipelineError` if the operating system refuses.
    public func remove() throws(PipelineError) {
        do throws(SystemError) {
            try folder.remove(name)
            try folder.sync()
        } catch {
            throw PipelineError(.system(error))
        }
    }

    private func begin() throws(SystemError) {
        try Self.header.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        length = Int64(Self.header.count)
        try file.file.sync()
        try folder.sync()
    }

    /// - Throws: `SystemError`, with EWOULDBLOCK if somebody else has the file open.
    private static func open(
        _ name: [UInt8], in folder: Folder, _ path: FilePath
    ) throws(SystemError) -> Opened {
        while true {
            let file = Opened(try OpenFile(updating: name, in: folder, permissions: 0o666))
            guard try file.file.lock() else { throw SystemError(.wouldBlock, "lock", path) }
            // Whoever had it before may just have removed it.
            if try folder.status(of: name)?.inode == file.file.status().inode { return file }
        }
    }

    private static func content(
        of file: borrowing OpenFile, _ path: FilePath
    ) throws(PipelineError) -> (records: [Record], length: Int) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.readAll() } catch { throw PipelineError(.system(error)) }
        return try parse(bytes, path)
    }
}
