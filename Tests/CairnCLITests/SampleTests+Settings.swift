import CairnTestSupport
import Testing

/// What DVC wrote and printed when the samples were made, byte for byte: configuration, remotes, legacy data, link types.
@Suite("Samples: config, remotes, legacy, links")
struct SampleSettingsTests {
    @Test("config and remote write the files that DVC writes")
    func config() throws {
        let replay = try SampleReplay("08-config", from: nil)
        for (name, text) in [("config", ""), (".gitignore", "/config.local\n/tmp\n/cache\n")] {
            try Files.write(text, to: replay.path(".dvc/\(name)"))
        }
        try Files.write(
            try Files.read(PackageRoot.fixture("dvc/08-config/after/.dvcignore")),
            to: replay.path(".dvcignore"))
        for _ in 0..<15 { try replay.run() }
        try replay.expect(state: "after")
        for _ in 0..<3 { try replay.run() }
        for _ in 0..<5 { try replay.run() }
        try replay.expect(state: "after2")
        try replay.run()
        replay.expectEnd()
    }

    @Test("push, fetch, pull, status and gc of a folder remote")
    func localRemote() throws {
        // The sample shows the state after the last command; the configuration is all that the first one changes.
        let replay = try SampleReplay("09-remote-local", from: "local", skipping: [".dvc/config"])
        try Files.write("", to: replay.path(".dvc/config"))
        try replay.sandbox.commit(replay.project, "tracked")
        try replay.run()
        try replay.run(.lines)
        try replay.run(.json)
        for _ in 0..<3 { try replay.run() }

        Files.delete(replay.path(".dvc/cache/files/md5/9a"))
        try replay.run(.json)
        try replay.run()

        Files.delete(replay.path("f"))
        Files.delete(replay.path("d/a"))
        try replay.run(.lines)
        try replay.run(.json)

        try Files.write("3\n", to: replay.path("d/c"))
        try replay.prepare("dvc add -q d")
        try replay.run(.json)
        try replay.run(.json)

        // Back to the committed state, with one object in the cache and one in the remote that nothing names.
        try replay.prepare("git checkout -q d.dvc && dvc checkout -q -f && rm -r .dvc/cache/files/md5/6d")
        try replay.prepare(
            "mkdir -p ../rem/files/md5/2c && printf 'gone' > ../rem/files/md5/2c/f93f94ffd3e9fe8f0d5da8e5a1a6ec"
        )
        try replay.run(.lines)
        try replay.run(.lines)
        try replay.expect(state: "local")
        try replay.expect(state: "remote", in: "parent/rem")
        replay.expectEnd()
    }

    @Test("a 2.x pointer and its cache are read, pushed, checked out and migrated")
    func legacy() throws {
        let replay = try SampleReplay("10-legacy-2x")
        for _ in 0..<3 { try replay.run() }
        try replay.expect(state: "remote", in: "parent/rem-leg")
        Files.delete(replay.path("w.txt"))
        try replay.run()
        try replay.run()
        try replay.expect(state: "after-migrate")
        replay.expectEnd()
    }

    @Test("hardlinks, symlinks and copies look in the workspace and the cache as DVC makes them")
    func linkTypes() throws {
        let replay = try SampleReplay("15-link-types", from: nil)
        try Files.write("/config.local\n/tmp\n/cache\n", to: replay.path(".dvc/.gitignore"))
        for kind in ["hardlink", "symlink", "copy"] {
            try Files.write("\(kind)\n", to: replay.path("\(kind).txt"))
            try Files.write("\(kind)-1\n", to: replay.path("\(kind).d/a"))
        }
        for kind in ["hardlink", "symlink", "copy"] {
            try Files.write("[cache]\n    type = \(kind)\n", to: replay.path(".dvc/config"))
            try replay.run()
        }
        try replay.runListing()
        try replay.run()
        try replay.runListing()
        try replay.run()
        try replay.runListing()
        try replay.run()
        replay.expectEnd()
    }
}
