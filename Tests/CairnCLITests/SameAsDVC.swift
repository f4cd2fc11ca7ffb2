import CairnTestSupport

extension Sandbox {
    /// Runs the program under test through a link named `dvc`.
    ///
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    func asDVC(_ arguments: [String], in folder: String) throws -> Program.Result {
        try Program.run(scratch("bin/dvc"), arguments, in: scratch(folder), environment: environment)
    }
}
