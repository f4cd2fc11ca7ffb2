import CairnTestSupport
import Foundation
import Testing

/// No target depends on, or imports, what the picture of the design does not show.
@Suite("Architecture")
struct ArchitectureTests {
    /// Modules that come with the toolchain.
    static func isToolchain(_ module: String) -> Bool {
        [
            "Swift", "Glibc", "Foundation", "FoundationEssentials", "Synchronization", "Dispatch",
            "_Concurrency", "RegexBuilder",
        ]
        .contains(module)
    }

    @Test("the manifest draws no arrow that the picture does not have")
    func manifest() throws {
        // A scratch path of its own: the running `swift test` holds the lock of the usual one.
        let scratch = try ScratchDirectory()
        let result = try Program.run(
            "/usr/bin/env",
            ["swift", "package", "--scratch-path", scratch("build"), "--disable-sandbox", "dump-package"],
            in: PackageRoot.path, environment: ProcessInfo.processInfo.environment, seconds: 300
        ).succeeded()
        let targets = try Manifest.dependencies(of: Data(result.output))
        #expect(targets["CairnCLI"]?.contains("Cairn") == true, "the manifest was read")
        for (target, modules) in targets.sorted(by: { $0.key < $1.key }) where !Picture.free.contains(target)
        {
            #expect(
                Picture.cairn.violations(target: target, uses: modules, toolchain: Self.isToolchain) == [])
        }
    }

    @Test("no source file imports what the picture does not allow, and each outside module has one importer")
    func imports() throws {
        var all: [String: Set<String>] = [:]
        for path in Files.paths(below: "\(PackageRoot.path)/Sources") where path.hasSuffix(".swift") {
            let target = String(path.prefix { $0 != "/" })
            guard !Picture.free.contains(target) else { continue }
            let modules = ImportLines.modules(in: try Files.text("\(PackageRoot.path)/Sources/\(path)"))
            let violations = Picture.cairn.violations(
                target: target, uses: modules, toolchain: Self.isToolchain)
            #expect(violations == [], "\(path)")
            all[target, default: []].formUnion(modules)
        }
        #expect(all["Cairn"] != nil, "the sources were found")
        #expect(Picture.cairn.shared(imports: all, toolchain: Self.isToolchain) == [])
    }

    @Test(
        "C libraries and packages are imported for internal use, so that no public signature shows their types"
    )
    func accessOfImports() throws {
        let outside: Set<String> = [
            "CSQLite", "CLibGit2", "CLibCrypto", "CLibCurl", "CZstd", "CZlib", "CKernels", "CLinux", "Yams",
            "CYaml",
            "TOMLKit",
        ]
        for path in Files.paths(below: "\(PackageRoot.path)/Sources") where path.hasSuffix(".swift") {
            let source = try Files.text("\(PackageRoot.path)/Sources/\(path)")
            #expect(ImportLines.plainImports(of: outside, in: source) == [], "\(path)")
        }
    }

    @Test(
        "a forbidden import is found, however it is written",
        arguments: [
            ("CairnStore", "import CairnGit"), ("CairnCore", "import Glibc"),
            ("CairnCore", "internal import Foundation"),
            ("Cairn", "@testable import ArgumentParser"), ("CairnGit", "import struct Yams.Node"),
            ("CairnRemote", "  public import CairnStore // why not"), ("CairnNew", "import Swift"),
        ])
    func forbidden(_ target: String, _ line: String) {
        let modules = ImportLines.modules(in: "// a file\n\(line)\nlet x = 1\n")
        #expect(modules.count == 1)
        #expect(
            Picture.cairn.violations(target: target, uses: modules, toolchain: Self.isToolchain).count == 1)
    }

    @Test(
        "an allowed import, and what only looks like one, pass",
        arguments: [
            ("Cairn", "import CairnStore"), ("CairnCore", "internal import CKernels"),
            ("CairnCore", "// import Glibc"),
            ("CairnSystem", "import Glibc"), ("CairnStore", "/* import CairnGit */"),
            ("CairnCore", "let imports = 1"),
        ])
    func allowed(_ target: String, _ line: String) {
        let modules = ImportLines.modules(in: line)
        #expect(Picture.cairn.violations(target: target, uses: modules, toolchain: Self.isToolchain) == [])
    }

    @Test("a module that two targets import is found")
    func shared() {
        let found = Picture.cairn.shared(
            imports: ["A": ["CSQLite", "Glibc", "CairnCore"], "B": ["CSQLite", "Glibc", "CairnCore"]],
            toolchain: Self.isToolchain)
        #expect(found == ["CSQLite is imported by A and B"])
    }

    @Test("dependencies are read from a manifest's JSON, whichever way they were written")
    func manifestParsing() throws {
        let json = """
            {"targets": [{"name": "A", "type": "regular", "dependencies": [
              {"byName": ["B", null]}, {"target": ["C", null]}, {"product": ["P", "package", null, null]}]},
              {"name": "T", "type": "test", "dependencies": [{"byName": ["A", null]}]}]}
            """
        #expect(try Manifest.dependencies(of: Data(json.utf8)) == ["A": ["B", "C", "P"]])
    }
}

/// What `swift package dump-package` prints.
enum Manifest {
    /// Each target that is not a test, with the modules that it names as dependencies.
    ///
    /// - Throws: `SupportError`, or Foundation's error, when the text is not a manifest's JSON.
    static func dependencies(of json: Data) throws -> [String: Set<String>] {
        let package = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        guard let targets = package?["targets"] as? [[String: Any]] else {
            throw SupportError("not a manifest")
        }
        var found: [String: Set<String>] = [:]
        for target in targets where target["type"] as? String != "test" {
            guard let name = target["name"] as? String else { throw SupportError("a target without a name") }
            let dependencies = target["dependencies"] as? [[String: Any]] ?? []
            // Each is {"byName" | "target" | "product": [name, ...]}.
            found[name] = Set(
                dependencies.flatMap { $0.values.compactMap { ($0 as? [Any])?.first as? String } })
        }
        return found
    }
}
