import ArgumentParser

@main
struct CairnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn", abstract: "Version data beside code", version: "0.1.0")
}
