import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// Two stores in a scratch folder, with objects that tests put there.
struct StorePair {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory("cairn-transfer") }

    var source: ObjectStore {
        get throws { try ObjectStore(at: FilePath(scratch("source")), creating: true) }
    }
    var destination: ObjectStore {
        get throws { try ObjectStore(at: FilePath(scratch("destination")), creating: true) }
    }
    var quarantine: FilePath { FilePath(scratch("damaged")) }

    func transfer(quarantine: FilePath? = nil) throws -> LooseTransfer {
        LooseTransfer(
            from: try source, to: try destination, quarantine: quarantine, workers: Workers(count: 3),
            reporter: SilentReporter())
    }

    /// Copies objects from source to destination.
    @discardableResult
    func copy(
        _ ids: [ObjectID], _ rule: LooseTransfer.ListingRule = .afterMembers, quarantine: FilePath? = nil
    ) throws -> MovedObjects {
        let transfer = try transfer(quarantine: quarantine)
        return try transfer.run(try transfer.plan(ids), listings: rule, phase: "testing")
    }

    /// Puts bytes into the source under their id.
    func store(_ bytes: [UInt8], _ algorithm: HashAlgorithm = .md5, isDirectory: Bool = false) throws
        -> ObjectID
    {
        var hasher = ContentHasher(isDirectory ? .md5 : algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        let id = ObjectID(algorithm, hasher.finish(), isDirectory: isDirectory)
        try Files.write(bytes, to: path(of: id), mode: 0o444)
        return id
    }

    /// Puts the listing of objects into the source.
    func storeListing(_ members: [ObjectID]) throws -> ObjectID {
        var builder = DirListingBuilder()
        for (number, id) in members.enumerated() {
            try builder.append(Array("file \(number)".utf8), id.digest)
        }
        return try store(
            try builder.listing().serialized, members.first?.algorithm ?? .md5, isDirectory: true)
    }

    func path(of id: ObjectID, in name: String = "source") throws -> String {
        try LooseStore(at: FilePath(scratch(name))).path(of: id).string
    }

    func has(_ id: ObjectID) throws -> Bool { try destination.loose.status(of: id) != nil }
}
