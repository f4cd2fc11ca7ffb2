import CairnFormats
import CairnPipeline
import CairnTestSupport
import Foundation
import Testing

/// The pipelines in fixtures, with what dvc made of each.
struct PipelineCorpus: Sendable, CustomTestStringConvertible {
    let name: String

    var folder: String { PackageRoot.fixture("pipelines/\(name)") }
    var testDescription: String { name }

    static let all: [PipelineCorpus] = Files.names(in: PackageRoot.fixture("pipelines")).sorted().filter {
        Files.isFolder(PackageRoot.fixture("pipelines/\($0)"))
    }.map { PipelineCorpus(name: $0) }

    static let good = all.filter { !$0.name.hasPrefix("bad-") }
    static let bad = all.filter { $0.name.hasPrefix("bad-") }

    /// What dvc made of the pipeline.
    func expected() throws -> NSDictionary {
        let bytes = try Files.read("\(folder)/expected.json")
        guard let value = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary else {
            throw SupportError("\(name)/expected.json is no object")
        }
        return value
    }

    /// The pipeline files, from the folder.
    var files: [String] {
        ["dvc.yaml"]
            + Files.names(in: folder).sorted().map { "\($0)/dvc.yaml" }.filter {
                Files.exists("\(folder)/\($0)")
            }
    }

    /// A pipeline file with its templates filled in.
    func resolved(_ file: String) throws -> ResolvedPipeline {
        var settings = TemplateSettings()
        let config = (try? Files.text("\(folder)/dvc-config")) ?? ""
        if config.contains("bool = boolean_optional") { settings.booleans = .booleanOptional }
        if config.contains("list = append") { settings.lists = .append }
        let pipeline = try PipelineFile(parsing: Files.read("\(folder)/\(file)"), file: file)
        let parent = file == "dvc.yaml" ? folder : "\(folder)/\(file.dropLast("/dvc.yaml".count))"
        return try pipeline.resolved(with: FolderSource(folder: parent), settings: settings)
    }
}

extension ResolvedPipeline {
    /// The pipeline in the form of `expected.json`.
    var comparable: NSDictionary {
        let used = self.used.map { ($0.file, ($0.keys ?? []).sorted()) }
        return [
            "stages": stages.map(\.comparable), "metrics": metrics, "params": parameters,
            "plots": plots.map(\.comparable), "artifacts": YAMLValue.mapping(artifacts).comparable,
            "datasets": datasets?.comparable ?? [Any](),
            "used": Dictionary(uniqueKeysWithValues: used),
        ]
    }
}

extension StageDefinition {
    fileprivate var comparable: NSDictionary {
        let command: Any =
            switch command {
            case .text(let text): text
            case .list(let texts): texts
            }
        return [
            "name": name, "cmd": command, "wdir": workingDirectory ?? ".", "deps": dependencies,
            "params": parameters.map { [$0.file, $0.keys ?? []] as [Any] }, "outs": outputs.map(\.comparable),
            "frozen": isFrozen, "always_changed": isAlwaysChanged, "desc": description ?? NSNull(),
            "meta": meta?.comparable ?? NSNull(), "group": group ?? NSNull(), "parametrized": isTemplated,
        ]
    }
}

extension StageOutput {
    fileprivate var comparable: NSDictionary {
        var result: [String: Any] = ["path": path, "kind": kind.rawValue]
        if !isCached { result["cache"] = false }
        if isPersistent { result["persist"] = true }
        if !isPushed { result["push"] = false }
        result["remote"] = remote
        result["desc"] = annotations.description
        result["type"] = annotations.type
        result["labels"] = annotations.labels
        result["meta"] = annotations.meta?.comparable
        let drawing = plot?.entries?.filter {
            ["template", "x", "y", "x_label", "y_label", "title", "header"].contains($0.key.text)
        }
        if let drawing { result["plot"] = YAMLValue.mapping(drawing).comparable }
        return result as NSDictionary
    }
}

extension YAMLValue {
    /// The value as JSONSerialization would have read it.
    var comparable: Any {
        switch self {
        case .null: return NSNull()
        case .bool(let bool): return bool
        case .int(let int): return int
        case .float(let float):
            return float.isFinite ? float : float.isNaN ? "nan" : float < 0 ? "-inf" : "inf"
        case .bigInt(let text), .string(let text), .date(let text): return text
        case .sequence(let items): return items.map(\.comparable)
        case .mapping(let entries):
            return Dictionary(
                entries.map { ($0.key.text ?? "\($0.key.comparable)", $0.value.comparable) },
                uniquingKeysWith: { $1 })
        }
    }
}
