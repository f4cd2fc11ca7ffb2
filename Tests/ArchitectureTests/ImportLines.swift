/// Reads the imports of a Swift source file.
enum ImportLines {
    /// The modules that a source imports; of `import struct A.B` it is `A`.
    ///
    /// Text in comments that begin a line is passed over; a multi-line string with an import in it would count, and none has one.
    static func modules(in source: String) -> Set<String> {
        var modules: Set<String> = []
        var isComment = false
        for line in source.split(whereSeparator: \.isNewline) {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if isComment || text.hasPrefix("/*") {
                isComment = !text.contains("*/")
                continue
            }
            var words = text.split(separator: " ").map(String.init)
            let modifiers: Set<String> = ["internal", "private", "fileprivate", "public", "package"]
            while let first = words.first, modifiers.contains(first) || first.hasPrefix("@") {
                words.removeFirst()
            }
            guard words.count > 1, words[0] == "import" else { continue }
            let kinds: Set<String> = [
                "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
            ]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            modules.insert(String(name.prefix { $0 != "." && $0 != ";" }))
        }
        return modules
    }

    /// The lines that import a module other than as `internal import`, or with a wider access.
    static func plainImports(of modules: Set<String>, in source: String) -> [String] {
        source.split(whereSeparator: \.isNewline).map(String.init).filter { line in
            let imported = Self.modules(in: line)
            return !imported.isDisjoint(with: modules) && !line.hasPrefix("internal import")
                && !line.hasPrefix("private import")
        }
    }
}
