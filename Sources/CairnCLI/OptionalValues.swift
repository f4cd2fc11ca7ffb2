/// Options whose value may be left out, as DVC has them; ArgumentParser knows no such options.
enum OptionalValues {
    /// The option, the values that it takes, and the one that it stands for alone.
    private static let options = ["--untracked-files": (values: ["all", "no"], alone: "all")]

    /// The arguments with the values that were left out.
    static func filled(in arguments: [String]) -> [String] {
        var result: [String] = []
        for (index, argument) in arguments.enumerated() {
            // Behind `--` nothing is an option.
            if argument == "--" { return result + arguments[index...] }
            guard let option = options[argument], index + 1 >= arguments.count || !option.values.contains(arguments[index + 1]) else {
                result.append(argument)
                continue
            }
            result.append("\(argument)=\(option.alone)")
        }
        return result
    }
}
