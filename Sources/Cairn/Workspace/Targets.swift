import CairnCore
import CairnFormats
import CairnSystem

/// Outputs, or parts of outputs, that a user named.
struct TargetedOutput {
    let output: TrackedOutput
    /// A path inside the output, if only that part is meant.
    let part: RepoPath?
}

extension TargetedOutput {
    /// True if a path inside the output belongs to the part that is meant.
    func covers(_ path: some Collection<UInt8>) -> Bool {
        guard let part, let inside = part.relative(to: output.path) else { return true }
        return path.starts(with: inside.bytes)
            && (path.count == inside.bytes.count
                || path[path.index(path.startIndex, offsetBy: inside.bytes.count)] == UInt8(ascii: "/"))
    }
}

/// How targets are to be understood.
public struct TargetOptions: Sendable {
    /// Whether a folder stands for all that is declared below it.
    public var isRecursive = false
    /// Whether `*`, `?` and `[…]` are wild.
    public var isGlob = false
    /// Whether what the targets' stages depend on is meant too.
    public var withDependencies = false

    /// Exactly what is named.
    public init() {}
}

extension OutputIndex {
    /// Finds what the user means: pointer files, pipeline files, stages, outputs, paths inside outputs.
    ///
    /// - Returns: each output once, in the order of the index; all of them for no targets.
    /// - Throws: `CairnError` of kind `notFound` for a name that means nothing.
    func outputs(
        for targets: [String], _ options: TargetOptions = TargetOptions(), in workspace: Workspace
    ) throws -> [TargetedOutput] {
        guard !targets.isEmpty else { return outputs.map { TargetedOutput(output: $0, part: nil) } }
        var wanted: [Int: [RepoPath?]] = [:]
        for target in targets {
            let found = try resolve(target, options, workspace)
            guard !found.isEmpty || isEmptyDeclaration(target, in: workspace) else {
                throw notFound(target, workspace)
            }
            for (index, part) in found { wanted[index, default: []].append(part) }
        }
        if options.withDependencies { addDependencies(&wanted) }
        var result: [TargetedOutput] = []
        for index in wanted.keys.sorted() {
            let parts = wanted[index] ?? []
            if parts.contains(where: { $0 == nil }) {
                result.append(TargetedOutput(output: outputs[index], part: nil))
            } else {
                for part in Set(parts.compactMap { $0 }).sorted() {
                    result.append(TargetedOutput(output: outputs[index], part: part))
                }
            }
        }
        return result
    }

    private func resolve(_ target: String, _ options: TargetOptions, _ workspace: Workspace) throws -> [(
        Int, RepoPath?
    )] {
        if options.isGlob, target.utf8.contains(where: { "*?[".utf8.contains($0) }) {
            let pattern = GlobPattern(Array(try absoluteText(target, workspace).utf8))
            return outputs.indices.filter {
                pattern.matches(outputs[$0].path.bytes) || pattern.matches(outputs[$0].owner.file.bytes)
            }
            .map { ($0, nil) }
        }
        // A stage by name, of the pipeline file in the user's folder or of one that is named.
        let (file, stage) = Self.split(target)
        if let stage, let path = try? workspace.pathOrRoot(of: file ?? "dvc.yaml") {
            let found = outputs.indices.filter { index in
                guard case .stage(path, let name) = outputs[index].owner else { return false }
                return name.hasSameBytes(as: stage) || name.utf8.starts(with: Array("\(stage)@".utf8))
            }
            if !found.isEmpty { return found.map { ($0, nil) } }
            if let pipeline = pipelines[path],
                pipeline.stage(stage) != nil || pipeline.file.stage(stage) != nil
            {
                return []
            }
        }
        guard let path = try workspace.pathOrRoot(of: target) else {
            guard options.isRecursive else { return [] }
            return outputs.indices.map { ($0, nil) }
        }
        let declared = outputs.indices.filter { outputs[$0].owner.file == path }
        if !declared.isEmpty { return declared.map { ($0, nil) } }
        if options.isRecursive {
            let below = outputs.indices.filter { outputs[$0].owner.file.isBelow(path) }
            if !below.isEmpty { return below.map { ($0, nil) } }
        }
        if let exact = outputs.indices.first(where: { outputs[$0].path == path }) { return [(exact, nil)] }
        if let above = outputs.indices.first(where: { path.isBelow(outputs[$0].path) }) {
            return [(above, path)]
        }
        return []
    }

    /// True if a pointer or pipeline file exists that declares nothing, so that naming it is no mistake.
    func isEmptyDeclaration(_ target: String, in workspace: Workspace) -> Bool {
        guard let path = try? workspace.pathOrRoot(of: target) else { return false }
        return pointers[path] != nil || pipelines[path] != nil
    }

    private func absoluteText(_ target: String, _ workspace: Workspace) throws -> String {
        // The pattern is relative to where the user stands; RepoPath bytes are relative to the workspace.
        let here = try workspace.pathOrRoot(of: ".")
        return here.flatMap(\.text).map { "\($0)/\(target)" } ?? target
    }

    /// `path/dvc.yaml:stage`, or a bare name that may be a stage.
    private static func split(_ target: String) -> (file: String?, stage: String?) {
        guard let colon = target.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            return target.utf8.contains(UInt8(ascii: "/")) ? (nil, nil) : (nil, target)
        }
        let file = String(target[..<colon])
        return (file.isEmpty ? nil : file, String(target[target.utf8.index(after: colon)...]))
    }

    private func addDependencies(_ wanted: inout [Int: [RepoPath?]]) {
        var pending = Array(wanted.keys)
        while let index = pending.popLast() {
            for dependency in dependencies(of: outputs[index].owner) {
                for other in outputs.indices
                where outputs[other].path.overlaps(dependency) && wanted[other] == nil {
                    wanted[other] = [nil]
                    pending.append(other)
                }
            }
        }
    }

    /// The paths that the stage of an output depends on, as far as they are inside of the workspace.
    func dependencies(of owner: TrackedOutput.Owner) -> [RepoPath] {
        guard let stage = stage(of: owner),
            // Two optionals: no folder is the workspace itself, and is no failure.
            let folder = try? RepoPath??.some(
                Self.folder(of: owner.file, workingDirectory: stage.workingDirectory, shownAs: ""))
        else { return [] }
        return stage.dependencies.compactMap { record in
            record.path.flatMap { try? Self.path($0, in: folder, shownAs: "") }
        }
    }

    private func notFound(_ target: String, _ workspace: Workspace) -> CairnError {
        let name = Array(target.utf8).printable
        let hasPipeline = (try? workspace.surroundings.workingDirectory.appending("dvc.yaml").status()) ?? nil
        let tail = hasPipeline == nil ? ": 'dvc.yaml' does not exist" : ""
        let known = outputs.map { workspace.display($0.path) } + pointers.keys.map { workspace.display($0) }
        let hint = EditDistance.closest(to: target, among: known).map { "did you mean '\($0)'?" }
        return CairnError(
            .notFound, "'\(name)' does not exist as an output or a stage name in 'dvc.yaml'\(tail)",
            hint: hint)
    }
}

extension String {
    /// True if the two are the same bytes; `==` also holds for other spellings of the same characters.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
