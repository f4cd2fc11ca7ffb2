import Glibc

/// Checks of a loose store (a cache folder or a folder remote) that share no code with the program: `md5sum` reads the bytes.
public enum StoreCheck {
    /// Ids of all objects below `files/md5`, with their paths, whatever they contain.
    public static func objects(in store: String) -> [String: String] {
        var objects: [String: String] = [:]
        let root = "\(store)/files/md5"
        for path in Files.paths(below: root) { objects[path.filter { $0 != "/" }] = "\(root)/\(path)" }
        return objects
    }

    /// Reads every object again.
    ///
    /// - Returns: one sentence for each object whose bytes are not what its name says, whose name is no object's, whose mode
    ///   is not 0444, and for each listing that names an object which is not there.
    /// - Throws: `SupportError` when `md5sum` cannot be run.
    public static func problems(in store: String) throws -> [String] {
        let objects = objects(in: store)
        var problems: [String] = []
        for (id, path) in objects.sorted(by: { $0.key < $1.key }) {
            let digest = id.hasSuffix(".dir") ? String(id.dropLast(4)) : id
            guard digest.count == 32, digest.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
                problems.append("\(path) is not the name of an object")
                continue
            }
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & 0o7777 != 0o444 {
                problems.append("\(path) has mode \(String(status.st_mode & 0o7777, radix: 8))")
            }
        }
        let digests = try md5(objects.values.sorted())
        for (id, path) in objects where !problems.contains("\(path) is not the name of an object") {
            if let digest = digests[path], !id.hasPrefix(digest) {
                problems.append("\(path) holds bytes of \(digest)")
            }
        }
        for (id, path) in objects where id.hasSuffix(".dir") {
            for member in try members(ofListing: path) where objects[member] == nil {
                problems.append("listing \(id) names \(member), which is not there")
            }
        }
        return problems.sorted()
    }

    /// The ids that a listing names.
    ///
    /// - Throws: `SupportError` when it cannot be read.
    public static func members(ofListing path: String) throws -> [String] {
        try values(of: "\"md5\": \"", in: path, until: "\"")
    }

    /// Checks that every pointer of a project, and every listing that one names, has its objects in a store.
    ///
    /// - Returns: one sentence for each id that is not there.
    /// - Throws: `SupportError` when a pointer cannot be read.
    public static func missing(from store: String, forPointersOf project: String) throws -> [String] {
        let objects = objects(in: store)
        var missing: [String] = []
        for path in Files.paths(below: project) where path.hasSuffix(".dvc") && !path.hasPrefix(".dvc/") {
            for id in try values(of: "md5: ", in: "\(project)/\(path)", until: "\n")
            where id != "" && id.count >= 32 {
                guard let object = objects[id] else {
                    missing.append("\(path) names \(id)")
                    continue
                }
                guard id.hasSuffix(".dir") else { continue }
                for member in try members(ofListing: object) where objects[member] == nil {
                    missing.append("\(path) names \(id), which names \(member)")
                }
            }
        }
        return missing
    }

    /// Names of files that no finished command leaves: anything in a store or workspace that looks temporary.
    public static func leftovers(in folder: String) -> [String] {
        Files.paths(below: folder).filter { path in
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let isOurs = path.hasPrefix(".dvc/tmp/") || path.hasPrefix(".git/")
            return !isOurs && (name.contains(".tmp") || name.contains(".temp") || name.hasPrefix(".cairn"))
        }
    }

    /// What `md5sum` says of each of these files, by path.
    ///
    /// - Throws: `SupportError` when `md5sum` cannot be run or read a file.
    public static func md5(_ paths: [String]) throws -> [String: String] {
        var digests: [String: String] = [:]
        for start in stride(from: 0, to: paths.count, by: 500) {
            let some = Array(paths[start..<min(start + 500, paths.count)])
            let result = try Program.run("/usr/bin/md5sum", ["-z"] + some, in: "/", environment: [:])
                .succeeded()
            for line in result.output.split(separator: 0) {
                let text = String(decoding: line, as: UTF8.self)
                digests[String(text.dropFirst(34))] = String(text.prefix(32))
            }
        }
        return digests
    }

    private static func values(of key: String, in path: String, until end: Character) throws -> [String] {
        let text = try Files.text(path)
        return text.components(after: key).map { String($0.prefix { $0 != end }) }
    }
}

extension String {
    /// The texts that follow each occurrence of a key, each up to the next occurrence.
    func components(after key: String) -> [Substring] {
        var rest = self[...]
        var found: [Substring] = []
        while let range = rest.firstRange(of: key) {
            rest = rest[range.upperBound...]
            found.append(rest[..<(rest.firstRange(of: key)?.lowerBound ?? rest.endIndex)])
        }
        return found
    }
}
