import CairnCore
public import CairnSystem

/// Stages that cannot be run as they are described.
public struct PipelineError: Error, Hashable, Sendable {
    /// What is wrong, with everything that it concerns.
    public enum Reason: Hashable, Sendable {
        /// Two stages, or one stage twice, write the same path.
        case outputTwice(path: StagePath, first: String, second: String)
        /// One output is a folder that another one lies in.
        case outputsOverlap(outer: StagePath, outerStage: String, inner: StagePath, innerStage: String)
        /// A stage reads what it writes.
        case readsOwnOutput(stage: String, input: StagePath, output: StagePath)
        /// Stages wait for each other in a circle: each for the next one, and the last for the first.
        case cycle([CycleLink])
        /// The file that describes a stage lies in an output, which is removed before its stage runs.
        case stageFileInOutput(file: RepoPath, stage: String, output: StagePath, outputStage: String)
        /// What `meta` asks for cannot be read.
        case badDemand(stage: String, explanation: String)
        /// A stage wants more of something than there is.
        case demandExceedsAll(stage: String, resource: String, wanted: Int64, available: Int64)
        /// A journal has something in its middle that was not written by us; `offset` is in bytes.
        case damagedJournal(file: FilePath, offset: Int)
        /// Another process writes this journal.
        case journalInUse(file: FilePath)
        /// The operating system refused.
        case system(SystemError)
    }

    /// What one stage of a circle waits for.
    public struct CycleLink: Hashable, Sendable {
        /// The stage.
        public let stage: String
        /// What it reads that the next one of the circle writes.
        public let input: StagePath

        /// Puts a link together.
        public init(stage: String, input: StagePath) {
            self.stage = stage
            self.input = input
        }
    }

    /// What is wrong.
    public let reason: Reason

    /// Puts an error together.
    public init(_ reason: Reason) { self.reason = reason }

    /// One sentence without a full stop.
    public var message: String {
        switch reason {
        case .outputTwice(let path, let first, let second):
            return first.utf8.elementsEqual(second.utf8)
                ? "stage '\(shown(first))' has the output '\(path)' twice"
                : "'\(path)' is an output of two stages, '\(shown(first))' and '\(shown(second))'"
        case .outputsOverlap(let outer, let outerStage, let inner, let innerStage):
            return
                "the output '\(inner)' of stage '\(shown(innerStage))' lies in '\(outer)', which is an output of '\(shown(outerStage))'"
        case .readsOwnOutput(let stage, let input, let output):
            return input == output
                ? "'\(input)' is both a dependency and an output of stage '\(shown(stage))'"
                : "stage '\(shown(stage))' depends on '\(input)' and has the output '\(output)', which overlap"
        case .cycle(let links):
            let parts = links.indices.map { index in
                let next = links[(index + 1) % links.count].stage
                return "'\(shown(links[index].stage))' needs '\(links[index].input)' of '\(shown(next))'"
            }
            return "the pipeline has a cycle: " + parts.joined(separator: ", ")
        case .stageFileInOutput(let file, let stage, let output, let outputStage):
            return
                "'\(file)', which describes stage '\(shown(stage))', lies in '\(output)', an output of '\(shown(outputStage))'"
        case .badDemand(let stage, let explanation):
            return "meta.cairn of stage '\(shown(stage))': \(explanation)"
        case .demandExceedsAll(let stage, let resource, let wanted, let available):
            return
                "stage '\(shown(stage))' wants \(resource): \(shown(wanted)), but there is no more than \(shown(available))"
        case .damagedJournal(let file, let offset):
            return "'\(file.bytes.printable)' is damaged at byte \(offset)"
        case .journalInUse(let file):
            return "another process is running stages of this repository: it writes '\(file.bytes.printable)'"
        case .system(let error):
            return "cannot \(error.operation) '\(error.path.bytes.printable)': \(error.errno)"
        }
    }

    /// A number, or one with the largest unit of which there is at least one.
    private func shown(_ count: Int64) -> String {
        for (shift, unit) in [(40, "T"), (30, "G"), (20, "M")] as [(Int64, String)] where count >> shift > 0 {
            let tenths = (count >> shift) * 10 + (((count & ((1 << shift) - 1)) * 10) >> shift)
            return tenths % 10 == 0 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
        }
        return String(count)
    }

    private func shown(_ name: String) -> String { name.utf8.printable }
}
