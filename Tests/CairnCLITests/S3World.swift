import CairnTestSupport
import Glibc
import Testing

/// A repository `one` whose remote is a bucket of its own on a real server, and what tests do with both.
struct S3World {
    let sandbox: Sandbox
    let place: S3Place
    let form: StoreForm
    /// Where the repository finds the server: its own address, or that of something before it.
    private let address: String?
    /// What the settings of the remote say besides.
    private let options: String

    /// The services on which most is tested: the main one, and the second opinion.
    static let services = [TestServer.Kind.ceph, .swift].filter(\.isAvailable)

    /// Makes the repository; there is no data yet.
    ///
    /// - Parameters:
    ///   - address: goes to the server, as that of a proxy before it.
    ///   - options: further lines of the remote's settings.
    init(
        _ form: StoreForm = .packed, on kind: TestServer.Kind = .ceph, through address: String? = nil,
        options: [String] = []
    ) throws {
        try self.init(form, place: try S3Place(on: kind), through: address, options: options)
    }

    /// Makes the repository for a bucket that is there.
    init(_ form: StoreForm, place: S3Place, through address: String? = nil, options: [String] = []) throws {
        sandbox = try Sandbox()
        self.form = form
        self.place = place
        self.address = address
        self.options = options.map { "    \($0)\n" }.joined()
        try sandbox.makeProject("one", settings: settings)
        try setKey(place.owner)
    }

    private var settings: String {
        place.settings(through: address) + options + (form == .dvc ? "" : Sandbox.nativeSettings)
    }

    /// Writes the settings of the remote anew.
    func setRemote(_ place: S3Place, through address: String?, in folder: String = "one") throws {
        let text = place.settings(through: address) + options + (form == .dvc ? "" : Sandbox.nativeSettings)
        try Files.write(text, to: sandbox("\(folder)/.dvc/config"))
    }

    /// Gives a repository a key; without one it has none.
    func setKey(_ key: S3Key?, in folder: String = "one") throws {
        try Files.write(
            key.map { place.secrets($0) } ?? "", to: sandbox("\(folder)/.dvc/config.local"), mode: 0o600)
    }

    /// Adds a directory of small files and a large file, and commits their pointers.
    func addData(files: Int = 60, bytes: Int = 700_000, seed: UInt64 = 7, in folder: String = "one") throws {
        var random = SeededRandom(seed: seed)
        try random.fill(sandbox("\(folder)/data"), files: files, size: 3000)
        try Files.write(random.noise(bytes), to: sandbox("\(folder)/big"))
        try sandbox.must(.cairn, "add", "-q", "data", "big", in: folder)
        try sandbox.commit(folder, "data")
    }

    /// Clones the repository, with the key: pointers without data.
    func clone(_ name: String = "two") throws {
        Files.delete(sandbox(name))
        try sandbox.git("clone", "-q", sandbox("one"), name, in: "")
        try Files.write(
            Files.text(sandbox("one/.dvc/config.local")), to: sandbox("\(name)/.dvc/config.local"),
            mode: 0o600)
    }

    /// Runs cairn.
    func cairn(_ arguments: String..., in folder: String = "one") throws -> Program.Result {
        try sandbox.run(.cairn, arguments, in: folder)
    }

    /// Runs cairn, which must succeed.
    @discardableResult
    func must(_ arguments: String..., in folder: String = "one") throws -> Program.Result {
        try sandbox.run(.cairn, arguments, in: folder).succeeded()
    }

    /// Waits until a collector takes nothing for new that is in the bucket now: services tell times in seconds.
    func letObjectsAge() {
        let end = Monotonic.now + 2
        while Monotonic.now < end { usleep(50_000) }
    }

    /// Runs `aws`, with the owner's key.
    func aws(_ arguments: String...) throws -> String {
        let program = try #require(AWSTools.path("aws"))
        return try Program.run(
            program, ["--endpoint-url", place.endpoint] + arguments, in: sandbox(""),
            environment: sandbox.environment.merging(place.environment()) { $1 }
        ).succeeded().stdout
    }

    /// Runs a script of Python that may import boto3, with the owner's key.
    func python(_ script: String) throws -> String {
        let program = try #require(AWSTools.path("python"))
        return try Program.run(
            program, ["-c", script], in: sandbox(""),
            environment: sandbox.environment.merging(place.environment()) { $1 }
        ).succeeded().stdout
    }

    /// Expects that all objects in the bucket are what their names say, and that none is missing that the repository's pointers name.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let copy = sandbox("mirror")
        Files.delete(copy)
        try place.mirror(to: copy)
        #expect(try form.problems(in: copy) == [], sourceLocation: sourceLocation)
        #expect(
            try form.missing(from: copy, forPointersOf: sandbox("one")) == [], sourceLocation: sourceLocation)
        Files.delete(copy)
    }

    /// Expects that a clone which pulls has what the repository has.
    func expectPulled(_ clone: String = "two", sourceLocation: SourceLocation = #_sourceLocation) throws {
        for path in ["data", "big"] {
            try expectSameData(
                sandbox("one/\(path)"), sandbox("\(clone)/\(path)"), sourceLocation: sourceLocation)
        }
        try expectClean(.cairn, sandbox, in: clone, sourceLocation: sourceLocation)
    }

    /// Expects that a command was refused as it should be: with the exit code and one sentence that has these words in it, perhaps with a hint,
    /// and without anything that is secret.
    func expectRefused(
        _ result: Program.Result, _ words: String..., code: Int32 = 128,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.exitCode == code, "\(result)", sourceLocation: sourceLocation)
        let errors = result.stderr.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == 1, "\(result)", sourceLocation: sourceLocation)
        for word in words + ["'store'"] {
            #expect(result.stderr.contains(word), "\(result)", sourceLocation: sourceLocation)
        }
        expectNoSecret(in: result, sourceLocation: sourceLocation)
    }

    /// Expects that nothing secret is in what a command printed.
    func expectNoSecret(in result: Program.Result, sourceLocation: SourceLocation = #_sourceLocation) {
        for text in [place.owner.secret, place.other.secret, "X-Amz-Signature", "AWS4-HMAC", "Authorization"]
        {
            #expect(!result.stdout.contains(text), "\(result)", sourceLocation: sourceLocation)
            #expect(!result.stderr.contains(text), "\(result)", sourceLocation: sourceLocation)
        }
    }
}

extension TestServer.Kind {
    /// Why a test is skipped, for traits.
    var comment: Comment { Comment(rawValue: reason ?? "needs the server '\(self)'") }
}

extension Tag {
    /// Talks to a real server.
    @Tag static var served: Self
}
