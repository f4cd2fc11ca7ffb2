/// When a command ends with exit code 1: a clause that goes on after "1"; `nil` for those that never do.
enum DocumentationExitCodes {
    static let no: [String: String?] = [
        "init": nil,
        "add": "if files of a directory could not be read, for different reasons",
        "checkout": "if some outputs could not be brought to what their pointers say",
        "push": "if some data could not be pushed and the rest was",
        "fetch": "if some data could not be fetched and the rest was",
        "pull": "if some data could not be fetched or checked out and the rest was",
        "status": "with `--exit-code` or `-q` if anything differs",
        "config": "if the setting that is asked for is not set",
        "remote add": nil,
        "remote default": "if no remote is the default",
        "remote modify": nil,
        "remote list": nil,
        "remote remove": nil,
        "remote rename": nil,
        "cache dir": nil,
        "root": nil,
        "check-ignore": "if no rule decides about any of the paths",
        "destroy": nil,
        "version": nil,
        "completion": nil,
    ]
}
