import CairnTestSupport
import Testing

extension Tag {
    /// Runs the real dvc.
    @Tag static var interop: Self
    /// Kills the program at random moments.
    @Tag static var crash: Self
    /// Gives the program what it must refuse.
    @Tag static var badInput: Self
    /// Compares with what DVC wrote when the samples were made.
    @Tag static var sample: Self
}

/// Expects that two folders, or two files, hold the same: names and bytes. Empty folders do not count: DVC does not keep them.
func expectSameData(_ one: String, _ two: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    guard Files.isFolder(one) && Files.isFolder(two) else {
        let isSame = try !Files.isFolder(one) && !Files.isFolder(two) && Files.read(one) == Files.read(two)
        return #expect(isSame, "\(one) and \(two) differ", sourceLocation: sourceLocation)
    }
    let paths = Files.paths(below: one)
    #expect(paths == Files.paths(below: two), sourceLocation: sourceLocation)
    let left = try StoreCheck.md5(paths.map { "\(one)/\($0)" }),
        right = try StoreCheck.md5(paths.map { "\(two)/\($0)" })
    let different = paths.filter { left["\(one)/\($0)"] != right["\(two)/\($0)"] }
    #expect(different == [], sourceLocation: sourceLocation)
}

/// Expects that a tool finds the workspace and the cache of a project in order.
func expectClean(
    _ tool: Tool, _ sandbox: Sandbox, in project: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let status = try sandbox.must(tool, "status", "--json", in: project)
    #expect(status.stdout == "{}\n", "\(status)", sourceLocation: sourceLocation)
    let data = try sandbox.must(tool, "data", "status", "--json", in: project)
    #expect(
        try JSONValue(parsing: data.stdout)["uncommitted"] == nil, "\(data)", sourceLocation: sourceLocation)
}

/// Expects that every object of a store is what its name says, and that the pointers of a project have their data there.
func expectSound(
    store: String, for project: String? = nil, strays: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let problems = try StoreCheck.problems(in: store).filter {
        !strays || !$0.hasSuffix("is not the name of an object")
    }
    #expect(problems == [], sourceLocation: sourceLocation)
    if let project {
        #expect(
            try StoreCheck.missing(from: store, forPointersOf: project) == [], sourceLocation: sourceLocation)
    }
}
