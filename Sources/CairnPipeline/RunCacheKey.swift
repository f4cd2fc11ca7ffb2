public import CairnCore
public import CairnFormats

/// Where the run cache keeps what a stage has done.
///
/// Both are SHA-256 digests of the lock's entry as JSON, without sizes and numbers of files; the key knows only the names of outputs, so
/// that it can be worked out before the stage has run. The name of the stage and its folder are no part of it: equal stages share entries.
public struct RunCacheKey: Hashable, Sendable {
    /// What the stage runs on: command, dependencies, parameters, and what its outputs are called.
    public let key: Digest
    /// That, and what came of it.
    public let value: Digest

    /// Works out both digests.
    ///
    /// - Parameter stage: the entry as the lock has it or would have it.
    public init(of stage: LockedStage) {
        let entries = (stage.value.entries ?? []).filter { $0.key != "outs" }
        value = Self.digest(of: stage.value)
        let paths = YAMLValue.sequence(stage.outputs.map { .string($0.path) })
        key = Self.digest(of: .mapping(entries + [YAMLEntry("outs", paths)]))
    }

    /// The path of the entry below the folder of the run cache.
    public var path: String { "\(folder)/\(value.hex)" }

    /// The folder with all entries for the key, below that of the run cache.
    public var folder: String { "\(key.hex.prefix(2))/\(key.hex)" }

    private static func digest(of entry: YAMLValue) -> Digest {
        let json = entry.sortedForPython.json { name in
            name.utf8.elementsEqual("size".utf8) || name.utf8.elementsEqual("nfiles".utf8)
        }
        return SHA256.digest(of: json.serialized())
    }
}

extension YAMLValue {
    /// The value with the keys of each mapping in the order of Python's `sort_keys`: texts by code points, numbers by size.
    fileprivate var sortedForPython: YAMLValue {
        switch self {
        case .sequence(let items): return .sequence(items.map(\.sortedForPython))
        case .mapping(let entries):
            let sorted = entries.sorted { left, right in
                switch (left.key, right.key) {
                case (.string(let left), .string(let right)):
                    // UTF-8 sorts as code points do.
                    left.utf8.lexicographicallyPrecedes(right.utf8)
                default: left.key.number < right.key.number
                }
            }
            return .mapping(sorted.map { YAMLEntry($0.key, $0.value.sortedForPython) })
        default: return self
        }
    }

    /// What a key counts as among numbers; Python refuses to sort anything else.
    private var number: Double {
        switch self {
        case .bool(let bool): bool ? 1 : 0
        case .int(let int): Double(int)
        case .bigInt(let digits): Double(digits) ?? 0
        case .float(let float): float
        default: 0
        }
    }
}
