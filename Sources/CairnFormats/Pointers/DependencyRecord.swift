import CairnCore

/// A dependency of an import or of a locked stage.
public struct DependencyRecord: Hashable, Sendable {
    /// The path or URL as written; `nil` for a database.
    public var path: String?
    /// What is known about its bytes.
    public var content: ContentRecord
    /// The repository that the data is imported from.
    public var repository: ImportedRepository?
    /// The query of an import from a database.
    public var database: YAMLValue?
    /// The locked entry of a data set (`ds://name`).
    public var dataset: YAMLValue?
    /// Settings of the file system it is on.
    public var fileSystemConfig: YAMLValue?

    /// Puts a dependency together.
    public init(path: String?, content: ContentRecord = ContentRecord()) {
        self.path = path
        self.content = content
    }

    /// The object; see `ContentRecord.id`.
    public var id: ObjectID? { content.id }
}

/// Another repository that data comes from.
public struct ImportedRepository: Hashable, Sendable {
    /// Where it is: a URL or a path.
    public var url: String
    /// The revision that was asked for; `nil` for the default branch.
    public var revision: String?
    /// The commit that the data is of.
    public var lockedRevision: String?
    /// A configuration file there, or options.
    public var config: YAMLValue?
    /// The remote there that has the data, or its options.
    public var remote: YAMLValue?

    /// Puts a repository together.
    public init(url: String, revision: String? = nil, lockedRevision: String? = nil) {
        self.url = url
        self.revision = revision
        self.lockedRevision = lockedRevision
    }
}

extension DependencyRecord {
    private static let pointerKeys = ContentRecord.keys + ["path", "persist", "repo", "db", "fs_config"]
    static let lockKeys = ContentRecord.keys + ["path", "dataset"]

    /// Reads an entry of `deps`.
    ///
    /// - Throws: `FormatsError` for unknown keys, values of the wrong kind and a missing path.
    init(reading node: YAMLNode, of document: YAMLDocument, label: String, isLocked: Bool)
        throws(FormatsError)
    {
        let keys = isLocked ? Self.lockKeys : Self.pointerKeys
        let reader = try MappingReader(node, of: document, label: label, allowed: keys)
        let hasDatabase = reader.node("db") != nil
        let path: String? = hasDatabase && reader.node("path") == nil ? nil : try reader.path()
        self.init(path: path, content: try ContentRecord(reading: reader))
        fileSystemConfig = try reader.mapping("fs_config", allowed: nil)?.value
        dataset = try reader.mapping("dataset", allowed: nil)?.value
        database = try reader.mapping("db", allowed: ["query", "connection", "file_format", "table"])?.value
        if let source = try reader.mapping("repo", allowed: ["url", "rev", "rev_lock", "config", "remote"]) {
            var repository = ImportedRepository(url: try source.path("url"))
            repository.revision = try source.writtenText("rev")
            repository.lockedRevision = try source.writtenText("rev_lock")
            repository.config = try source.textOrMapping("config")
            repository.remote = try source.textOrMapping("remote")
            self.repository = repository
        }
    }

    /// The entry as a pointer file has it, in DVC's order.
    func pointerValue() -> YAMLValue {
        if let repository {
            return .mapping([YAMLEntry("path", .string(path ?? "")), YAMLEntry("repo", repository.value)])
        }
        var entries = content.pointerEntries()
        entries += content.hashNameEntries()
        if let path { entries.append(YAMLEntry("path", .string(path))) }
        if let database { entries.append(YAMLEntry("db", database)) }
        if let fileSystemConfig { entries.append(YAMLEntry("fs_config", fileSystemConfig)) }
        return .mapping(entries + content.fileEntries())
    }

    /// The entry as a lock has it.
    func lockValue() -> YAMLValue {
        let path = YAMLEntry("path", .string(path ?? ""))
        if let dataset { return .mapping([path, YAMLEntry("dataset", dataset)]) }
        return .mapping([path] + content.lockEntries())
    }
}

extension ImportedRepository {
    fileprivate var value: YAMLValue {
        var entries = [YAMLEntry("url", .string(url))]
        if let revision { entries.append(YAMLEntry("rev", .string(revision))) }
        if let lockedRevision { entries.append(YAMLEntry("rev_lock", .string(lockedRevision))) }
        if let config { entries.append(YAMLEntry("config", config)) }
        if let remote { entries.append(YAMLEntry("remote", remote)) }
        return .mapping(entries)
    }
}
