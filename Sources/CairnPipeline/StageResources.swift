import CairnCore
public import CairnFormats

/// What a stage needs to itself while it runs, and how long it may take, as its `meta` says.
///
/// DVC keeps `meta` and does not look at it, so it runs the same file. Everything is optional:
///
/// ```yaml
/// meta:
///   cairn:
///     mutex: [database]        # never beside another stage that names it; one name may stand without brackets
///     resources: {gpu: 1, mem: 8G}
///     timeout: 30m             # seconds, or a number with s, m, h or d; several may follow each other: 1h30m
/// ```
///
/// Of `mem` there is as much as the machine has, of `cpu` one for each processor, and of everything else one, unless settings say
/// otherwise. `K`, `M`, `G` and `T` are steps of 1024. Other keys of `meta` are nobody's business here.
public struct StageResources: Hashable, Sendable {
    /// So much of something.
    public struct Amount: Hashable, Sendable {
        /// What it is: `gpu`, `mem`.
        public let name: String
        /// How much of it; bytes for `mem`.
        public let count: Int64

        /// Puts an amount together.
        public init(name: String, count: Int64) {
            self.name = name
            self.count = count
        }
    }

    /// What no two stages use at the same time, each name once.
    public var mutexes: [String] = []
    /// How much the stage takes of what there is, each name once.
    public var amounts: [Amount] = []
    /// How long all commands together may take.
    public var timeLimit: Duration?

    /// Nothing in particular.
    public init() {}

    private static let keys = ["mutex", "resources", "timeout"]

    /// Reads what `meta` says.
    ///
    /// - Parameters:
    ///   - meta: the value of the key; `nil` if there is none.
    ///   - stage: how errors name the stage.
    /// - Throws: `PipelineError` for unknown keys below `cairn`, and for values that mean nothing.
    public init(reading meta: YAMLValue?, of stage: String) throws(PipelineError) {
        func fault(_ explanation: String) -> PipelineError {
            PipelineError(.badDemand(stage: stage, explanation: explanation))
        }
        guard let value = meta?["cairn"], !value.isNull else { return }
        guard let entries = value.entries else { throw fault("it is not a mapping") }
        for entry in entries {
            switch entry.key.text {
            case "mutex": mutexes = try Self.names(entry.value, fault)
            case "resources": amounts = try Self.amounts(entry.value, fault)
            case "timeout":
                guard !entry.value.isNull else { continue }
                guard let limit = Self.duration(entry.value) else {
                    throw fault("timeout is not a time such as 90s, 30m or 2h")
                }
                timeLimit = limit
            default:
                let name = entry.key.text ?? ""
                let hint = EditDistance.closest(to: name, among: Self.keys)
                throw fault(
                    "unknown key '\(name.utf8.printable)'" + (hint.map { ", did you mean '\($0)'?" } ?? ""))
            }
        }
    }

    private static func names(
        _ value: YAMLValue, _ fault: (String) -> PipelineError
    ) throws(PipelineError) -> [String] {
        var names: [String] = []
        var seen: Set<[UInt8]> = []
        for item in value.items ?? (value.isNull ? [] : [value]) {
            guard let name = item.text, !name.isEmpty else {
                throw fault("mutex is neither a name nor a list of names")
            }
            if seen.insert(Array(name.utf8)).inserted { names.append(name) }
        }
        return names
    }

    private static func amounts(
        _ value: YAMLValue, _ fault: (String) -> PipelineError
    ) throws(PipelineError) -> [Amount] {
        guard !value.isNull else { return [] }
        guard let entries = value.entries else { throw fault("resources is not a mapping such as {gpu: 1}") }
        var amounts: [Amount] = []
        for entry in entries {
            guard let name = entry.key.text, !name.isEmpty else {
                throw fault("resources has a key that is not a name")
            }
            guard let count = count(entry.value) else {
                throw fault(
                    "resources.\(name.utf8.printable) is not a whole number, or one with K, M, G or T")
            }
            if count > 0 { amounts.append(Amount(name: name, count: count)) }
        }
        return amounts
    }

    /// `3`, `8G`, `512 MiB`.
    private static func count(_ value: YAMLValue) -> Int64? {
        if let count = value.int { return count < 0 ? nil : count }
        return value.text.flatMap(Quantity.count)
    }

    /// `90`, `90s`, `1h30m`.
    private static func duration(_ value: YAMLValue) -> Duration? {
        if let seconds = value.int { return seconds > 0 ? .seconds(seconds) : nil }
        guard let text = value.text?.utf8 else { return nil }
        let units: [UInt8: Int64] = [
            UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86400,
        ]
        var total: Int64 = 0
        var rest = text[...]
        while let first = rest.first {
            let digits = rest.prefix { (48...57).contains($0) }
            rest = rest.dropFirst(digits.count)
            // So long that no sum overflows.
            guard (48...57).contains(first), digits.count < 10, let number = Int64(String(Substring(digits))),
                let unit = rest.popFirst().flatMap({ units[$0] }), total < 1 << 40
            else { return nil }
            total += number * unit
        }
        return total > 0 ? .seconds(total) : nil
    }
}

/// How much there is of what stages share.
public struct StageCapacity: Sendable {
    private var amounts: [[UInt8]: Int64]

    /// Puts a capacity together.
    ///
    /// - Parameters:
    ///   - memory: bytes; 0 if it is not known, then every stage fits.
    ///   - processors: how many there are.
    ///   - others: how much there is of other things, or of these if fewer are to be used.
    public init(memory: Int64, processors: Int, others: [String: Int64] = [:]) {
        amounts = [
            Array("mem".utf8): memory > 0 ? memory : .max, Array("cpu".utf8): Int64(max(1, processors)),
        ]
        for (name, count) in others { amounts[Array(name.utf8)] = count }
    }

    /// How much there is of something: one, if nobody has said anything.
    func amount(of name: [UInt8]) -> Int64 { amounts[name] ?? 1 }
}
