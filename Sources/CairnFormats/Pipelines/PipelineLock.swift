import CairnCore

/// A pipeline lock (`dvc.lock`): what every stage ran on, and what came of it.
public struct PipelineLock: Sendable {
    /// The stages in the order of the file.
    public private(set) var stages: [LockedStage]
    /// The locked data sets, as they are written.
    public let datasets: YAMLValue?
    private var document: YAMLDocument?
    /// Names to places in `stages`.
    private var places: [[UInt8]: Int] = [:]

    /// A lock without stages.
    public init() {
        stages = []
        datasets = nil
    }

    /// Reads a lock. An empty one has no stages.
    ///
    /// - Parameter file: how errors name it.
    /// - Throws: `FormatsError` with line and column for what is not YAML, another schema than 2.0, unknown keys (with the key that may
    ///   have been meant), values of the wrong kind, and hash values that are none.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        try self.init(try YAMLDocument(parsing: bytes, file: file))
    }

    private init(_ document: YAMLDocument) throws(FormatsError) {
        self.document = document
        stages = []
        guard let root = document.root, document.value(ofScalar: root)?.isNull != true else {
            datasets = nil
            return
        }
        let reader = try MappingReader(root, of: document, label: "", allowed: nil)
        guard reader.node("schema") != nil else {
            throw reader.error("there is no 'schema', so this is not a lock of DVC 2 or later")
        }
        guard try reader.writtenText("schema") == "2.0" else {
            throw reader.error(at: "schema", "schema is not '2.0'")
        }
        let checked = try MappingReader(
            root, of: document, label: "", allowed: ["schema", "datasets", "stages"])
        datasets = checked.any("datasets")
        for entry in try checked.mapping("stages", allowed: nil)?.entries ?? [] {
            places[Array(entry.name.utf8)] = stages.count
            stages.append(try LockedStage(name: entry.name, reading: entry.value, of: document))
        }
    }

    /// The stage of a name, if it has run.
    public func stage(_ name: String) -> LockedStage? { places[Array(name.utf8)].map { stages[$0] } }

    /// The text without a stage; everything else keeps its bytes.
    ///
    /// - Returns: `nil` if no stage would be left. DVC deletes the file then, with the data sets that are in it.
    /// - Throws: `FormatsError` if another part of the text needs something in the stage (an anchor).
    public func removingText(stage name: String) throws(FormatsError) -> [UInt8]? {
        guard var document, places[Array(name.utf8)] != nil else { return document?.bytes }
        if stages.count == 1 { return nil }
        try document.remove(["stages", .string(name)])
        return document.bytes
    }

    /// The lock with one stage's outputs changed and everything else as it is.
    ///
    /// Outputs are found by path; those that the lock has no entry for are added, and the list stays in the order of paths.
    ///
    /// - Throws: `FormatsError` if the stage has never run, or its text cannot be changed alone.
    public func updating(stage name: String, outputs: [OutputRecord]) throws(FormatsError) -> PipelineLock {
        guard var stage = stage(name) else {
            throw FormatsError(
                file: document?.file ?? "", "there is no stage '\(Array(name.utf8).printable)'")
        }
        for output in outputs {
            if let index = stage.outputs.firstIndex(where: { $0.path.hasSameBytes(as: output.path) }) {
                stage.outputs[index] = output
            } else {
                stage.outputs.append(output)
            }
        }
        stage.outputs.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return try replacing([stage])
    }

    /// The lock with stages put in the place of those with their names; new ones come last, in the order given.
    ///
    /// - Throws: `FormatsError` if a stage's text cannot be changed alone.
    public func replacing(_ changed: [LockedStage]) throws(FormatsError) -> PipelineLock {
        try PipelineLock(parsing: replacingText(changed), file: document?.file ?? "dvc.lock")
    }

    /// The text of `replacing`, for those who need no more.
    ///
    /// - Throws: as `replacing`.
    public func replacingText(_ changed: [LockedStage]) throws(FormatsError) -> [UInt8] {
        guard var document else { return newText(for: changed) }
        var value = document.value.entries ?? [YAMLEntry("schema", "2.0")]
        let index = value.firstIndex { $0.key == "stages" } ?? value.count
        if index == value.count { value.append(YAMLEntry("stages", .mapping([YAMLEntry]()))) }
        var entries = value[index].value.entries ?? []
        var positions = Dictionary(
            entries.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for stage in changed {
            let entry = YAMLEntry(.string(stage.name), stage.value)
            if let position = positions[entry.key] {
                entries[position] = entry
            } else {
                positions[entry.key] = entries.count
                entries.append(entry)
            }
        }
        value[index].value = .mapping(entries)
        try document.update(
            to: .mapping(value), isOrdered: true, renaming: ContentRecord.renamedKeys)
        return document.bytes
    }

    private func newText(for stages: [LockedStage]) -> [UInt8] {
        let entries = stages.map { YAMLEntry(.string($0.name), $0.value) }
        return YAMLEmitter.document(.mapping([("schema", "2.0"), ("stages", .mapping(entries))]))
    }

    /// The text of the lock; that of a new one has no stages.
    public var text: [UInt8] { document?.bytes ?? newText(for: []) }
}
