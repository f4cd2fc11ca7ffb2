import CairnSystem

/// The log of a stage while it is written. What goes wrong with it is told in the end: it does not stop the stage.
final class StageLogFile {
    /// The log's path; `nil` if it could not be opened.
    private(set) var path: FilePath?
    /// The first thing that went wrong; nothing is written after it.
    private(set) var failure: SystemError?
    private let file: OpenLog?

    /// A class, so that an optional one can be closed early.
    private final class OpenLog {
        let file: OpenFile
        init(_ path: FilePath) throws(SystemError) {
            let parent = path.removingLastComponent()
            let name = path.lastComponentBytes ?? []
            let folder = try Self.folder(parent)
            if try folder.status(of: name) != nil {
                let previous = StageLog.previous(of: path).lastComponentBytes ?? []
                try folder.rename(name, to: folder, previous)
            }
            file = try OpenFile(creating: name, in: folder, permissions: 0o666)
        }

        private static func folder(_ path: FilePath) throws(SystemError) -> Folder {
            do throws(SystemError) {
                return try Folder(path)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                try path.makeFolders()
                return try Folder(path)
            }
        }
    }

    /// Begins a log; the one that is there becomes the previous one.
    init(replacing path: FilePath) {
        do throws(SystemError) {
            file = try OpenLog(path)
            self.path = path
        } catch {
            file = nil
            failure = error
        }
    }

    /// Writes more of it.
    func write(_ bytes: UnsafeRawBufferPointer) {
        guard failure == nil, let file else { return }
        do throws(SystemError) { try file.file.write(bytes) } catch { failure = error }
    }

    /// Writes more of it.
    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }
}
