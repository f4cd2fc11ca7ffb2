import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@testable import Cairn

@Suite("Status of a large directory")
struct StatusTests {
    private static let count = 1200

    /// A workspace with a large directory that is remembered to be as recorded.
    private func remembered() throws -> Project {
        let project = try Project()
        for number in 0..<Self.count { try project.write("\(number)", to: "data/\(number % 7)/\(number)") }
        _ = try project.workspace().add(["data"])
        // What changed in the tick of the clock in which it is looked at is not remembered.
        Surroundings.sleep(milliseconds: 50)
        #expect(try project.workspace().status().entries.isEmpty)
        #expect(try memory(of: project) != nil)
        #expect(try project.workspace().status().entries.isEmpty)
        return project
    }

    private func memory(of project: Project) throws -> TreeFingerprint? {
        let workspace = try project.workspace()
        let index = try StatIndex(at: workspace.stateFolder.appending("index.sqlite"))
        let session = try Session(workspace, reporter: SilentReporter(), writes: false)
        let output = try #require(try WorkspaceScan.run(session).outputs.first)
        return try index.rememberedTree(output.path, #require(output.record.id))
    }

    private func states(_ project: Project) throws -> [StatusReport.State] {
        try project.workspace().status().entries.flatMap(\.outputs).map(\.state)
    }

    static let changes:
        [(name: String, state: StatusReport.State, change: @Sendable (Project) throws -> Void)] = [
            ("a file written to", .modified, { try $0.write("x", to: "data/1/1") }),
            ("a file that is new", .modified, { try $0.write("x", to: "data/new") }),
            ("a file that is gone", .modified, { Files.delete($0("one/data/1/1")) }),
            ("a file renamed", .modified, { #expect(rename($0("one/data/1/1"), $0("one/data/1/one")) == 0) }),
            ("all of it gone", .deleted, { Files.delete($0("one/data")) }),
            ("an object lost", .notInCache, { Files.delete($0.object("7")) }),
            ("a listing lost", .notInCache, { Files.delete($0.listings()[0]) }),
            ("the cache lost", .notInCache, { Files.delete($0("one/.dvc/cache")) }),
        ]

    @Test("what changed since it was remembered shows", arguments: changes.indices)
    func changed(_ number: Int) throws {
        let project = try remembered()
        let (name, state, change) = Self.changes[number]
        try change(project)
        #expect(try states(project) == [state], "\(name)")
        #expect(try states(project) == [state], "\(name), the second time")
    }

    @Test("what changed and came back is found and remembered again")
    func back() throws {
        let project = try remembered()
        try project.write("x", to: "data/1/1")
        #expect(try states(project) == [.modified])
        try project.write("1", to: "data/1/1")
        Surroundings.sleep(milliseconds: 50)
        for _ in 0..<2 { #expect(try states(project) == []) }
        #expect(try memory(of: project) != nil)
    }

    @Test("another recording of the same directory is compared anew")
    func anotherRecording() throws {
        let project = try remembered()
        let pointer = try Files.text(project("one/data.dvc"))
        try project.write("x", to: "data/1/1")
        _ = try project.workspace().add(["data"])
        try Files.write(pointer, to: project("one/data.dvc"))
        #expect(try states(project) == [.modified])
    }
}
