import CairnCore
public import CairnFormats

/// Where the templates of one pipeline file get the files that they are filled in from: the workspace, or a revision.
public protocol ParameterSource {
    /// The parameters in a file.
    ///
    /// - Parameter path: relative to the folder of the pipeline file, with `.` and `..` worked out; absolute if it is written so.
    /// - Returns: `nil` if there is no such file.
    /// - Throws: `FormatsError` for a file that cannot be read or is not of its format.
    func parameters(at path: String) throws(FormatsError) -> ParameterFile?
}
