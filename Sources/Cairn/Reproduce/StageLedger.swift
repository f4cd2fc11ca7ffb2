import CairnCore
import CairnFormats
import CairnSystem

/// The file that records what stages did: the lock beside a pipeline file, or a pointer file that has a command itself.
struct StageLedger {
    private enum Content {
        case lock(PipelineLock)
        case pointer(PointerFile)
    }

    /// Where it is.
    let path: RepoPath
    /// What is on the disk, as far as we know; `nil` for no file.
    var text: [UInt8]?
    private let content: Content

    /// Reads what records the stages of a file.
    ///
    /// - Parameter file: the file that declares the stages.
    init(of file: RepoPath, in workspace: Workspace) throws {
        let isPipeline = file.name.elementsEqual("dvc.yaml".utf8)
        path = isPipeline ? file.sibling("dvc.lock") : file
        text = try workspace.absolute(path).readIfPresent(limit: 1 << 30)
        let shown = workspace.display(path)
        if isPipeline {
            content = .lock(try text.map { try PipelineLock(parsing: $0, file: shown) } ?? PipelineLock())
        } else {
            guard let text else {
                throw CairnError(.notFound, "'\(shown)' was removed while its command ran")
            }
            content = .pointer(try PointerFile(parsing: text, file: shown))
        }
    }

    /// The text with what stages did.
    func recording(_ stages: [LockedStage]) throws -> [UInt8] {
        switch content {
        case .lock(let lock): try lock.replacingText(stages)
        case .pointer(let pointer): try stages.reduce(pointer) { $0.recording($1) }.text()
        }
    }
}
