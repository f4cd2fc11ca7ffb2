import Glibc

/// A file system of its own for one test, where the tests have the right to mount one.
public final class MountedDisk: Sendable {
    /// What kind of file system it is.
    public enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        /// In memory, as small as is wanted: for what happens when it is full.
        case tmpfs
        /// In an image file; files can share blocks.
        case xfs, btrfs
        /// In an image file.
        case ext4

        /// Its name.
        public var description: String { rawValue }
    }

    /// The folder on which it is mounted.
    public let path: String
    private let scratch: ScratchDirectory

    /// Makes and mounts one; it goes with the value.
    ///
    /// - Parameter folder: where it is mounted; a folder of its own without one.
    /// - Throws: `SupportError` when that is not possible here.
    public init(_ kind: Kind, kilobytes: Int = 512 << 10, on folder: String? = nil) throws {
        scratch = try ScratchDirectory()
        path = folder ?? scratch("disk")
        try Files.makeFolder(path)
        switch kind {
        case .tmpfs:
            guard mount("none", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
                throw SupportError("cannot mount a tmpfs: \(String(cString: strerror(errno)))")
            }
        case .xfs, .btrfs, .ext4:
            let image = scratch("image")
            try Files.write([], to: image)
            guard truncate(image, kilobytes << 10) == 0 else { throw SupportError("cannot make an image") }
            let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            try Program.run("/usr/bin/env", ["mkfs.\(kind)", "-q", image], in: "/", environment: environment)
                .succeeded()
            try Program.run(
                "/usr/bin/env", ["mount", "-o", "loop", "-t", kind.rawValue, image, path], in: "/",
                environment: environment
            ).succeeded()
        }
        chmod(path, 0o777)
    }

    deinit { if umount2(path, 0) != 0 { umount2(path, Int32(MNT_DETACH)) } }

    /// Sets the time of a file's last change of status, which no running file system lets anybody do.
    ///
    /// - Parameter time: as `debugfs` reads it, for example `20200101`.
    /// - Throws: `SupportError` when it cannot be done, as on all but ext4.
    public func setChangeTime(_ relative: String, to time: String) throws {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let script = """
            umount '\(path)' && debugfs -w -R 'set_inode_field /\(relative) ctime \(time)' '\(scratch("image"))' &&
            mount -o loop -t ext4 '\(scratch("image"))' '\(path)'
            """
        try Program.run("/bin/sh", ["-c", script], in: "/", environment: environment).succeeded()
    }

    /// Lets nobody write to it from now on.
    ///
    /// - Throws: `SupportError` when somebody is writing.
    public func makeReadOnly() throws {
        // A program that another test is just starting has our open files until it begins.
        for _ in 0..<1000 {
            if mount("none", path, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 { return }
            guard errno == EBUSY else { break }
            usleep(10_000)
        }
        throw SupportError("cannot make '\(path)' read-only: \(String(cString: strerror(errno)))")
    }

    /// The path of something on it.
    public func callAsFunction(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Why there can be none of this kind here; nil where there can.
    public static func reason(_ kind: Kind) -> String? { reasons[kind] ?? nil }

    /// The kinds on which files can share blocks and that can be mounted here.
    public static let reflinkKinds: [Kind] = [.xfs, .btrfs].filter { reason($0) == nil }

    private static let reasons: [Kind: String?] = Dictionary(
        uniqueKeysWithValues: Kind.allCases.map { kind in
            (kind, (try? MountedDisk(kind)) == nil ? "needs mkfs.\(kind) or the right to mount" : nil)
        })
}
