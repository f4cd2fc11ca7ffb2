import CairnTestSupport
import Testing

/// The policies that the guide prints are those with which the commands were tried.
@Suite("Policies of the guide")
struct S3PolicyTests {
    @Test("each policy of docs/guide/remotes.md allows what S3PermissionTests found to be enough")
    func actions() throws {
        let page = try Files.text("\(PackageRoot.path)/docs/guide/remotes.md")
        let blocks = page.components(from: "```json\n", to: "```")
        let found = blocks.map { block in
            Set(block.components(from: "\"", to: "\"").filter { $0.hasPrefix("s3:") })
        }
        #expect(
            found == [
                Set(S3PermissionTests.reading), Set(S3PermissionTests.writing),
                Set(S3PermissionTests.writing + ["s3:DeleteObject"] + S3PermissionTests.parts),
            ])
    }
}

extension String {
    /// What stands between each pair of two marks.
    fileprivate func components(from start: String, to end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let first = rest.firstRange(of: start) {
            rest = rest[first.upperBound...]
            guard let last = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<last.lowerBound]))
            rest = rest[last.upperBound...]
        }
        return found
    }
}
