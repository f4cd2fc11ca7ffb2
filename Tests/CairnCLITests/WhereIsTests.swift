import CairnTestSupport
import Testing

@Suite("history: whereis")
struct WhereIsTests {
    @Test("tells what the cache and two remotes have", arguments: [true, false])
    func two(isNative: Bool) throws {
        let world = try HistoryWorld(isNative: isNative)
        let here = isNative ? "packed" : "loose"
        for name in ["near", "far"] {
            try world.run("remote", "add", "-q", name, world.sandbox(name)).succeeded()
        }
        try world.write([("data/a", "1\n"), ("data/b", "2\n"), ("f", "f\n")], add: "data", "f")
        try world.save("one")
        try world.run("push", "-q", "-r", "near").succeeded()
        try world.run("push", "-q", "-r", "far", "f").succeeded()
        #expect(
            try world.fields("whereis", "data", "f") == [
                ["data/", "cache", here, "3", "3"], ["data/", "far", "absent", "0", "3"],
                ["data/", "near", "present", "3", "3"], ["f", "cache", here, "1", "1"],
                ["f", "far", "present", "1", "1"], ["f", "near", "present", "1", "1"],
            ])
        #expect(
            try world.fields("whereis", "data/b", "-r", "near") == [
                ["data/b", "cache", here, "1", "1"], ["data/b", "near", "present", "1", "1"],
            ])
        try world.sandbox.shell("rm -r .dvc/cache", in: "one").succeeded()
        let gone = try world.run("whereis", "f", "data", "-r", "far")
        #expect(gone.exitCode == 1)
        #expect(gone.stdout.contains("f\tcache\tabsent\t0\t1\nf\tfar\tpresent\t1\t1\n"), "\(gone)")
        #expect(gone.stderr.contains("its listing is nowhere"), "\(gone)")
        let json = try world.run("whereis", "--json", "f", "-r", "far").succeeded().stdout
        #expect(json.hasPrefix("[{\"folder\": false, \"hash\": \""), "\(json)")
        #expect(
            json.hasSuffix(
                """
                "listed": true, "nowhere": 0, "objects": 1, "path": "f", "places": [\
                {"error": null, "packed": 0, "present": 0, "remote": null, "state": "absent"}, \
                {"error": null, "packed": null, "present": 1, "remote": "far", "state": "present"}]}]

                """), "\(json)")
    }

    @Test("a remote that cannot be asked says so, and the others answer")
    func broken() throws {
        let world = try HistoryWorld()
        try world.run("remote", "add", "-q", "near", world.sandbox("near")).succeeded()
        try world.run("remote", "add", "-q", "down", "http://127.0.0.1:9/x").succeeded()
        try world.write([("f", "f\n")], add: "f")
        try world.run("push", "-q", "-r", "near").succeeded()
        let result = try world.run("whereis", "f")
        #expect(result.exitCode == 1)
        #expect(
            result.stdout == "f\tcache\tloose\t1\t1\nf\tdown\tunknown\t-\t1\nf\tnear\tpresent\t1\t1\n",
            "\(result)")
        #expect(result.stderr.hasPrefix("error: "), "\(result)")
        let unknown = try world.run("whereis", "-r", "nea", "f")
        #expect(unknown.exitCode == 128)
        #expect(unknown.stderr.contains("did you mean 'near'?"), "\(unknown)")
    }
}
