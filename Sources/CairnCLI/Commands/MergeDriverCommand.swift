import ArgumentParser
import Cairn
import CairnSystem

/// `git-hook merge-driver`.
struct MergeDriverHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "merge-driver",
        abstract: "Merge two versions of a pointer, a lock or a .gitignore by what they say.",
        discussion: """
            The result replaces the file of --our. Exit code 1 means that both sides changed the same path or stage in different ways; what, is \
            said line by line.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("The version from which both began.", valueName: "file"))
    var ancestor: String

    @Option(help: ArgumentHelp("Our version.", valueName: "file"))
    var our: String

    @Option(help: ArgumentHelp("Their version.", valueName: "file"))
    var their: String

    @Option(help: ArgumentHelp("Where the file belongs, from the top of the work tree.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("How long the marks of a conflict are.", valueName: "number"))
    var marks: Int = 7

    func run(in context: Context) throws -> Outcome {
        let folder = context.surroundings.workingDirectory
        var request = MergeRequest(
            ancestor: folder.pushing(FilePath(ancestor)), ours: folder.pushing(FilePath(our)),
            theirs: folder.pushing(FilePath(their)), path: path)
        request.marks = marks
        let conflicts = try context.hook.merge(request)
        for conflict in conflicts { context.output.fail(conflict) }
        return conflicts.isEmpty ? .done : .no
    }
}
