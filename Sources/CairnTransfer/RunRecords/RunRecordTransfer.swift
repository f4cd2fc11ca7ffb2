public import CairnCore
public import CairnStore
import CairnSystem

/// Which run records are meant.
public enum RunRecordChoice: Sendable {
    /// All there are.
    case all
    /// Those under these keys.
    case keys([Digest])
    /// Those with these paths (`runs/ab/<key>/<value>`).
    case records([String])
}

/// Copies run records (`runs/ab/<key>/<value>`) from one store to another, as far as the other has none of that name.
///
/// A record is named after its content, so one that is there needs no copy. Only files that have name and place of a record are looked at,
/// and no symbolic link is followed.
public struct RunRecordTransfer: Sendable {
    /// A record is a stage of a lock file: what is longer is none.
    static let sizeLimit = 16 << 20

    private let source: LooseStore
    private let destination: LooseStore

    /// Describes a transfer.
    public init(from source: LooseStore, to destination: LooseStore) {
        self.source = source
        self.destination = destination
    }

    /// Copies the records that the destination lacks.
    ///
    /// - Parameter choice: the records that are meant.
    /// - Returns: how many were copied.
    /// - Throws: `StoreError` if a store cannot be read or written; records copied until then stay.
    public func run(_ choice: RunRecordChoice = .all) throws(StoreError) -> Int {
        do throws(SystemError) {
            guard let from = source.folder, let to = destination.folder else { return 0 }
            var copied: [(file: DurableBatch.Temporary, folder: [[UInt8]], name: [UInt8])] = []
            let batch = try DurableBatch(in: to)
            for record in try Self.records(in: from, choice) {
                try Interruption.check()
                let path = Array(record.joined(separator: [UInt8(ascii: "/")]))
                if try to.status(of: path) != nil { continue }
                let bytes = try OpenFile(reading: path, in: from, followingLinks: false).readAll(
                    limit: Self.sizeLimit)
                let temporary = batch.newTemporary()
                let file = try batch.create(temporary, permissions: 0o644)
                try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
                    try file.write(UnsafeRawBufferPointer(buffer))
                }
                copied.append((temporary, Array(record.dropLast()), record[record.count - 1]))
            }
            try batch.commit(count: copied.count) { [copied] index in
                (copied[index].file, (copied[index].folder.map { $0[...] }, copied[index].name))
            }
            return copied.count
        } catch {
            throw StoreError(error)
        }
    }

    /// The paths of records below a store's root, component by component. Only for all of them is everything listed.
    static func records(in root: Folder, _ choice: RunRecordChoice) throws(SystemError) -> [[[UInt8]]] {
        let top = Array("runs".utf8)
        guard try root.status(of: top)?.kind == .folder else { return [] }
        let runs = try root.folder(named: top)
        var result: [[[UInt8]]] = []
        func add(_ key: [UInt8], in group: Folder, _ prefix: [UInt8]) throws(SystemError) {
            let folder = try group.folder(named: key)
            for value in try folder.names().sorted(by: { $0.lexicographicallyPrecedes($1) })
            where isHex(value, digits: 64) {
                guard try folder.status(of: value)?.kind == .regular else { continue }
                result.append([top, prefix, key, value])
            }
        }
        switch choice {
        case .all:
            for prefix in try folders(in: runs, digits: 2) {
                let group = try runs.folder(named: prefix)
                for key in try folders(in: group, digits: 64) where key.starts(with: prefix) {
                    try add(key, in: group, prefix)
                }
            }
        case .keys(let keys):
            for key in keys.map({ Array($0.hex.utf8) }) {
                let prefix = Array(key.prefix(2))
                guard try runs.status(of: prefix)?.kind == .folder else { continue }
                let group = try runs.folder(named: prefix)
                guard try group.status(of: key)?.kind == .folder else { continue }
                try add(key, in: group, prefix)
            }
        case .records(let paths):
            for path in paths.map({ Array($0.utf8) }) where isRecord(path) {
                guard try root.status(of: path)?.kind == .regular else { continue }
                result.append(path.split(separator: UInt8(ascii: "/")).map(Array.init))
            }
        }
        return result
    }

    /// True for the path of a record.
    static func isRecord(_ path: [UInt8]) -> Bool {
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        return parts.count == 4 && parts[0].elementsEqual("runs".utf8) && isHex(parts[1], digits: 2)
            && isHex(parts[2], digits: 64) && parts[2].starts(with: parts[1]) && isHex(parts[3], digits: 64)
    }

    private static func folders(in folder: Folder, digits: Int) throws(SystemError) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for name in try folder.names() where isHex(name, digits: digits) {
            if try folder.status(of: name)?.kind == .folder { result.append(name) }
        }
        return result.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func isHex(_ name: [UInt8], digits: Int) -> Bool {
        name.count == digits && name.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
