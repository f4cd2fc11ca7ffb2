import CairnCore

/// A stage that is to be written into a pipeline file.
public struct StageDraft: Sendable {
    /// An output of the stage.
    public struct Output: Hashable, Sendable {
        /// The list that it goes into.
        public var kind: StageOutput.Kind
        /// The path, relative to the working directory.
        public var path: String
        /// False if the data stays out of the store.
        public var isCached: Bool
        /// True if it stays in place while the stage runs.
        public var isPersistent: Bool

        /// Puts an output together.
        public init(
            _ kind: StageOutput.Kind, _ path: String, isCached: Bool = true, isPersistent: Bool = false
        ) {
            self.kind = kind
            self.path = path
            self.isCached = isCached
            self.isPersistent = isPersistent
        }
    }

    /// The parameters that the stage reads from one file.
    public struct Parameters: Hashable, Sendable {
        /// The file, relative to the working directory.
        public var file: String
        /// The keys, dotted; none for the whole file.
        public var keys: [String]

        /// Puts them together.
        public init(file: String, keys: [String]) {
            self.file = file
            self.keys = keys
        }

        /// Reads `key,key` (of `params.yaml`), `file:key,key`, or `file:` for the whole file.
        public init(parsing text: String) {
            let colon = text.utf8.lastIndex(of: UInt8(ascii: ":"))
            let path = colon.map { String(text[..<$0]) } ?? ""
            let list = colon.map { text[text.utf8.index(after: $0)...] } ?? text[...]
            file = path.isEmpty ? Self.defaultFile : path
            keys = list.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        }

        /// The file whose keys need no file in front.
        public static let defaultFile = "params.yaml"
    }

    /// The name.
    public var name: String
    /// What runs.
    public var command: String
    /// The folder that paths start from, relative to the pipeline file's own; `nil` for that folder itself.
    public var workingDirectory: String?
    /// What the stage reads.
    public var dependencies: [String] = []
    /// The parameters that it reads.
    public var parameters: [Parameters] = []
    /// What the stage writes.
    public var outputs: [Output] = []
    /// What people wrote about it.
    public var description: String?
    /// True if the stage counts as changed whatever its data.
    public var isAlwaysChanged = false

    /// Begins with what every stage has.
    public init(name: String, command: String) {
        self.name = name
        self.command = command
    }

    /// The parameters with each file once, in the order in which they are written.
    ///
    /// Who asks for a whole file and for keys of it gets the keys, as in DVC.
    public var mergedParameters: [Parameters] {
        var merged: [Parameters] = []
        for request in parameters {
            guard let index = merged.firstIndex(where: { $0.file.hasSameBytes(as: request.file) }) else {
                merged.append(request)
                continue
            }
            merged[index].keys += request.keys
        }
        return merged.sorted { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
    }
}

extension StageDraft {
    /// The definition, in DVC's order of keys.
    ///
    /// - Parameters:
    ///   - old: the definition that it replaces: what people wrote about that stage and its outputs goes on, where the draft says nothing.
    ///   - stage: the same definition as it was understood.
    func value(replacing old: YAMLValue?, _ stage: PipelineStage?) -> YAMLValue {
        var entries: [YAMLEntry] = []
        func add(_ key: String, _ value: YAMLValue?) {
            if let value { entries.append(YAMLEntry(.string(key), value)) }
        }
        func add(_ key: String, _ items: [YAMLValue]) {
            if !items.isEmpty { entries.append(YAMLEntry(.string(key), .sequence(items))) }
        }
        add("desc", description.map { .string($0) } ?? old?["desc"])
        add("cmd", .string(command))
        add("wdir", workingDirectory.map { .string($0) })
        add("deps", Self.sorted(dependencies).map { .string($0) })
        add("params", parameterItems)
        for kind in StageOutput.Kind.allCases {
            let own = outputs.filter { $0.kind == kind }
                .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            add(
                kind.rawValue,
                own.map { output in
                    output.value(replacing: stage?.outputs.first { $0.path.hasSameBytes(as: output.path) })
                })
        }
        if isAlwaysChanged { add("always_changed", true) }
        add("meta", old?["meta"])
        return .mapping(entries)
    }

    /// Keys of the default file come first and alone, other files follow with theirs.
    private var parameterItems: [YAMLValue] {
        var own: [YAMLValue] = []
        var others: [YAMLValue] = []
        for request in mergedParameters {
            let keys = Self.sorted(request.keys).map { YAMLValue.string($0) }
            if !keys.isEmpty, request.file.hasSameBytes(as: Parameters.defaultFile) {
                own = keys
            } else {
                others.append(
                    .mapping([YAMLEntry(.string(request.file), keys.isEmpty ? .null : .sequence(keys))]))
            }
        }
        return own + others
    }

    private static func sorted(_ texts: [String]) -> [String] {
        texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension StageDraft.Output {
    fileprivate func value(replacing old: StageOutput?) -> YAMLValue {
        var flags: [YAMLEntry] = []
        if let notes = old?.annotations {
            if let text = notes.description, !text.isEmpty { flags.append(YAMLEntry("desc", .string(text))) }
            if let type = notes.type, !type.isEmpty { flags.append(YAMLEntry("type", .string(type))) }
            if let labels = notes.labels, !labels.isEmpty {
                flags.append(YAMLEntry("labels", .sequence(labels.map { .string($0) })))
            }
            if let meta = notes.meta { flags.append(YAMLEntry("meta", meta)) }
        }
        if !isCached { flags.append(YAMLEntry("cache", false)) }
        if isPersistent { flags.append(YAMLEntry("persist", true)) }
        if let remote = old?.remote { flags.append(YAMLEntry("remote", .string(remote))) }
        if old?.isPushed == false { flags.append(YAMLEntry("push", false)) }
        return flags.isEmpty ? .string(path) : .mapping([YAMLEntry(.string(path), .mapping(flags))])
    }
}

extension PipelineFile {
    /// The text with a stage added, or in the place of the one that has its name.
    ///
    /// - Throws: `FormatsError` as `YAMLDocument.set`.
    public func settingText(stage draft: StageDraft) throws(FormatsError) -> [UInt8] {
        let place: [YAMLValue] = ["stages", .string(draft.name)]
        let old = stage(draft.name)
        return try settingText(
            place, to: draft.value(replacing: old.flatMap { _ in value(at: place) }, old))
    }
}
