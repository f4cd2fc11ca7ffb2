import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// Options that every command takes.
struct GlobalOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing but errors.")
    var quiet: Int

    @Flag(name: .shortAndLong, help: "Say more; turns the progress line off.")
    var verbose: Int

    func validate() throws {
        if quiet > 0 && verbose > 0 { throw ValidationError("--quiet and --verbose contradict each other") }
    }
}

/// Options in front of the command, as the user typed them.
///
/// They are taken off before the command is parsed, because the same letters may mean something else behind it.
struct LeadingOptions: Equatable {
    var folders: [String] = []
    var quiet = 0
    var verbose = 0
    var waitsForLock = false
    var wantsVersion = false
    /// The command and everything behind it.
    var rest: [String] = []

    /// Takes options off the front of arguments, up to the first that is none of ours.
    ///
    /// - Throws: `CairnError` of kind `usage` for an option without its value.
    init(parsing arguments: [String]) throws(CairnError) {
        var arguments = arguments[...]
        while let argument = arguments.first {
            switch argument {
            case "-C", "--cd":
                guard let folder = arguments.dropFirst().first else {
                    throw CairnError(.usage, "missing value for '\(argument) <folder>'")
                }
                folders.append(folder)
                arguments = arguments.dropFirst()
            case "-q", "--quiet": quiet += 1
            case "-v", "--verbose": verbose += 1
            case "--wait-for-lock": waitsForLock = true
            case "-V", "--version": wantsVersion = true
            default:
                guard argument.utf8.starts(with: "--cd=".utf8) else {
                    rest = Array(arguments)
                    return
                }
                folders.append(String(argument.utf8.dropFirst(5)) ?? "")  // a suffix after ASCII is UTF-8
            }
            arguments = arguments.dropFirst()
        }
    }
}

/// What the help of the program says about the options in front of a command; they are parsed by `LeadingOptions`.
struct DocumentedLeadingOptions: ParsableArguments {
    @Option(
        name: [.customShort("C"), .customLong("cd")],
        help: ArgumentHelp("Work as if started in this folder.", valueName: "folder"), completion: .directory)
    var folder: [String] = []

    @Flag(name: .long, help: "Wait for another process in the workspace for as long as it takes.")
    var waitForLock = false

    @Flag(name: .shortAndLong, help: "Say nothing but errors.")
    var quiet: Int

    @Flag(name: .shortAndLong, help: "Say more; turns the progress line off.")
    var verbose: Int

    @Flag(name: [.customShort("V"), .long], help: "Show the version.")
    var version = false
}
