import CairnCore
import CairnSystem

/// The work on one run of files, on one thread: a class, because its parts report into one place.
final class PlacementTask {
    /// What became of the files of the run.
    struct Report {
        var failures: [(index: Int, error: StoreError)] = []
        var trusted: [(place: FilePath, status: FileStatus)] = []
        var made: [(index: Int, status: FileStatus)] = []
    }

    /// What came of an attempt to link a file to its object.
    private enum LinkResult {
        case linked
        /// Not this file; it says nothing about others.
        case notThisFile
        /// The file systems cannot do it.
        case notThisType
    }

    private let placement: Placement
    private let items: Placement.Items
    private let choice: LinkChoice
    private let files: SmallFiles
    private let parents: ParentFolders
    private(set) var report = Report()

    private var store: LooseStore { placement.store.loose }
    private var reporter: any Reporter { placement.reporter }

    /// - Parameter files: the memory that small objects are read into.
    init(_ placement: Placement, _ items: Placement.Items, _ choice: LinkChoice, _ files: SmallFiles) {
        self.placement = placement
        self.items = items
        self.choice = choice
        self.files = files
        parents = ParentFolders(below: placement.workspace, isMaking: true)
    }

    /// Makes the files of a run.
    func run(_ range: Range<Int>) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        var copies: [Int] = []
        var packed: [Int] = []
        for position in range {
            try attempt(position) { () throws(StoreError) in
                if items.links.contains(position) {
                    try makeLink(position)
                } else if try isPacked(position) {
                    packed.append(position)
                } else if keepsOwnMode(position) {
                    copies.append(position)
                } else if try !link(position) {
                    copies.append(position)
                }
            }
        }
        try copyAll(copies)
        try unpackAll(packed)
    }

    /// Turns the failure of one file into a line of the report, unless it concerns all files.
    private func attempt(_ position: Int, _ body: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            if error.stopsEverything { throw error }
            report.failures.append((position, error))
        }
    }

    private func path(_ position: Int) -> FilePath { placement.workspace.path(of: items.paths[position]) }

    /// True for a file that needs a mode of its own, which it cannot have where it shares its inode with an object.
    ///
    /// DVC's directories do not keep modes, so for its objects the link type goes first.
    private func keepsOwnMode(_ position: Int) -> Bool {
        items.executables.contains(position) && items.ids[position].algorithm == .blake3
            && choice.current?.isShared == true
    }

    /// Makes a symbolic link that says what its object says.
    private func makeLink(_ position: Int) throws(StoreError) {
        let id = items.ids[position]
        let target = try placement.store.read(id)
        // What no link can say was never a link.
        guard !target.isEmpty, !target.contains(0) else { throw StoreError(.damaged(id), store.path(of: id)) }
        let isMade = try arrange(position) { (folder, name, _) throws(StoreError) in
            do throws(SystemError) {
                try folder.makeSymbolicLink(name, to: FilePath(bytes: target))
                return try folder.status(of: name)
            } catch {
                throw StoreError(error)
            }
        }
        guard isMade else { throw StoreError(.io(.improperLink), path(position)) }
        reporter.advance(items: 1, bytes: 0)
    }

    // MARK: packs

    private func isPacked(_ position: Int) throws(StoreError) -> Bool {
        let id = items.ids[position]
        guard placement.store.packed != nil, id.algorithm == .blake3 else { return false }
        if placement.hasNativeFiles, try store.status(of: id) != nil { return false }
        return true
    }

    /// Makes files of objects that are in packs: small ones of one pack together, large ones one by one.
    private func unpackAll(_ positions: [Int]) throws(StoreError) {
        guard let packs = placement.store.packed, !positions.isEmpty else { return }
        var small: [Int] = []
        for position in positions {
            try attempt(position) { () throws(StoreError) in
                if try packs.isSmall(items.ids[position]) {
                    small.append(position)
                } else {
                    try unpackLarge(position, packs)
                }
            }
        }
        try packs.readMany(small.map { items.ids[$0] }) { (number, found) throws(StoreError) in
            let position = small[number]
            try attempt(position) { () throws(StoreError) in
                let bytes = try found.get()
                try copy(position) { (file) throws(StoreError) in
                    do throws(SystemError) {
                        try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
                            try file.write(UnsafeRawBufferPointer(bytes))
                        }
                    } catch {
                        throw StoreError(error)
                    }
                }
                reporter.advance(items: 1, bytes: Int64(bytes.count))
            }
        }
    }

    private func unpackLarge(_ position: Int, _ packs: PackedStore) throws(StoreError) {
        let reporter = reporter
        try copy(position) { (file) throws(StoreError) in
            do throws(SystemError) { try file.truncate() } catch { throw StoreError(error) }
            // A long file on all processors, whatever the other threads do meanwhile: it may be the only one.
            try packs.copy(items.ids[position], to: file, workers: placement.workers) {
                reporter.advance(items: 0, bytes: $0)
            }
        }
        reporter.advance(items: 1, bytes: 0)
    }

    // MARK: copies

    private func copyAll(_ positions: [Int]) throws(StoreError) {
        guard let first = positions.first else { return }
        files.removeAll()
        var algorithm = items.ids[first].algorithm
        for position in positions {
            let id = items.ids[position]
            if files.isFull || id.algorithm != algorithm {
                try writeAll(files, algorithm)
                files.removeAll()
                algorithm = id.algorithm
            }
            try attempt(position) { () throws(StoreError) in
                if try !take(position, into: files) { try copyLarge(position) }
            }
        }
        try writeAll(files, algorithm)
    }

    /// Reads a small object; false if it is a large one.
    private func take(_ position: Int, into files: SmallFiles) throws(StoreError) -> Bool {
        let object = try store.open(items.ids[position])
        do throws(SystemError) {
            let size = try object.status().size
            if size > SmallFiles.largestSize { return false }
            if try files.read(object, size: size, as: position) { return true }
        } catch {
            throw StoreError(error)
        }
        throw StoreError(.changing, object.path)
    }

    private func writeAll(_ files: SmallFiles, _ algorithm: HashAlgorithm) throws(StoreError) {
        guard files.count > 0 else { return }
        let digests = files.digests(by: algorithm)
        for (number, position) in files.positions.enumerated() {
            try attempt(position) { () throws(StoreError) in
                let id = items.ids[position]
                guard digests[number] == id.digest else { throw StoreError(.damaged(id), store.path(of: id)) }
                let bytes = files.contents[number]
                try copy(position) { (file) throws(StoreError) in
                    do throws(SystemError) { try file.write(bytes) } catch { throw StoreError(error) }
                }
                reporter.advance(items: 1, bytes: Int64(bytes.count))
            }
        }
    }

    private func copyLarge(_ position: Int) throws(StoreError) {
        let id = items.ids[position]
        let object = try store.open(id)
        let reporter = reporter
        try copy(position) { (file) throws(StoreError) in
            let digest: Digest
            do throws(SystemError) {
                try object.rewind()
                try file.truncate()
                digest = try object.digest(id.algorithm, copyingTo: file) {
                    reporter.advance(items: 0, bytes: $0)
                }
            } catch {
                throw StoreError(error)
            }
            // Thrown here, so that the wrong bytes never get their name.
            guard digest == id.digest else { throw StoreError(.damaged(id), object.path) }
        }
        reporter.advance(items: 1, bytes: 0)
    }

    /// Makes a file of its own and has `write` fill it; perhaps twice, where the first place was on another file system.
    private func copy(
        _ position: Int, _ write: (borrowing OpenFile) throws(StoreError) -> Void
    ) throws(StoreError) {
        let isMade = try arrange(position) { (folder, name, permissions) throws(StoreError) in
            let file: OpenFile
            do throws(SystemError) {
                file = try OpenFile(creating: name, in: folder, permissions: permissions)
            } catch {
                throw StoreError(error)
            }
            try write(file)
            do throws(SystemError) { return try file.status() } catch { throw StoreError(error) }
        }
        guard isMade else { throw StoreError(.io(.improperLink), path(position)) }
    }

    // MARK: links

    /// Links a file to its object by the first type that works; false if it has to be copied.
    private func link(_ position: Int) throws(StoreError) -> Bool {
        while let type = choice.current, type != .copy {
            switch try link(position, as: type) {
            case .linked:
                reporter.advance(items: 1, bytes: 0)
                return true
            case .notThisFile: return false
            case .notThisType: choice.fail(type)
            }
        }
        guard placement.types.contains(.copy) else {
            throw StoreError(.cannotLink(placement.types), path(position))
        }
        return false
    }

    private func link(_ position: Int, as type: LinkType) throws(StoreError) -> LinkResult {
        let id = items.ids[position]
        let place = store.path(of: id)
        guard let objects = store.folder, let seen = try store.status(of: id) else {
            throw StoreError(.missing(id), place)
        }
        // Empty files that share an inode would be found changed whenever one of them gets a name.
        if type == .hardlink && seen.size == 0 { return .notThisFile }
        // An index that cannot be read costs time, nothing else.
        let isKnown = (try? placement.index?.isTrusted(place, seen)) ?? false
        let sound = isKnown ? seen : try store.verify(id, reporter: reporter)
        let object = LooseStore.relativePath(of: id)
        if type.isShared, sound.permissions != 0o444 {
            try system { () throws(SystemError) in try objects.setPermissions(object, 0o444) }
        }
        var result = LinkResult.notThisType
        let isMade = try arrange(position) { (folder, name, permissions) throws(StoreError) in
            let made: FileStatus?
            do throws(SystemError) {
                switch type {
                case .symlink:
                    try folder.makeSymbolicLink(name, to: place)
                    made = sound
                case .hardlink: made = try hardLink(object, in: objects, sound, folder, name)
                case .reflink: made = try reflink(object, in: objects, sound, folder, name, permissions)
                case .copy: preconditionFailure("copies are not links")
                }
            } catch {
                // One inode has so many names and no more.
                if error.errno == .tooManyLinks { result = .notThisFile }
                if error.errno == .tooManyLinks || error.errno == .notSupported { return nil }
                throw error.errno == .resourceTemporarilyUnavailable
                    ? StoreError(.changing, place) : StoreError(error)
            }
            return made
        }
        guard isMade else { return result }
        let now = try store.status(of: id)
        if let now, now.hasSameContentByAnyName(as: sound), !isKnown || now.ctime != seen.ctime {
            report.trusted.append((place, now))
        }
        return .linked
    }

    /// - Throws: `SystemError`: ENOTSUP where the file systems cannot, EAGAIN when the object is not the one that was verified.
    private func hardLink(
        _ object: [UInt8], in objects: Folder, _ sound: FileStatus, _ folder: Folder, _ name: [UInt8]
    ) throws(SystemError) -> FileStatus {
        do throws(SystemError) {
            try objects.link(object, to: folder, name)
        } catch {
            guard [.improperLink, .notPermitted, .noFunction].contains(error.errno) else { throw error }
            throw SystemError(.notSupported, error.operation, error.path)
        }
        guard let made = try folder.status(of: name), made.hasSameContentByAnyName(as: sound) else {
            throw SystemError(.resourceTemporarilyUnavailable, "link", folder.path(of: name))
        }
        return made
    }

    /// - Throws: `SystemError` as `hardLink`.
    private func reflink(
        _ object: [UInt8], in objects: Folder, _ sound: FileStatus, _ folder: Folder, _ name: [UInt8],
        _ permissions: UInt32
    ) throws(SystemError) -> FileStatus {
        let file = try OpenFile(creating: name, in: folder, permissions: permissions)
        let original = try OpenFile(reading: object, in: objects, followingLinks: false)
        guard try file.clone(from: original) else { throw SystemError(.notSupported, "reflink", file.path) }
        guard try original.status().hasSameContentByAnyName(as: sound) else {
            throw SystemError(.resourceTemporarilyUnavailable, "reflink", file.path)
        }
        return try file.status()
    }

    // MARK: names

    /// What makes a file under a temporary name.
    ///
    /// - Returns: the status with which its content is known to be right; `nil` if it cannot be made in this folder.
    private typealias Make = (Folder, _ name: [UInt8], _ permissions: UInt32) throws(StoreError) ->
        FileStatus?

    /// Makes a file aside and gives it its name in the workspace.
    ///
    /// - Returns: false if that is possible in no folder that is on the right file system.
    private func arrange(_ position: Int, _ make: Make) throws(StoreError) -> Bool {
        let place = try system { () throws(SystemError) in try parents.folder(of: items.paths[position]) }
        if placement.isScratchNear {
            let scratch = placement.scratch
            if try arrange(position, in: scratch.folder, scratch.newName(), place, make) { return true }
            // What cannot be made there cannot be made beside its place either, unless that is on another file system. Nothing
            // temporary is to be seen among the user's files without need: a kill would leave it there.
            let isSame = try system { () throws(SystemError) in
                try place.folder.status("")?.device == scratch.folder.status("")?.device
            }
            if isSame { return false }
        }
        return try arrange(position, in: place.folder, Folder.temporaryName(), place, make)
    }

    private func arrange(
        _ position: Int, in aside: Folder, _ temporary: [UInt8],
        _ place: (folder: Folder, name: ArraySlice<UInt8>),
        _ make: Make
    ) throws(StoreError) -> Bool {
        var isNamed = false
        defer {
            if !isNamed { try? aside.remove(temporary) }  // the first failure is the one to report
        }
        let permissions: UInt32 = items.executables.contains(position) ? 0o766 : 0o666
        guard let made = try make(aside, temporary, permissions) else { return false }
        do throws(SystemError) {
            if let expected = items.replaced[position] {
                guard let now = try place.folder.status(of: place.name), now.isUntouched(since: expected)
                else {
                    throw SystemError(.fileExists, "replace", place.folder.path(of: place.name))
                }
                try aside.rename(temporary, to: place.folder, place.name)
            } else {
                try aside.renameExclusively(temporary, to: place.folder, place.name)
            }
        } catch {
            switch error.errno {
            case .improperLink: return false
            case .fileExists: throw StoreError(.changing, path(position))
            default: throw StoreError(error)
            }
        }
        isNamed = true
        report.made.append((position, made))
        return true
    }
}
