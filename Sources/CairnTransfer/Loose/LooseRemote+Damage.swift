public import CairnCore
import CairnRemote
import CairnStore
public import CairnSystem

extension LooseRemote {
    /// Takes an object whose bytes are wrong out of the remote; it may be the only copy of something, so it is kept here.
    ///
    /// - Returns: where it lies now; `nil` if the remote does not have it any more.
    /// - Throws: `TransferError`; the object is where it was then.
    public func moveAside(_ id: ObjectID, into quarantine: FilePath) async throws(TransferError) -> FilePath?
    {
        let key = Self.key(of: id)
        guard
            let size = try await remotely({ () async throws(RemoteError) in try await remote.size(of: key) })
        else { return nil }
        let name = Array("\(id.text).\(Surroundings.now)".utf8)
        let folder = try locally { () throws(StoreError) in
            try onDisk { () throws(SystemError) in
                try quarantine.makeFolders()
                return try Folder(quarantine)
            }
        }
        do throws(TransferError) {
            try await copy(key, size: size, to: folder, name)
        } catch {
            try? folder.remove(name)  // the first failure is the one to report
            throw error
        }
        try await remotely { () async throws(RemoteError) in try await remote.delete([key]) }
        return folder.path(of: name)
    }

    /// Copies an object durably, whatever its bytes are.
    private func copy(
        _ key: String, size: Int64, to folder: Folder, _ name: [UInt8]
    ) async throws(TransferError) {
        let file = try locally { () throws(StoreError) in
            try onDisk { () throws(SystemError) in
                try OpenFile(creating: name, in: folder, permissions: 0o444)
            }
        }
        for start in stride(from: 0, to: size, by: Self.partSize) {
            let range = start..<min(size, start + Int64(Self.partSize))
            let bytes = try await remotely { () async throws(RemoteError) in
                try await remote.read(key, range, limit: Self.partSize)
            }
            try locally { () throws(StoreError) in
                try onDisk { () throws(SystemError) in
                    try Interruption.check()
                    try file.write(bytes)
                }
            }
        }
        try locally { () throws(StoreError) in
            try onDisk { () throws(SystemError) in
                try file.sync()
                try folder.sync()
            }
        }
    }
}
