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

    /// Sorts the entries so that walking them in order gives whole paths in order, and makes the children.
    func finish() {
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
        for index in entries.indices where entries[index].isFolder {
            entries[index].number = Int32(children.count)
            let name = names[range(of: entries[index])]
            let below = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
            children.append(WalkedFolder(path: below, isLink: entries[index].isLink, parent: self))
        }
    }

    private static func byte(_ index: Int32, of entry: Entry, _ names: UnsafeBufferPointer<UInt8>) -> UInt8 {
        if index < entry.count { return names[Int(entry.start + index)] }
        return entry.isFolder ? UInt8(ascii: "/") : 0
    }

    private func range(of entry: Entry) -> Range<Int> { Int(entry.start)..<Int(entry.start + entry.count) }

    /// Adds all files below the folder, in order.
    func collect(into snapshot: inout TreeSnapshot) {
        if entries.isEmpty, !path.isEmpty { snapshot.emptyFolders.append(path) }
        if isLink { snapshot.linkedFolders.append(path) }
        for entry in entries {
            if entry.isFolder {
                children[Int(entry.number)].collect(into: &snapshot)
            } else {
                snapshot.append(
                    folder: path, names[range(of: entry)], statuses[Int(entry.number)], isLink: entry.isLink)
            }
        }
    }
}
