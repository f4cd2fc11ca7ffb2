import Cairn

/// How a command that did not fail ended.
enum Outcome {
    /// Everything is done, or the answer is yes.
    case done
    /// The answer is no, or some items failed and were reported.
    case no

    /// What the shell gets.
    var exitCode: Int32 { self == .done ? 0 : 1 }
}

/// What the shell gets for a failure: one table for both programs.
enum ExitCode {
    /// The arguments cannot be understood.
    static func wrongUsage(_ personality: Personality) -> Int32 { personality == .dvc ? 254 : 129 }

    /// The reader of standard output went away.
    static let brokenPipe: Int32 = 141

    /// The code of a failure.
    ///
    /// - Parameter isCaught: as dvc, some commands deal with their failures themselves and give 1 for nearly everything.
    static func of(_ kind: CairnError.Kind, _ personality: Personality, isCaught: Bool) -> Int32 {
        let row = row(kind)
        guard personality == .dvc else { return row.cairn }
        return isCaught && !row.isNeverCaught ? 1 : row.dvc
    }

    private static func row(
        _ kind: CairnError.Kind
    ) -> (cairn: Int32, dvc: Int32, isNeverCaught: Bool) {
        switch kind {
        case .usage: (129, 255, false)
        case .config: (128, 251, false)
        case .notRepository: (128, 253, true)
        case .notFound: (128, 255, false)
        case .missing: (128, 255, false)
        case .damaged: (128, 255, false)
        case .conflict: (128, 255, false)
        case .locked: (128, 255, false)
        case .io: (128, 255, false)
        case .network: (128, 255, false)
        case .denied: (128, 255, false)
        case .stageFailed: (1, 255, false)
        case .interrupted: (130, 252, true)
        case .partial: (1, 255, false)
        case .internal: (128, 255, true)
        }
    }
}
