import CairnCore
import CairnGit
import CairnSystem

/// The configuration that makes git merge pointers, locks and the lines of outputs in `.gitignore` by meaning.
enum MergeDriver {
    private static let arguments = "git-hook merge-driver --ancestor %O --our %A --their %B"
    private static let cairn = [
        ("merge.cairn.name", "cairn: pointers, locks and .gitignore by what they say"),
        ("merge.cairn.driver", "cairn \(arguments) --path %P --marks %L"),
    ]
    // As DVC writes it, the blank at the end too.
    private static let dvc = [
        ("merge.dvc.name", "DVC merge driver"), ("merge.dvc.driver", "dvc \(arguments) "),
    ]

    /// Tells git about the driver.
    ///
    /// - Returns: true if that changed something.
    static func register(in git: GitRepository, _ personality: Personality) throws -> Bool {
        var isChanged = false
        for (name, value) in personality == .dvc ? dvc : cairn
        where try git.configuration(name).last != Array(value.utf8) {
            try git.setConfiguration(name, to: value)
            isChanged = true
        }
        return isChanged
    }

    /// Takes the driver away; DVC's stays.
    ///
    /// - Returns: true if that changed something.
    static func unregister(in git: GitRepository) throws -> Bool {
        var isChanged = false
        for (name, _) in cairn where try !git.configuration(name).isEmpty {
            try git.unsetConfiguration(name)
            isChanged = true
        }
        if isChanged { try git.removeEmptySection("merge", "cairn") }
        return isChanged
    }
}

/// The lines of `.gitattributes` that say which files the driver is for.
enum MergeAttributes {
    /// Beside the folder `.dvc`: patterns count for what is below their file.
    static let file: RepoPath = {
        guard let path = try? RepoPath(validating: ".gitattributes") else {
            preconditionFailure("a plain name is a path")
        }
        return path
    }()
    private static let lines = ["*.dvc merge=cairn", "dvc.lock merge=cairn", ".gitignore merge=cairn"]

    /// Adds the lines that are not there.
    ///
    /// - Returns: true if the file changed.
    static func add(in workspace: Workspace) throws -> Bool {
        let path = workspace.absolute(file)
        let old = try path.readIfPresent(limit: 16 << 20) ?? []
        let present = old.split(separator: UInt8(ascii: "\n"))
        let missing = lines.filter { line in !present.contains { $0.elementsEqual(line.utf8) } }
        guard !missing.isEmpty else { return false }
        var text = old
        if let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
        for line in missing { text += Array(line.utf8) + [UInt8(ascii: "\n")] }
        try AtomicFile.write(text, to: path)
        return true
    }

    /// Takes the lines away, and the file if nothing else is in it.
    ///
    /// - Returns: true if the file changed.
    static func remove(in workspace: Workspace) throws -> Bool {
        let path = workspace.absolute(file)
        guard let old = try path.readIfPresent(limit: 16 << 20) else { return false }
        var kept = old.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        kept.removeAll { line in lines.contains { line.elementsEqual($0.utf8) } }
        let text = Array(kept.joined(separator: [UInt8(ascii: "\n")]))
        guard text != old else { return false }
        if text.isEmpty {
            try Folder(workspace.root).remove(Array(file.name))
        } else {
            try AtomicFile.write(text, to: path)
        }
        return true
    }
}
