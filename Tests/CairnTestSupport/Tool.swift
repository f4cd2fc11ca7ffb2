import Foundation

/// One of the two programs that must understand each other.
public enum Tool: String, Sendable, CaseIterable, CustomStringConvertible {
    /// The program under test, called by its own name.
    case cairn
    /// The real `dvc`.
    case dvc

    /// The other one.
    public var other: Tool { self == .cairn ? .dvc : .cairn }

    /// Its name.
    public var description: String { rawValue }
}

extension Sandbox {
    /// Runs one of the two programs.
    ///
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    public func run(_ tool: Tool, _ arguments: [String], in folder: String) throws -> Program.Result {
        try Program.run(try path(of: tool), arguments, in: scratch(folder), environment: environment)
    }

    /// Runs one of the two programs, which must succeed.
    ///
    /// - Throws: `SupportError` when it does not, cannot be started, or takes too long.
    @discardableResult
    public func must(_ tool: Tool, _ arguments: String..., in folder: String) throws -> Program.Result {
        try run(tool, arguments, in: folder).succeeded()
    }

    /// Starts one of the two programs and comes back at once.
    ///
    /// - Throws: `SupportError` when it cannot be started.
    public func start(_ tool: Tool, _ arguments: [String], in folder: String) throws -> RunningProgram {
        try Program.start(try path(of: tool), arguments, in: scratch(folder), environment: environment)
    }

    /// Runs several commands of the real `dvc`, each from the same clean state, at little more than the cost of one.
    ///
    /// - Returns: a result for each command, in their order.
    /// - Throws: `SupportError` when they cannot be run.
    public func dvcMany(_ commands: [[String]], in folder: String) throws -> [Program.Result] {
        let real = try path(of: .dvc)
        let python = real.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/python"
        let input = try JSONSerialization.data(withJSONObject: commands)
        let result = try Program.run(
            python, ["\(PackageRoot.path)/Tests/tools/dvc-many"], in: scratch(folder),
            environment: environment,
            input: Array(input)
        ).succeeded()
        guard let list = try JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]]
        else {
            throw SupportError("dvc-many printed no list\n\(result)")
        }
        return zip(commands, list).map { command, item in
            let bytes = { (key: String) in (item[key] as? String ?? "").unicodeScalars.map { UInt8($0.value) }
            }
            return Program.Result(
                command: ["dvc"] + command, output: bytes("out"), errors: bytes("err"),
                exitCode: Int32(item["code"] as? Int ?? -1))
        }
    }

    /// Clones a project by git.
    ///
    /// - Throws: `SupportError` when git does not succeed.
    public func clone(_ project: String, to folder: String) throws {
        try git("clone", "-q", scratch(project), scratch(folder), in: "")
    }

    private func path(of tool: Tool) throws -> String {
        switch tool {
        case .cairn: return scratch("bin/cairn")
        case .dvc:
            guard let path = RealDVC.path else { throw SupportError(RealDVC.reason) }
            return path
        }
    }
}
