import CairnCore
import CairnFormats
import CairnGit
import CairnPipeline
import CairnStore
import CairnSystem
import CairnTransfer

extension CairnError {
    /// The error in the words of the command line; wording for lower targets lives here and nowhere else.
    public init(_ error: any Error) {
        switch error {
        case let error as CairnError: self = error
        case let error as SystemError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as FormatsError: self.init(error)
        case let error as GitError: self.init(error)
        case let error as PipelineError: self.init(error)
        case let error as TreeWalkError: self.init(error)
        case let error as PipelineError: self.init(error)
        default: self.init(.internal, "unexpected error: \(error)")
        }
    }

    /// Words for a refusal of the operating system.
    public init(_ error: SystemError) {
        let path = error.path.bytes.printable
        let what = path.isEmpty ? "cannot \(error.operation)" : "cannot \(error.operation) '\(path)'"
        switch error.errno {
        case .interrupted:
            self.init(
                .interrupted, "stopped",
                hint: "what is finished is kept; run the same command again to go on",
                dvc: "interrupted by the user")
        case .permissionDenied, .notPermitted: self.init(.denied, "\(what): permission denied")
        case .readOnlyFileSystem: self.init(.denied, "\(what): the file system is read-only")
        case .noSpace, .diskQuotaExceeded:
            self.init(.io, "\(what): no space left", hint: "free some space and run the same command again")
        case .tooManyOpenFiles:
            self.init(.io, "\(what): too many open files", hint: "raise the limit with `ulimit -n`")
        case .noSuchFileOrDirectory: self.init(.notFound, "\(what): it does not exist")
        case .illegalByteSequence: self.init(.damaged, "\(what): its bytes are not what they should be")
        default: self.init(.io, "\(what): \(error.errno)")
        }
    }

    /// Words for a failure of a store.
    public init(_ error: StoreError) {
        let path = error.path.bytes.printable
        switch error.reason {
        case .missing(let id):
            self.init(
                .missing, "object \(id.text) is not in '\(path)'",
                hint: "run `cairn fetch` to get it from the remote")
        case .damaged(let id):
            self.init(.damaged, "object \(id.text) is damaged: the bytes of '\(path)' do not match its name")
        case .unreadableListing(let id, let why):
            self.init(.damaged, "the listing \(id.text) in '\(path)' cannot be used: \(why)")
        case .io(let errno): self.init(SystemError(errno, "use", error.path))
        case .cannotLink(let types):
            self.init(
                .io,
                "'\(path)' cannot be linked from the cache as \(types.map(\.rawValue).joined(separator: " or "))",
                hint:
                    "allow copies with `cairn config cache.type \(types.map(\.rawValue).joined(separator: ",")),copy`"
            )
        case .changing:
            self.init(.conflict, "'\(path)' changed while it was worked on", hint: "run the command again")
        case .unsupportedFile: self.init(.usage, "'\(path)' is not a regular file")
        case .noSpace(let needed, let free):
            self.init(
                .io,
                "not enough space for '\(path)': \(Words.bytes(needed)) needed, \(Words.bytes(free)) free",
                hint: "free some space and run the same command again")
        case .missingPart(let key, let id):
            let whole = id.map { " of object \($0.text)" } ?? ""
            self.init(
                .missing, "\(key)\(whole) is in no pack of the store '\(path)'",
                hint: "run `cairn fetch` to get it from the remote")
        case .readOnly(let features):
            self.init(
                .denied,
                "the store '\(path)' cannot be written to by this version of cairn: it lacks \(features.joined(separator: ", "))",
                hint: "install a newer version")
        case .busy:
            self.init(
                .locked, "the store '\(path)' is in use by a command that needs it for itself",
                hint: "wait until `cairn gc` has ended, and run the command again")
        case .malformed(let fault):
            self.init(.damaged, "'\(path)' cannot be used: \(fault)", hint: Self.hint(fault))
        case .index(let code, let text):
            self.init(
                .io, "the stat index '\(path)' cannot be used: \(text) (\(code))",
                hint: "it may be deleted: `rm '\(path)'*`")
        }
    }

