import CairnCore

/// A pointer file (`name.dvc`): which data lies beside it, and where it was imported from.
///
/// Until version 2, DVC also kept stages in such files: one with a command, which makes the outputs out of the dependencies.
public struct PointerFile: Sendable {
    /// The data.
    public var outputs: [OutputRecord]
    /// What makes the data; `nil` for data that people change, or that is imported.
    public var command: StageCommand?
    /// Where the data was imported from, or what the command reads; empty for data that was added.
    public var dependencies: [DependencyRecord] = []
    /// The folder that paths start from, relative to the file's own; `nil` for that folder itself.
    public var workingDirectory: String?
    /// True if the import is not to be looked at again.
    public var isFrozen = false
    /// True if the stage counts as changed whatever its data.
    public var isAlwaysChanged = false
    /// What DVC calls the stage's checksum: 32 digits over everything that an import depends on.
    public var md5: String?
    /// What people wrote about it.
    public var description: String?
    /// Anything else that people wrote.
    public var meta: YAMLValue?
    /// The text that this was read from, which `text()` edits.
    var document: YAMLDocument?

    /// Puts a new pointer file together.
    public init(outputs: [OutputRecord], dependencies: [DependencyRecord] = []) {
        self.outputs = outputs
        self.dependencies = dependencies
    }

    /// Reads a pointer file. One that is empty, or has comments only, is a pointer to nothing.
    ///
    /// - Parameter file: how errors name it.
    /// - Throws: `FormatsError` with line and column for what is not YAML, unknown keys (with the key that may have been meant),
    ///   values of the wrong kind, hash values that are none, and a path that is there twice.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        let document = try YAMLDocument(parsing: bytes, file: file)
        self.init(outputs: [])
        self.document = document
        guard let root = document.root, document.value(ofScalar: root)?.isNull != true else { return }
        let keys = [
            "md5", "cmd", "wdir", "deps", "outs", "locked", "frozen", "meta", "always_changed", "desc",
        ]
        let reader = try MappingReader(root, of: document, label: "", allowed: keys)
        md5 = try reader.writtenText("md5")
        command = try StageCommand(reading: reader)
        workingDirectory = try reader.text("wdir")
        let isLocked = try reader.bool("locked") ?? false
        isFrozen = try reader.bool("frozen") ?? isLocked
        isAlwaysChanged = try reader.bool("always_changed") ?? false
        description = try reader.text("desc")
        meta = reader.any("meta")
        outputs = try document.outputs(in: reader, label: "outs", mayBeDrawn: command != nil)
        for (index, node) in (try reader.items("deps") ?? []).enumerated() {
            let record = try DependencyRecord(
                reading: node, of: document, label: "deps[\(index)]", isLocked: false)
            dependencies.append(record)
        }
    }

    /// True if the data comes from elsewhere.
    public var isImport: Bool { command == nil && !dependencies.isEmpty }

    /// True if `md5` has to be the stage's checksum: for imports, and where a command makes the data.
    public var hasStageDigest: Bool { command != nil || isImport }

    /// What the file says, in the order of keys that DVC gives a new file.
    func value() -> YAMLValue {
        var entries: [YAMLEntry] = []
        if let description { entries.append(YAMLEntry("desc", .string(description))) }
        if let md5 { entries.append(YAMLEntry("md5", .string(md5))) }
        if let command { entries.append(YAMLEntry("cmd", command.value)) }
        if let workingDirectory { entries.append(YAMLEntry("wdir", .string(workingDirectory))) }
        if isFrozen { entries.append(YAMLEntry("frozen", true)) }
        if !dependencies.isEmpty {
            entries.append(YAMLEntry("deps", .sequence(dependencies.map { $0.pointerValue() })))
        }
        if !outputs.isEmpty {
            entries.append(YAMLEntry("outs", .sequence(outputs.map { $0.pointerValue() })))
        }
        if isAlwaysChanged { entries.append(YAMLEntry("always_changed", true)) }
        if let meta { entries.append(YAMLEntry("meta", meta)) }
        return .mapping(entries)
    }

    /// The text of the file: that which was read with the fewest changes, or a new one just as DVC writes it.
    ///
    /// - Throws: `FormatsError` if the text that was read has something (an anchor used elsewhere, say) that the change would break.
    public func text() throws(FormatsError) -> [UInt8] {
        guard var document else { return YAMLEmitter.document(value()) }
        let new = value()
        // A file without a key and one with `outs: []` say the same; neither is rewritten for that.
        if document.root == nil, new.entries?.isEmpty ?? true { return document.bytes }
        try document.update(to: new, renaming: ContentRecord.renamedKeys)
        return document.bytes
    }

    /// True if both say the same; comments and the order of keys do not matter.
    public func hasSameMeaning(as other: PointerFile) -> Bool { value().isEquivalent(to: other.value()) }

    /// The text of a new file for data that was added.
    public static func newText(for outputs: [OutputRecord]) -> [UInt8] {
        YAMLEmitter.document(PointerFile(outputs: outputs).value())
    }

    /// The text of this file with other outputs.
    ///
    /// Comments, the order of keys and what people wrote (at the top; and for outputs of the same path `desc`, `type`, `labels`,
    /// `meta`, `remote` and `push: false`) survive.
    ///
    /// - Throws: `FormatsError` as `text()`.
    public func updatingText(outputs new: [OutputRecord]) throws(FormatsError) -> [UInt8] {
        var copy = self
        copy.outputs = new.map { output in
            let old = outputs.first { $0.path.hasSameBytes(as: output.path) }
            return old.map(output.adoptingUserFields(of:)) ?? output
        }
        return try copy.text()
    }

    /// The text of this file with the output at `old` renamed to `new`.
    ///
    /// - Throws: `FormatsError` if there is no such output, or as `text()`.
    public func movingText(from old: String, to new: String) throws(FormatsError) -> [UInt8] {
        var copy = self
        guard let index = outputs.firstIndex(where: { $0.path.hasSameBytes(as: old) }) else {
            throw FormatsError(
                file: document?.file ?? "", "there is no output '\(Array(old.utf8).printable)'")
        }
        copy.outputs[index].path = new
        return try copy.text()
    }
}

extension YAMLDocument {
    /// Reads a list of outputs.
    ///
    /// - Parameter mayBeDrawn: whether they may be metrics and plots.
    /// - Throws: `FormatsError` as `OutputRecord.init(reading:of:label:)`, and for a path that is there twice.
    func outputs(
        in reader: MappingReader, label: String, mayBeDrawn: Bool
    ) throws(FormatsError) -> [OutputRecord] {
        var outputs: [OutputRecord] = []
        var seen: Set<[UInt8]> = []
        for (index, node) in (try reader.items("outs") ?? []).enumerated() {
            let output = try OutputRecord(
                reading: node, of: self, label: "\(label)[\(index)]", mayBeDrawn: mayBeDrawn)
            guard seen.insert(Array(output.path.utf8)).inserted else {
                throw error(at: node, "the output '\(Array(output.path.utf8).printable)' is there twice")
            }
            outputs.append(output)
        }
        return outputs
    }
}
