import CairnFormats
import CairnPipeline
import CairnTestSupport

/// Parameter files in a folder on disk.
struct FolderSource: ParameterSource {
    let folder: String

    func parameters(at path: String) throws(FormatsError) -> ParameterFile? {
        let bytes: [UInt8]
        do { bytes = try Files.read("\(folder)/\(path)") } catch { return nil }
        return try ParameterFile(parsing: bytes, file: path)
    }
}

/// Parameter files that stand in the test; notes which were asked for.
final class TextSource: ParameterSource {
    private let files: [String: String]
    private(set) var asked: [String] = []

    init(_ files: [String: String] = [:]) { self.files = files }

    func parameters(at path: String) throws(FormatsError) -> ParameterFile? {
        asked.append(path)
        guard let text = files[path] else { return nil }
        return try ParameterFile(parsing: Array(text.utf8), file: path)
    }
}

/// A pipeline of a test, filled in.
func resolve(
    _ pipeline: String, _ files: [String: String] = [:], settings: TemplateSettings = TemplateSettings()
) throws(FormatsError) -> ResolvedPipeline {
    try PipelineFile(parsing: Array(pipeline.utf8), file: "dvc.yaml").resolved(
        with: TextSource(files), settings: settings)
}
