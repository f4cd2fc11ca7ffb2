internal import CairnCore
internal import Glibc

/// A folder of a walk: filled by one thread, then read by the one that collects.
///
/// Names lie in one array and entries are plain values, so that sorting them moves no reference counts.
final class WalkedFolder: @unchecked Sendable {
    // Sendable: each folder is handed to exactly one thread of a level, and levels are separated by a join.

    /// Which folder it is, whatever its name.
    struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
        init(_ status: FileStatus) {
            device = status.device
            inode = status.inode
        }
    }

    private struct Entry {
        let start: Int32
        let count: Int32
        let isFolder: Bool
        let isLink: Bool
        /// Which of the statuses, or which of the children.
        var number: Int32
    }

    let path: [UInt8]
    /// True for a folder reached through a symbolic link, where a loop is possible.
    let isLink: Bool
    /// Unowned, because it owns this one; the top, and with it all others, lives as long as the walk.
    private unowned let parent: WalkedFolder?
    /// Set when the folder is opened, before any of its children is.
    var identity: Identity?
    private var names: [UInt8] = []
    private var entries: [Entry] = []
    private var statuses: [FileStatus] = []
    private(set) var children: [WalkedFolder] = []
    /// Over the names in the folder and what the operating system says of each file; set by `finish()`.
    private(set) var fingerprint: Digest?
    /// When a file in the folder last changed; set by `finish()`.
    private(set) var lastChange = Int64.min

    init(path: [UInt8], isLink: Bool, parent: WalkedFolder?) {
        self.path = path
        self.isLink = isLink
        self.parent = parent
    }

    /// True if a folder above is this very folder.
    var isInsideItself: Bool {
        guard let identity else { return false }
        return parent?.isInside(identity) ?? false
    }

    /// True if this folder, or one above it, is the one named.
    func isInside(_ other: Identity) -> Bool {
        var above: WalkedFolder? = self
        while let folder = above {
            if folder.identity == other { return true }
            above = folder.parent
        }
        return false
    }

    /// Notes a name; `status` is `nil` for a folder.
    func append(_ name: UnsafeRawBufferPointer, status: FileStatus?, isLink: Bool) {
        let start = Int32(names.count)
        names.append(contentsOf: name)
        entries.append(
            Entry(
                start: start, count: Int32(name.count), isFolder: status == nil, isLink: isLink,
                number: Int32(statuses.count)))
        if let status { statuses.append(status) }
    }

    /// How many files the folder itself has.
    var fileCount: Int { statuses.count }
    /// How many bytes the paths of these files have.
    var pathBytes: Int { statuses.count * (path.count + 1) + names.count }

    /// Calls `body` with this folder and all below it, each before those in it.
    func forEach(_ body: (WalkedFolder) -> Void) {
        body(self)
        for child in children { child.forEach(body) }
    }

    /// Completes the folder when all its names are there.
    func finish() {
        sort()
        makeFingerprint()
        for index in entries.indices where entries[index].isFolder {
            entries[index].number = Int32(children.count)
            let name = names[range(of: entries[index])]
            let below = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
            children.append(WalkedFolder(path: below, isLink: entries[index].isLink, parent: self))
        }
    }

    private func makeFingerprint() {
        // Names hold neither a NUL nor a slash: with one of the two after each, the list can be read in one way only.
        var text: [UInt8] = []
        text.reserveCapacity(names.count + entries.count)
        var words: [Int64] = []
        words.reserveCapacity(4 * statuses.count)
        for entry in entries {
            text += names[range(of: entry)]
            text.append(entry.isFolder ? UInt8(ascii: "/") : 0)
            guard !entry.isFolder else { continue }
            let status = statuses[Int(entry.number)]
            words.append(status.size)
            words.append(status.mtime)
            words.append(status.ctime)
            words.append(Int64(bitPattern: status.inode))
            lastChange = max(lastChange, status.ctime)
        }
        var hash = BLAKE3()
        withUnsafeBytes(of: Int64(text.count).littleEndian) { hash.update($0) }
        text.withUnsafeBytes { hash.update($0) }
        words.withUnsafeBytes { hash.update($0) }
        fingerprint = hash.finish()
    }

    /// Sorts the entries so that walking them in order gives whole paths in order.
    private func sort() {
        names.withUnsafeBufferPointer { names in
            entries.sort { left, right in
                // A folder sorts as its name with a slash, for that is what follows it in every path below.
                let common = min(left.count, right.count)
                if common > 0, let base = names.baseAddress {
                    let order = memcmp(base + Int(left.start), base + Int(right.start), Int(common))
                    if order != 0 { return order < 0 }
                }
                return Self.byte(common, of: left, names) < Self.byte(common, of: right, names)
            }
        }
    }

    private static func byte(_ index: Int32, of entry: Entry, _ names: UnsafeBufferPointer<UInt8>) -> UInt8 {
        if index < entry.count { return names[Int(entry.start + index)] }
        return entry.isFolder ? UInt8(ascii: "/") : 0
    }

    private func range(of entry: Entry) -> Range<Int> { Int(entry.start)..<Int(entry.start + entry.count) }

    /// Moves all files below the folder, in order: each folder's memory goes when its files are in the list.
    func move(into snapshot: inout TreeSnapshot) {
        if entries.isEmpty, !path.isEmpty { snapshot.emptyFolders.append(path) }
        if isLink { snapshot.linkedFolders.append(path) }
        for entry in entries {
            if entry.isFolder {
                children[Int(entry.number)].move(into: &snapshot)
            } else {
                snapshot.append(
                    folder: path, names[range(of: entry)], statuses[Int(entry.number)], isLink: entry.isLink)
            }
        }
        (names, entries, statuses, children) = ([], [], [], [])
    }
}
