public import CairnFormats

/// What a stage depends on and what it made, as recorded and as found: the one value that decides whether the stage is up to date and
/// that says why it is not.
public struct StageState: Sendable {
    /// A dependency.
    public struct Dependency: Sendable {
        /// The path as the user knows it.
        public let path: String
        /// How it differs from the record; `nil` for not at all.
        public let change: DataChange?

        /// Puts a dependency together.
        public init(path: String, change: DataChange?) {
            self.path = path
            self.change = change
        }
    }

    /// A parameter.
    public struct Parameter: Sendable {
        /// The file as the user knows it.
        public let file: String
        /// The dotted key.
        public let key: String
        /// What the last run read; `nil` if it read no such parameter.
        public let recorded: YAMLValue?
        /// What the file says; `nil` if it has no such key.
        public let current: YAMLValue?
        /// True if there is no such file.
        public let isFileMissing: Bool

        /// Puts a parameter together.
        public init(
            file: String, key: String, recorded: YAMLValue?, current: YAMLValue?, isFileMissing: Bool = false
        ) {
            self.file = file
            self.key = key
            self.recorded = recorded
            self.current = current
            self.isFileMissing = isFileMissing
        }

        /// The values that differ: of two mappings those inside of them, by dotted keys.
        public var differences: [Parameter] {
            guard isChanged else { return [] }
            guard let old = recorded?.entries, let new = current?.entries else { return [self] }
            var keys = old.map(\.key)
            keys += new.map(\.key).filter { !keys.contains($0) }
            return keys.flatMap { key -> [Parameter] in
                guard let name = key.text else { return [self] }
                return Parameter(
                    file: file, key: "\(self.key).\(name)", recorded: recorded?[name], current: current?[name]
                ).differences
            }
        }

        /// True if the stage would read something else than it did. The order of keys says nothing.
        public var isChanged: Bool {
            switch (recorded, current) {
            case (let recorded?, let current?): !recorded.hasSameMeaning(as: current)
            case (nil, nil): isFileMissing
            default: true
            }
        }
    }

    /// An output.
    public struct Output: Sendable {
        /// The path as the user knows it.
        public let path: String
        /// How it differs from the record; `nil` for not at all.
        public let change: DataChange?

        /// Puts an output together.
        public init(path: String, change: DataChange?) {
            self.path = path
            self.change = change
        }
    }

    /// What the last run was; `nil` if there was none.
    public var recordedCommand: StageCommand?
    /// What a run would be.
    public var command: StageCommand
    /// What it reads; empty for a frozen stage, whose dependencies do not count.
    public var dependencies: [Dependency] = []
    /// The parameters that it reads; empty for a frozen stage.
    public var parameters: [Parameter] = []
    /// What it writes.
    public var outputs: [Output] = []
    /// True if what declares the stage was changed by hand since the stage ran.
    public var isDefinitionChanged = false
    /// True if the stage is declared to count as changed whatever its data.
    public var isAlwaysChanged = false
    /// True if nothing could tell whether the stage is up to date.
    public var isCallback = false

    /// Starts a state with commands only.
    public init(command: StageCommand, recordedCommand: StageCommand?) {
        self.command = command
        self.recordedCommand = recordedCommand
    }

    /// Why the stage has to run; empty if it has not.
    public var causes: [StaleCause] {
        var causes: [StaleCause] = []
        if let recordedCommand {
            if recordedCommand != command {
                causes.append(.command(recorded: recordedCommand, current: command))
            }
        } else {
            causes.append(isDefinitionChanged ? .definition : .neverRun)
        }
        if isCallback { causes.append(.callback) }
        if isAlwaysChanged { causes.append(.alwaysChanged) }
        for dependency in dependencies {
            guard let change = dependency.change else { continue }
            causes.append(.dependency(path: dependency.path, change))
        }
        for parameter in parameters where parameter.isChanged { causes.append(.parameter(parameter)) }
        for output in outputs {
            guard let change = output.change else { continue }
            causes.append(.output(path: output.path, change))
        }
        return causes
    }
}

/// How data differs from what is recorded of it.
public enum DataChange: Hashable, Sendable {
    /// Nothing was recorded.
    case new
    /// There is nothing at its place.
    case deleted
    /// The content is another; with the files of a directory that were added, modified and deleted, where that is known.
    case modified(FileCounts?)
    /// The store lacks it, or some of it.
    case notInCache
    /// What is pinned of a data set is not what is declared.
    case notInSync

    /// Numbers of files inside of a directory.
    public struct FileCounts: Hashable, Sendable {
        /// Files that were not recorded.
        public let added: Int
        /// Files with another content.
        public let modified: Int
        /// Recorded files that are not there.
        public let deleted: Int

        /// Puts numbers together.
        public init(added: Int, modified: Int, deleted: Int) {
            self.added = added
            self.modified = modified
            self.deleted = deleted
        }
    }
}

/// One reason for a stage to run.
public enum StaleCause: Sendable {
    /// No run of it is recorded.
    case neverRun
    /// Its command is another.
    case command(recorded: StageCommand, current: StageCommand)
    /// Its `.dvc` file was changed by hand.
    case definition
    /// Something that it reads is another.
    case dependency(path: String, DataChange)
    /// A parameter that it reads is another.
    case parameter(StageState.Parameter)
    /// Something that it wrote is not there as it was.
    case output(path: String, DataChange)
    /// It has nothing that could tell whether it is up to date.
    case callback
    /// It is declared to count as changed.
    case alwaysChanged
    /// It was asked for whatever its state.
    case forced
    /// A stage that it depends on runs.
    case upstream(String)

    /// True if data is only not here, which says nothing about its content.
    public var isMissingData: Bool {
        switch self {
        case .dependency(_, .deleted), .output(_, .deleted), .output(_, .notInCache): true
        default: false
        }
    }
}

extension YAMLValue {
    /// Equal as DVC compares parameters: the order of keys says nothing, and `1` equals `1.0`.
    public func hasSameMeaning(as other: YAMLValue) -> Bool {
        switch (self, other) {
        case (.int(let left), .float(let right)): return Double(left) == right
        case (.float(let left), .int(let right)): return left == Double(right)
        case (.bool(let left), .int(let right)): return right == (left ? 1 : 0)
        case (.int(let left), .bool(let right)): return left == (right ? 1 : 0)
        case (.sequence(let left), .sequence(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.hasSameMeaning(as: $1) }
        case (.mapping(let left), .mapping(let right)):
            guard left.count == right.count else { return false }
            let byKey = Dictionary(right.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            return left.allSatisfy { entry in
                byKey[entry.key].map { entry.value.hasSameMeaning(as: $0) } ?? false
            }
        default: return self == other
        }
    }
}
