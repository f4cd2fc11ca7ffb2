import CairnSystem
import Glibc

extension Workbench {
    /// Prints a line, marked with the scenario and with what sizes were divided by.
    func report(_ members: [(String, JSONLine.Value)]) {
        let marks: [(String, JSONLine.Value)] = [
            ("scenario", .text(scenario?.rawValue ?? "all")), ("scale", .integer(options.scale)),
        ]
        Console.print(JSONLine(marks + members).text)
    }

    /// Prints a target, and whether it was met.
    func reportTarget(
        _ name: String, _ tree: String, _ figure: String, _ value: Double, limit: Double, isMet: Bool
    ) {
        report([
            ("target", .text(name)), ("tree", .text(tree)), ("figure", .text(figure)),
            ("value", .number(value)), ("limit", .number(limit)), ("met", .boolean(isMet)),
        ])
    }

    /// Prints how many requests to a server something took.
    func reportRequests(_ count: Int, of measurement: String, _ tree: String, _ program: String) {
        report([
            ("counted", .text(measurement)), ("tree", .text(tree)), ("program", .text(program)),
            ("requests", .integer(count)),
        ])
    }

    /// Prints that something does not take part, and why.
    func reportSkipped(_ name: String, _ reason: String, of measurement: String, _ tree: String) {
        // What was run, and what the program said first.
        let line = reason.split(separator: "\n").prefix(2).joined(separator: " ").replacing(root, with: "…")
        report([
            ("measurement", .text(measurement)), ("tree", .text(tree)), ("program", .text(name)),
            ("skipped", .text(String(line.prefix(300)))),
        ])
    }

    /// Prints what machine this is, the version of each program, and which are missing.
    func reportPrograms() throws(BenchError) {
        var system = utsname()
        uname(&system)
        let kernel = withUnsafeBytes(of: &system.release) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        report([
            ("machine", .text("Linux \(kernel)")), ("processor", .text(Self.processor)),
            ("processors", .integer(Workers.perProcessor.count)),
            ("memory_mib", .integer(Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(getpagesize()) / 1_048_576)),
        ])
        var programs = Peer.all(on: self).map { (name: $0.name, version: $0.version) }
        programs += [
            ("git", ["git", "--version"]), ("b3sum", ["b3sum", "--version"]),
            ("rclone", ["rclone", "version"]),
            ("aws", aws.map { [$0, "--version"] }), ("ceph", ["radosgw", "--version"]),
        ]
        for package in ["numpy", "pyarrow"] {
            let script = "import \(package); print('\(package)', \(package).__version__)"
            programs.append((package, python.map { [$0, "-c", script] }))
        }
        for (name, version) in programs {
            do throws(BenchError) {
                guard let version else { throw BenchError(reasonForLack(of: name) ?? "it is not installed") }
                let answer = try Program(version, in: root).output(environment)
                report([("program", .text(name)), ("version", .text(answer))])
            } catch {
                let reason = reasonForLack(of: name) ?? String(error.description.prefix { $0 != "\n" })
                report([("program", .text(name)), ("skipped", .text(reason))])
            }
        }
    }

    /// What the processor calls itself.
    private static var processor: String {
        let text = String(decoding: Disk.read("/proc/cpuinfo") ?? [], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? "unknown"
    }
}
