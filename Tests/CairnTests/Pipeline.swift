import CairnTestSupport

extension Sandbox {
    /// Makes a project with data and two stages that have run, everything committed.
    ///
    /// `f`, `data/a`, `data/sub/b` and `run.sh` are added; stage `s` makes `o.txt` of `f` and `m.json`, which git tracks; stage `p` has a
    /// parameter and makes `p.txt` of `o.txt`. All of it is written here, as the real program writes it, because that takes many
    /// runs of it.
    func makePipeline(_ folder: String, cacheType: String = "copy") throws {
        try makeProject(folder)
        try Files.write("[cache]\n    type = \(cacheType)\n", to: scratch("\(folder)/.dvc/config"))
        for (path, text) in Self.texts { try Files.write(text, to: scratch("\(folder)/\(path)")) }
        let cache = scratch("\(folder)/.dvc/cache/files/md5")
        for (id, text) in Self.objects {
            try Files.write(text, to: "\(cache)/\(id.prefix(2))/\(id.dropFirst(2))", mode: 0o444)
        }
        for (path, id) in Self.data {
            let (file, object) = (scratch("\(folder)/\(path)"), "\(cache)/\(id.prefix(2))/\(id.dropFirst(2))")
            try Files.makeFolder(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
            switch cacheType {
            case "symlink": try Files.link(file, to: object)
            case "hardlink": try shell("ln '\(object)' '\(file)'", in: folder).succeeded()
            default: try Files.write(try Files.read(object), to: file, mode: path == "run.sh" ? 0o744 : 0o644)
            }
        }
        try commit(folder, "data")
    }

    private static let fileID = "9a8ad92c50cae39aa2c5604fd0ab6d8c"
    private static let data = [
        ("f", fileID), ("data/a", "b026324c6904b2a9cb4b88d6d61c81d1"), ("data/sub/b", "26ab0db90d72e28ad0ba1e22ee510510"),
        ("run.sh", "b0f24e3d11bfe3d31529d1b9f2745cfd"), ("o.txt", fileID), ("p.txt", fileID),
    ]
    private static let objects = [
        fileID: "f\n", "b026324c6904b2a9cb4b88d6d61c81d1": "1\n", "26ab0db90d72e28ad0ba1e22ee510510": "2\n",
        "b0f24e3d11bfe3d31529d1b9f2745cfd": "run\n",
        "326d7f26ce5379f53984b0ae8cf1f51f.dir":
            #"[{"md5": "b026324c6904b2a9cb4b88d6d61c81d1", "relpath": "a"}, {"md5": "26ab0db90d72e28ad0ba1e22ee510510", "relpath": "sub/b"}]"#,
    ]
    private static let texts = [
        "params.yaml": "lr: 1\n",
        "m.json": "{}\n",
        ".gitignore": "/f\n/data\n/run.sh\n/o.txt\n/p.txt\n",
        "f.dvc": "outs:\n- md5: \(fileID)\n  size: 2\n  hash: md5\n  path: f\n",
        "run.sh.dvc": "outs:\n- md5: b0f24e3d11bfe3d31529d1b9f2745cfd\n  size: 4\n  isexec: true\n  hash: md5\n  path: run.sh\n",
        "data.dvc": "outs:\n- md5: 326d7f26ce5379f53984b0ae8cf1f51f.dir\n  size: 4\n  nfiles: 2\n  hash: md5\n  path: data\n",
        "dvc.yaml": """
            stages:
              s:
                cmd: cat f > o.txt; echo "{}" > m.json
                deps:
                - f
                outs:
                - o.txt
                metrics:
                - m.json:
                    cache: false
              p:
                cmd: cp o.txt p.txt
                deps:
                - o.txt
                params:
                - lr
                outs:
                - p.txt

            """,
        "dvc.lock": """
            schema: '2.0'
            stages:
              s:
                cmd: cat f > o.txt; echo "{}" > m.json
                deps:
                - path: f
                  hash: md5
                  md5: \(fileID)
                  size: 2
                outs:
                - path: m.json
                  hash: md5
                  md5: 8a80554c91d9fca8acb82f023de02f11
                  size: 3
                - path: o.txt
                  hash: md5
                  md5: \(fileID)
                  size: 2
              p:
                cmd: cp o.txt p.txt
                deps:
                - path: o.txt
                  hash: md5
                  md5: \(fileID)
                  size: 2
                params:
                  params.yaml:
                    lr: 1
                outs:
                - path: p.txt
                  hash: md5
                  md5: \(fileID)
                  size: 2

            """,
    ]
}
