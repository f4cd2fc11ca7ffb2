import CairnTestSupport
import Glibc

/// A file system of a few kilobytes in memory, where the tests may mount one.
final class SmallDisk {
    private let scratch: ScratchDirectory
    let path: String
    let isMounted: Bool

    /// Why none can be mounted here; `nil` where it can.
    static let reason: String? = {
        guard let disk = try? SmallDisk(kilobytes: 64), disk.isMounted else {
            return "needs the right to mount a tmpfs"
        }
        return nil
    }()

    init(kilobytes: Int) throws {
        scratch = try ScratchDirectory()
        path = scratch("disk")
        try Files.makeFolder(path)
        isMounted = mount("none", path, "tmpfs", 0, "size=\(kilobytes)k") == 0
    }

    deinit { if isMounted { umount2(path, Int32(MNT_DETACH)) } }

    func callAsFunction(_ relative: String) -> String { "\(path)/\(relative)" }
}
