import CairnCore

/// An output in a pipeline file.
public struct StageOutput: Hashable, Sendable {
    /// The list that the output is in.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Data.
        case output = "outs"
        /// Numbers to compare.
        case metric = "metrics"
        /// Series to draw.
        case plot = "plots"
    }

    /// The list that it is in.
    public let kind: Kind
    /// The path as written.
    public let path: String
    /// False if the data stays out of the store.
    public let isCached: Bool
    /// False if the data is never pushed.
    public let isPushed: Bool
    /// True if it stays in place while the stage runs.
    public let isPersistent: Bool
    /// The only remote that the data goes to and comes from.
    public let remote: String?
    /// What people wrote about it.
    public let annotations: OutputRecord.Annotations
    /// How to draw a plot: a mapping or a list of mappings; `nil` if nothing is said.
    public let plot: YAMLValue?
    /// True if the path is filled in from parameters.
    public var isTemplated: Bool { path.isTemplated }
}

extension StageOutput {
    private static let keys = [
        "cache", "persist", "checkpoint", "remote", "push", "desc", "type", "labels", "meta",
    ]
    private static let plotKeys = ["template", "x", "y", "x_label", "y_label", "title", "header"]

    /// Reads `outs`, `metrics` and `plots` of a stage.
    ///
    /// A path that is twice in one list is one output, with the flags of both, as in DVC.
    ///
    /// - Throws: `FormatsError` for unknown flags, values of the wrong kind, and a path that is in two of the lists.
    static func read(_ stage: MappingReader) throws(FormatsError) -> [StageOutput] {
        var outputs: [StageOutput] = []
        var seen: Set<[UInt8]> = []
        for kind in Kind.allCases {
            var written: [Written] = []
            var places: [[UInt8]: Int] = [:]
            for (index, item) in (try stage.items(kind.rawValue) ?? []).enumerated() {
                let label = "\(stage.name(of: kind.rawValue))[\(index)]"
                for one in try read(item, of: stage.document, label: label) {
                    let path = Array(one.path.utf8)
                    if let place = places[path] {
                        written[place].flags = stage.document.merged(written[place].flags, one.flags)
                        continue
                    }
                    guard seen.insert(path).inserted else {
                        throw stage.document.error(at: item, "the output '\(path.printable)' is there twice")
                    }
                    places[path] = written.count
                    written.append(one)
                }
            }
            for one in written {
                outputs.append(try StageOutput(kind: kind, one, of: stage.document))
            }
        }
        return outputs
    }

    /// A path with its flags as they stand in the text.
    private struct Written {
        let path: String
        var flags: YAMLNode?
        let label: String
    }

    /// One item: a path, or a mapping from paths to flags.
    private static func read(
        _ item: YAMLNode, of document: YAMLDocument, label: String
    ) throws(FormatsError) -> [Written] {
        if let value = document.value(ofScalar: item) {
            guard let path = value.text, !path.isEmpty else {
                throw document.error(
                    at: item, "\(label) is \(value.text == nil ? value.kindName : "empty"), not a path")
            }
            return [Written(path: path, flags: nil, label: label)]
        }
        return try MappingReader(item, of: document, label: label, allowed: nil).entries.map { entry in
            let inner = "\(label).\(Array(entry.name.utf8).printable)"
            return Written(path: entry.name, flags: entry.value, label: inner)
        }
    }

    private init(kind: Kind, _ written: Written, of document: YAMLDocument) throws(FormatsError) {
        let (path, label) = (written.path, written.label)
        guard let node = written.flags else {
            self.init(
                kind: kind, path: path, isCached: true, isPushed: true, isPersistent: false, remote: nil,
                annotations: OutputRecord.Annotations(), plot: nil)
            return
        }
        var flags: MappingReader?
        var plot: YAMLValue?
        let allowed = kind == .plot ? Self.keys + Self.plotKeys : Self.keys
        if kind == .plot, let items = document.items(of: node) {
            // Several ways to draw one file: the flags are those of the first.
            for (index, item) in items.enumerated() {
                let one = try MappingReader(item, of: document, label: "\(label)[\(index)]", allowed: allowed)
                try one.checkPlotOutput()
                if index == 0 { flags = one }
            }
            plot = document.value(of: node)
        } else if document.value(ofScalar: node)?.isNull != true {
            let one = try MappingReader(node, of: document, label: label, allowed: allowed)
            flags = one
            if kind == .plot { try one.checkPlotOutput() }
            if kind == .plot, one.entries.contains(where: { Self.plotKeys.contains($0.name) }) {
                plot = one.value
            }
        }
        var annotations = OutputRecord.Annotations()
        annotations.description = try flags?.text("desc")
        annotations.type = try flags?.text("type")
        annotations.labels = try flags?.texts("labels")
        annotations.meta = flags?.any("meta")
        self.init(
            kind: kind, path: path, isCached: try flags?.bool("cache") ?? true,
            isPushed: try flags?.bool("push") ?? true,
            isPersistent: try flags?.bool("persist") ?? false, remote: try flags?.text("remote"),
            annotations: annotations, plot: plot)
    }
}

extension YAMLDocument {
    /// The flags of one mapping with those of another, which count where both have one.
    fileprivate func merged(_ left: YAMLNode?, _ right: YAMLNode?) -> YAMLNode? {
        guard let left, let right, let first = pairs(of: left), let second = pairs(of: right) else {
            return right ?? left
        }
        let pairs = (first + second).map { (key: $0.key, keyValue: $0.keyValue, value: $0.value) }
        return YAMLNode(pairs: pairs, at: right.range)
    }
}
