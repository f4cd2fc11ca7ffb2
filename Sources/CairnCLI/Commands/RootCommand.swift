import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn root`.
struct RootCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "root", abstract: "Show the path from here to the top of the workspace.")

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) throws -> Outcome {
        // The configuration may be what is broken.
        guard let root = try ConfigurationFiles.around(context.surroundings).root else {
            _ = try context.workspace()
            return .no
        }
        let current = try context.surroundings.workingDirectory.resolved().bytes.split(
            separator: UInt8(ascii: "/"))
        let depth = current.count - root.bytes.split(separator: UInt8(ascii: "/")).count
        try context.output.data(
            depth == 0 ? "." : Array(repeating: "..", count: depth).joined(separator: "/"))
        return .done
    }
}