    /// What to do about a file of a packed store that cannot be used; a damaged one may look as if it were for a newer program.
    private static func hint(_ fault: FormatError) -> String {
        let repair =
            switch fault.part {
            case .segment: "write the index anew from the packs: `cairn repair`"
            case .marker: "write a new marker: `cairn repair`"
            default: "heal it from other copies: `cairn repair`"
            }
        return switch (fault.part, fault.problem) {
        // The version in it never changes.
        case (.marker, .unknownFeatures): "install a newer version of cairn"
        case (.marker, .unknownVersion): repair
        case (_, .unknownFeatures), (_, .unknownVersion):
            "install a newer version of cairn; or, if no newer one was used here, \(repair)"
        default: repair
        }
    }

    /// Words for a text that is not of its format.
    public init(_ error: FormatsError) {
        let place = error.location.map { ":\($0.line):\($0.column)" } ?? ""
        let quote =
            if let location = error.location, let text = error.quote {
                "\n    \(location.line) | \(text)"
            } else {
                ""
            }
        self.init(
            .config, (error.file.isEmpty ? error.reason : "\(error.file)\(place): \(error.reason)") + quote)
    }

    /// Words for a failure of git's library.
    public init(_ error: GitError) {
        if error.reason == .unknownRevision || error.reason == .ambiguousRevision {
            let text = error.operation.utf8.dropFirst("find the commit ".utf8.count)
            let revision = String(decoding: text, as: UTF8.self)
            let isAmbiguous = error.reason == .ambiguousRevision
            let isPlain = error.message.utf8.starts(with: "unknown Git revision".utf8)
            self.init(
                .notFound,
                isAmbiguous
                    ? "\(revision) is no single revision: \(error.message)"
                    : "\(revision) is no revision that git knows\(isPlain ? "" : ": \(error.message)")",
                hint: error.hint,
                dvc: "\(isAmbiguous ? "ambiguous" : "unknown") Git revision \(revision)")
            return
        }
        let kind: Kind =
            switch error.reason {
            case .unknownRevision, .ambiguousRevision: .notFound
            case .missingObject: .missing
            case .foreignOwner: .denied
            case .locked: .locked
            case .unsupported, .notStageable, .failed: .io
            }
        self.init(kind, "cannot \(error.operation): \(error.message)", hint: error.hint)
    }

    /// Words for a tree that cannot be walked.
    public init(_ error: TreeWalkError) {
        switch error {
        case .system(let error): self.init(error)
        case .unsupported(let path, let kind):
            let name =
                switch kind {
                case .fifo: "a FIFO"
                case .socket: "a socket"
                default: "a device"
                }
            self.init(
                .usage, "'\(path.bytes.printable)' is \(name), which cannot be versioned",
                hint: "move it away or name it in .dvcignore")
        case .loop(let path):
            self.init(.usage, "'\(path.bytes.printable)' is a symbolic link to a folder that contains it")
        }
    }
}

/// Small pieces of wording that several messages need.
public enum Words {
    /// A number of bytes in binary units: `512 B`, `1.5 KiB`, `3.2 GiB`.
    public static func bytes(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = -1
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int64((value * 10).rounded())
        return value >= 100
            ? "\(Int64(value.rounded())) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// A time in the largest unit of which it has a whole number: `1 day`, `36 hours`, `90 minutes`.
    public static func duration(seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        let unit = units.first { seconds % $0.0 == 0 && seconds > 0 } ?? (1, "second")
        return count(Int(clamping: seconds / unit.0), unit.1)
    }

    /// `a, b and c`; `nil` for nothing.
    public static func joined(_ words: [String]) -> String? {
        guard let last = words.last else { return nil }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `1 file`, `2 files`.
    public static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
