import CairnSystem
import CairnTestSupport
import Glibc

extension ScratchDirectory {
    /// The path of something in this folder, in our own type.
    func path(_ relative: String) -> FilePath { FilePath(self(relative)) }

    /// The folder itself, open.
    func folder() throws -> Folder { try Folder(FilePath(path)) }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Stops being root in the process of an exit test; nothing happens where the tests are not run as root.
func dropPrivileges() {
    guard geteuid() == 0 else { return }
    guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else { exit(99) }
}

/// How many descriptors the process has open.
func openDescriptors() -> Int { Files.names(in: "/proc/self/fd").count }
