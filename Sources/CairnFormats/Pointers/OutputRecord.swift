import CairnCore

/// An output of a pointer file or of a locked stage.
public struct OutputRecord: Hashable, Sendable {
    /// The path as written: from the working directory of its stage, with `/`.
    public var path: String
    /// What is known about its bytes.
    public var content: ContentRecord
    /// False if the data stays out of the store (`cache: false`).
    public var isCached = true
    /// False if the data is never pushed (`push: false`).
    public var isPushed = true
    /// True if the output stays in place while its stage runs.
    public var isPersistent = false
    /// The only remote that the data goes to and comes from.
    public var remote: String?
    /// What an output of a pointer with a command says of how to read it as a metric: `true`, or a mapping.
    public var metric: YAMLValue?
    /// The same for a plot.
    public var plot: YAMLValue?
    /// What people wrote about it.
    public var annotations = Annotations()
    /// Settings of the file system it is on.
    public var fileSystemConfig: YAMLValue?

    /// What people write about an output; it changes nothing.
    public struct Annotations: Hashable, Sendable {
        /// What it is.
        public var description: String?
        /// What sort of thing it is.
        public var type: String?
        /// Words to find it by.
        public var labels: [String]?
        /// Anything else.
        public var meta: YAMLValue?

        /// No annotations.
        public init() {}
    }

    /// Puts an output together, with everything else as DVC has it by default.
    public init(path: String, content: ContentRecord) {
        self.path = path
        self.content = content
    }

    /// Puts an output together, with everything else as DVC has it by default.
    public init(
        path: String, id: ObjectID?, size: Int64? = nil, fileCount: Int64? = nil, isExecutable: Bool = false
    ) {
        let content = ContentRecord(id: id, size: size, fileCount: fileCount, isExecutable: isExecutable)
        self.init(path: path, content: content)
    }

    /// The object; see `ContentRecord.id`.
    public var id: ObjectID? {
        get { content.id }
        set { content.id = newValue }
    }
    /// The bytes; see `ContentRecord.size`.
    public var size: Int64? {
        get { content.size }
        set { content.size = newValue }
    }
    /// The files in a directory.
    public var fileCount: Int64? {
        get { content.fileCount }
        set { content.fileCount = newValue }
    }
    /// True for a file that its owner may execute.
    public var isExecutable: Bool {
        get { content.isExecutable }
        set { content.isExecutable = newValue }
    }

    /// The output with another's annotations, remote and push flag where it has none itself: what survives when data is added again.
    public func adoptingUserFields(of old: OutputRecord) -> OutputRecord {
        var result = self
        if annotations == Annotations() { result.annotations = old.annotations }
        if remote == nil { result.remote = old.remote }
        if !old.isPushed { result.isPushed = false }
        return result
    }
}

extension OutputRecord {
    private static let keys =
        ContentRecord.keys
        + ["path", "persist", "desc", "type", "labels", "meta", "cache", "remote", "push", "fs_config"]

    /// Reads an entry of `outs`.
    ///
    /// - Parameter mayBeDrawn: whether it may be a metric or a plot.
    /// - Throws: `FormatsError` for unknown keys, values of the wrong kind and a missing path.
    init(
        reading node: YAMLNode, of document: YAMLDocument, label: String, mayBeDrawn: Bool
    ) throws(FormatsError) {
        let keys = mayBeDrawn ? Self.keys + ["metric", "plot"] : Self.keys
        let reader = try MappingReader(node, of: document, label: label, allowed: keys)
        self.init(path: try reader.path(), content: try ContentRecord(reading: reader))
        isCached = try reader.bool("cache") ?? true
        isPushed = try reader.bool("push") ?? true
        metric = reader.any("metric").flatMap { $0 == false || $0.isNothing ? nil : $0 }
        plot = reader.any("plot").flatMap { $0 == false || $0.isNothing ? nil : $0 }
        isPersistent = try reader.bool("persist") ?? false
        remote = try reader.text("remote")
        annotations.description = try reader.text("desc")
        annotations.type = try reader.text("type")
        annotations.labels = try reader.texts("labels")
        annotations.meta = reader.any("meta")
        fileSystemConfig = try reader.mapping("fs_config", allowed: nil)?.value
    }

    /// The entry as a pointer file has it, in DVC's order.
    func pointerValue() -> YAMLValue {
        var entries = content.pointerEntries()
        entries += content.hashNameEntries()
        entries.append(YAMLEntry("path", .string(path)))
        if let fileSystemConfig { entries.append(YAMLEntry("fs_config", fileSystemConfig)) }
        if let text = annotations.description { entries.append(YAMLEntry("desc", .string(text))) }
        if let type = annotations.type { entries.append(YAMLEntry("type", .string(type))) }
        if let labels = annotations.labels {
            entries.append(YAMLEntry("labels", .sequence(labels.map { .string($0) })))
        }
        if let meta = annotations.meta { entries.append(YAMLEntry("meta", meta)) }
        if !isCached { entries.append(YAMLEntry("cache", false)) }
        if let metric { entries.append(YAMLEntry("metric", metric)) }
        if let plot { entries.append(YAMLEntry("plot", plot)) }
        if isPersistent { entries.append(YAMLEntry("persist", true)) }
        if let remote { entries.append(YAMLEntry("remote", .string(remote))) }
        if !isPushed { entries.append(YAMLEntry("push", false)) }
        return .mapping(entries + content.fileEntries())
    }
}
