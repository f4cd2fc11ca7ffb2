import CairnCore
import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem
import CairnTransfer

extension AddOptions {
    /// Refuses options that make no sense together.
    ///
    /// - Throws: `CairnError` of kind `usage`.
    func check(_ targets: [String]) throws {
        func refuse(_ option: String, _ rest: String) -> CairnError {
            CairnError(.usage, "\(option) can't be used \(rest)")
        }
        if goesToRemote || out != nil {
            let name = goesToRemote ? "--to-remote" : "--out"
            if targets.count != 1 { throw refuse("multiple targets", "with \(name)") }
            if isGlob { throw refuse("--glob option", "with \(name)") }
            if skipsStore { throw refuse("--no-commit option", "with \(name)") }
        }
        guard !goesToRemote else {
            if let jobs, jobs < 1 {
                throw CairnError(.usage, "\(jobs) transfers at a time cannot be: 1 is the least")
            }
            return
        }
        if remote != nil { throw refuse("--remote", "without --to-remote") }
        if jobs != nil { throw refuse("--remote-jobs", "without --to-remote") }
    }
}

extension Workspace {
    /// Sends data from anywhere to a remote and tracks it. Neither the cache nor the workspace gets a copy; data that is in the workspace
    /// stays there as it is.
    ///
    /// - Throws: `CairnError`; then no pointer was written, and what arrived on the remote stays there.
    func addToRemote(
        _ source: String, _ options: AddOptions, _ index: OutputIndex, _ session: Session
    ) throws -> AddReport {
        connections.want(jobs: options.jobs)
        let remote = try remoteStore(options.remote, for: "add")
        try remote.checkWritable()
        var addition = try addition(of: source, options, index, session)
        guard let tree = addition.tree else { preconditionFailure("a target that is added has files") }
        let recorder = try OutputRecorder(session, expecting: tree.snapshot.count, stores: false)
        let (record, found) = try addition.record(with: recorder, session)
        guard let id = record.id, let read = found else {
            throw CairnError(
                .conflict, "'\(display(addition.path))' is recorded in another format, and unchanged",
                hint:
                    "send what is recorded: `\(personality.command) push \(Shell.quoted(display(addition.path)))`"
            )
        }
        try send(id, read, to: remote, options, session)
        addition.tree = nil
        try absolute(addition.pointerPath).removingLastComponent().makeFolders()
        try absolute(addition.path).removingLastComponent().makeFolders()
        // DVC does not make git ignore data that is not there.
        return try track(record, as: addition, ignores: personality == .cairn, session)
    }

    /// What is to be tracked, where, and its files.
    private func addition(
        of source: String, _ options: AddOptions, _ index: OutputIndex, _ session: Session
    ) throws -> Addition {
        if let scheme = RemoteLocation.scheme(of: Array(source.utf8)), scheme != "file" {
            throw CairnError(
                .usage, "data on \(scheme):// cannot be added from there",
                hint: "bring it to this machine first")
        }
        let typed = FilePath(bytes: Array(source.utf8))
        let origin = typed.isAbsolute ? typed : surroundings.workingDirectory.pushing(typed)
        let isInside = options.out == nil && (try? path(of: source)) != nil
        if isInside {
            let addition = try Addition(source, options, index, session)
            guard addition.part == nil else {
                throw CairnError(
                    .usage,
                    "'\(Array(source.utf8).printable)' is inside of the output '\(display(addition.path))'",
                    hint: "add it here, and push: `\(personality.command) push`")
            }
            try Addition.refuseOverlaps([addition], index, self)
            return addition
        }
        let name = origin.lexicallyNormalized().lastComponentBytes ?? []
        let out =
            try options.out
            ?? name.text(
                orThrow: "'\(Array(source.utf8).printable)' has no name that a pointer file can hold")
        let path = try place(of: origin, at: out, options)
        guard try options.isForced || absolute(path).status() == nil else {
            throw CairnError(
                .conflict, "'\(display(path))' exists already",
                hint: "track the other data in its place with `\(personality.command) add --force …`")
        }
        var addition = try Addition(comingTo: path, options, index, session)
        try Addition.refuseOverlaps([addition], index, self)
        addition.tree = try DataTree.external(
            origin, as: path, algorithm, following: options.links(or: .none), session: session)
        guard addition.tree != nil else {
            throw CairnError(.notFound, "'\(Array(source.utf8).printable)' does not exist")
        }
        return addition
    }

    /// Sends files whose digests are known, and the listing of a directory.
    func send(
        _ id: ObjectID, _ tree: DataTree, to remote: RemoteStore, _ options: AddOptions, _ session: Session
    ) throws {
        let scratch = try session.scratch()
        let source = try LinkedObjects(tree, id, in: scratch, session)
        let moved = try withExtendedLifetime(scratch) {
            try DirectPush(source.store, source.ids, id, jobs: options.jobs, session).run(to: remote)
        }
        guard let (broken, error) = moved.failures.first else { return }
        if case .damaged = error.reason, let path = source.paths[broken] {
            throw CairnError(
                .conflict, "'\(path.bytes.printable)' changed while it was read",
                hint: "run the same command again")
        }
        throw remote.error(error)
    }
}

extension [UInt8] {
    /// Text of these bytes.
    fileprivate func text(orThrow message: String) throws -> String {
        guard !isEmpty, let text = String(validating: self, as: UTF8.self) else {
            throw CairnError(.usage, message)
        }
        return text
    }
}
