/// The versions of the program.
enum ProgramVersion {
    /// Of cairn.
    static let cairn = "0.1.0"
    /// Of DVC, whose formats and commands cairn answers to under the name `dvc`.
    static let dvc = "3.67.1"
}
