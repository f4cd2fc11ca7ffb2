import CairnTestSupport
import Glibc

/// Files on disk as values: what each is, and what it holds.
enum Tree {
    static let emptyFolder = "empty folder"

    /// What is at a path: `x` and a blank before what a program holds, `-> ` before where a link leads, the text of any other file.
    static func value(_ path: String) throws -> String {
        var status = stat()
        guard lstat(path, &status) == 0 else { return "nothing" }
        if status.st_mode & S_IFMT == S_IFLNK {
            var target = [CChar](repeating: 0, count: 4096)
            readlink(path, &target, 4095)
            return
                "-> \(String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))"
        }
        let text = try Files.text(path)
        return status.st_mode & S_IXUSR == 0 ? text : "x \(text)"
    }

    /// What is below a folder.
    ///
    /// - Parameter isNative: whether empty folders and modes count, too.
    static func read(_ folder: String, isNative: Bool) throws -> [String: String] {
        var tree: [String: String] = [:]
        func walk(_ path: String) throws {
            let names = Files.names(in: "\(folder)/\(path)")
            if names.isEmpty, isNative, !path.isEmpty { tree[path] = emptyFolder }
            for name in names {
                let inner = path.isEmpty ? name : "\(path)/\(name)"
                var status = stat()
                if lstat("\(folder)/\(inner)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    try walk(inner)
                } else {
                    tree[inner] = try value("\(folder)/\(inner)")
                }
            }
        }
        try walk("")
        return tree
    }

    /// Puts a value at a path below a folder, whatever is in the way.
    static func put(_ value: String, at path: String, in folder: String) throws {
        var above = folder
        for part in path.split(separator: "/").dropLast() {
            above += "/\(part)"
            if !Files.isFolder(above) { Files.delete(above) }
            try Files.makeFolder(above)
        }
        let place = "\(folder)/\(path)"
        // Links into a store are never written through.
        Files.delete(place)
        if value == emptyFolder {
            try Files.makeFolder(place)
        } else if value.hasPrefix("-> ") {
            try Files.link(place, to: String(value.dropFirst(3)))
        } else if value.hasPrefix("x ") {
            try Files.write(String(value.dropFirst(2)), to: place, mode: 0o755)
        } else {
            try Files.write(value, to: place)
        }
    }
}
