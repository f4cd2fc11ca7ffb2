import CairnSystem

/// The shell that runs the commands of stages.
public struct StageShell: Hashable, Sendable {
    /// Its file or name, as `SHELL` has it.
    public let program: [UInt8]
    /// What it is told before the command, so that no configuration of the user's changes what the command does.
    public let options: [String]

    /// Takes the shell that DVC would take: that of `SHELL`, else `/bin/sh`.
    ///
    /// - Parameter environment: that of the commands, `NAME=value` each. Fish is asked for its version.
    public init(environment: [[UInt8]]) {
        program =
            Self.value(of: "SHELL", in: environment).flatMap { $0.isEmpty ? nil : Array($0) }
            ?? Array("/bin/sh".utf8)
        let name = program.split(separator: UInt8(ascii: "/")).last.map {
            String(decoding: $0, as: UTF8.self)
        }
        switch name?.lowercased() {
        case "bash": options = ["--noprofile", "--norc"]
        case "zsh": options = ["--no-rcs"]
        case "fish": options = Self.canSkipConfiguration(fish: program, environment) ? ["--no-config"] : []
        default: options = []
        }
    }

    /// The arguments with which it runs a command.
    func arguments(for command: [UInt8]) -> [[UInt8]] {
        options.map { Array($0.utf8) } + [Array("-c".utf8), command]
    }

    /// Fish can do without its configuration from version 3.3 on.
    private static func canSkipConfiguration(fish: [UInt8], _ environment: [[UInt8]]) -> Bool {
        var text: [UInt8] = []
        let launch = ProcessLaunch(
            program: fish, arguments: [Array("--version".utf8)], environment: environment, folder: "/")
        let end = try? ProcessGroup.run(launch, timeLimit: .seconds(5)) { stream, piece in
            if stream == .output, text.count < 1000 { text += piece }
        }
        guard end?.isSuccess == true else { return false }
        return isAtLeast3Dot3(version: text)
    }

    /// Reads `fish, version 3.6.0`.
    static func isAtLeast3Dot3(version text: [UInt8]) -> Bool {
        let word = text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.last ?? []
        let numbers = word.split(separator: UInt8(ascii: ".")).map { part in
            Int(String(decoding: part.prefix { (48...57).contains($0) }, as: UTF8.self)) ?? -1
        }
        guard numbers.count > 1, numbers[0] >= 0 else { return false }
        return numbers[0] > 3 || (numbers[0] == 3 && numbers[1] >= 3)
    }

    /// The value of a variable; the last one of its name counts.
    static func value(of name: String, in environment: [[UInt8]]) -> ArraySlice<UInt8>? {
        let start = Array(name.utf8) + [UInt8(ascii: "=")]
        return environment.last { $0.starts(with: start) }.map { $0.dropFirst(start.count) }
    }
}
