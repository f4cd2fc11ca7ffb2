import CairnTestSupport
import Testing

/// `diff --json` prints the same bytes as DVC does, and the text is the same, over histories of every shape.
@Suite("Interop: diff", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropDiffTests {
    /// A first version of a directory and a file, under the tag v1.
    private static let base = """
        mkdir -p data/sub; echo 1 > data/a; echo 2 > data/b; echo 3 > data/sub/c; echo f > f
        dvc add -q data f; save v1
        """

    /// Histories with tags v1 and v2, and what is done to the workspace then. All is made by the real programs.
    static let histories: [(name: String, script: String)] = [
        ("nothing happened", "\(base); save v2"),
        (
            "files added, deleted, modified and renamed",
            """
            \(base); mv data/a data/a2; echo 22 > data/b; rm data/sub/c; echo new > data/n; dvc add -q data
            git rm -q --cached f.dvc; mv f g; rm f.dvc; dvc add -q g; save v2
            """
        ),
        (
            "a directory became a file and a file a directory",
            "\(base); rm -r data; echo x > data; rm f; mkdir f; echo y > f/y; dvc add -q data f; save v2"
        ),
        (
            "files of a directory became outputs of their own",
            """
            \(base); dvc remove -q data.dvc; dvc add -q data/a data/sub; echo 22 > data/a; dvc add -q data/a; save v2
            """
        ),
        (
            "a file became a folder inside of a directory, and back in the workspace",
            """
            mkdir d; echo 1 > d/x; echo 2 > d/k; dvc add -q d; save v1
            rm d/x; mkdir d/x; echo 3 > d/x/y; dvc add -q d; save v2; rm -r d/k; mkdir d/k
            """
        ),
        (
            "an output became a folder with outputs",
            """
            echo 1 > d; dvc add -q d; save v1
            dvc remove -q d.dvc; rm d; mkdir d; echo 2 > d/x; dvc add -q d/x; save v2
            """
        ),
        (
            "a directory renamed, and changed in the workspace",
            """
            \(base); mv data moved; git mv data.dvc moved.dvc; sed -i s/data/moved/ moved.dvc; save v2
            echo changed > moved/a
            """
        ),
        (
            "moved into a folder",
            "\(base); mkdir deep; dvc move -q data deep/data; dvc move -q f deep/f2; save v2"
        ),
        ("the cache is gone", "\(base); echo 9 > data/a; dvc add -q data; save v2; rm -r .dvc/cache"),
        (
            "the cache is gone, and all is on a remote",
            """
            mkdir ../remote; dvc remote add -q -d r "$PWD/../remote"; \(base); dvc push -q; echo 9 > data/a
            dvc add -q data; save v2; dvc push -q; rm -r .dvc/cache
            """
        ),
        ("the workspace is gone", "\(base); save v2; rm -r data f"),
        (
            "the workspace changed",
            "\(base); save v2; rm -r data/sub; echo new > data/n; mkdir data/empty; echo ff > f"
        ),
        ("a pointer is gone", "\(base); save v2; rm data.dvc"),
        ("a link leads nowhere", "\(base); save v2; rm f; ln -s nowhere f"),
        ("an empty directory", "mkdir e; dvc add -q e; save v1; touch e/x; dvc add -q e; save v2; rm e/x"),
        (
            "names of every sort",
            """
            mkdir -p 'd/ü "q"'; echo 1 > 'd/ü "q"/é'; echo 3 > d/a.b; echo 4 > d/a; mkdir d/a- d/A; echo 5 > d/a-/z
            echo 6 > d/A/q; dvc add -q d; save v1; rm -r d/*; echo z > d/a; mkdir d/日本; echo q > d/日本/x
            dvc add -q d; save v2
            """
        ),
        (
            "the same content many times",
            """
            mkdir d; for i in 1 2 3; do echo same > d/$i; done; echo same > x; dvc add -q d x; save v1
            rm d/1 d/2 x x.dvc; echo same > d/z1; echo same > d/y2; echo same > w; dvc add -q d w; save v2
            """
        ),
        (
            "a pipeline",
            """
            echo i > in; dvc add -q in; dvc stage add -q -n s -d in -o out -M m.json 'cp in out; echo 1 > m.json'
            dvc repro -q; save v1; echo j > in; dvc repro -q; save v2; echo k > in
            """
        ),
        (
            "a stage that had not run",
            "echo i > in; dvc stage add -q -n s -d in -o o/o 'cp in o/o'; mkdir o; save v1; dvc repro -q; save v2"
        ),
        (
            "data that stays out of the cache",
            "echo i > in; dvc add -q in; sed -i 's/^- md5/- cache: false\\n  md5/' in.dvc; save v1; save v2"
        ),
        (
            "what DVC 2 wrote",
            """
            mkdir l; printf 'outs:\\n- md5: d41d8cd98f00b204e9800998ecf8427e\\n  size: 0\\n  path: x\\n' > l/x.dvc
            touch l/x; echo /x > l/.gitignore; save v1; rm l/x.dvc; dvc add -q l/x; save v2
            """
        ),
        ("files that are left out", "\(base); echo data/b > .dvcignore; save v2"),
        (
            "an import without its data",
            """
            mkdir ../source; echo s > ../source/s; dvc import-url -q --no-download "$PWD/../source/s" imp; save v1
            dvc update -q imp.dvc; save v2
            """
        ),
        ("no commit", "rm -rf .git; git init -q .; echo f > f; dvc add -q f"),
    ]

    static let questions: [[String]] = [
        ["diff", "--json"], ["diff", "--json", "--show-hash", "v1"],
        ["diff", "--json", "--show-hash", "v1", "v2"], ["diff", "--json", "v2", "v1"],
        ["diff", "--json", "HEAD~1", "--hide-missing"], ["diff", "--json", "v1", "--targets", "f"],
        ["diff", "--json", "v2", "v1", "--targets", "data/sub"], ["diff", "v1"],
        ["diff", "--md", "v1", "v2"], ["diff", "--json", "nope"],
    ]

    @Test("the same answers", arguments: 0..<histories.count)
    func same(_ index: Int) throws {
        let (name, script) = Self.histories[index]
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let real = try #require(RealDVC.path)
        try sandbox.shell(
            """
            set -e; dvc() { '\(real)' "$@"; }
            save() { git add -A; git commit -q --allow-empty -m "$1"; git tag "$1"; }
            \(script)
            """, in: "one", seconds: 300
        ).succeeded()
        for (question, theirs) in zip(Self.questions, try sandbox.dvcMany(Self.questions, in: "one")) {
            let command = "\(name): \(question.joined(separator: " "))"
            let mine = try sandbox.asDVC(question, in: "one")
            #expect(mine.exitCode == theirs.exitCode, "\(command)\n\(mine)\n\(theirs)")
            #expect(mine.stdout == theirs.stdout, "\(command)")
        }
    }
}
