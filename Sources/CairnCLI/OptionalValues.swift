/// Options whose value may be left out, as DVC has them; ArgumentParser knows no such options.
enum OptionalValues {
    /// The option, the values that it takes, and the one that it stands for alone.
    private static let options = ["--untracked-files": (values: ["all", "no"], alone: "all")]

    /// The arguments with the values that were left out.
    static func filled(in arguments: [String]) -> [String] {
        // What follows in these is a command of the user's.
        if ["stage", "run"].contains(arguments.first) { return arguments }
        var result: [String] = []
        for (index, argument) in arguments.enumerated() {
            // Behind `--` nothing is an option.
            if argument == "--" { return result + arguments[index...] }
            let next = index + 1 < arguments.count ? arguments[index + 1] : "--"
            if arguments.first == "verify", argument == "--remote", next.utf8.first == UInt8(ascii: "-") {
                // Without a name it is the default remote that is meant.
                result.append("--cloud")
                continue
            }
            guard let option = options[argument],
                index + 1 >= arguments.count || !option.values.contains(arguments[index + 1])
            else {
                result.append(argument)
                continue
            }
            result.append("\(argument)=\(option.alone)")
        }
        return result
    }
}
