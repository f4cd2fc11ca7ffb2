import CairnCore
import CairnFormats

extension Workspace {
    /// Keeps secrets out of the pointer file of an import from a repository, which goes into git; as dvc, which writes them, it is only said.
    ///
    /// - Parameters:
    ///   - options: settings of the other repository's remote that the pointer is to hold.
    ///   - address: where that repository is.
    /// - Throws: `CairnError` of kind `config` with what to type instead.
    func refuseSecrets(
        in options: [(name: String, value: String)], inAddress address: String, _ reporter: any Reporter
    ) throws {
        let hint = "leave it out, and let git ask a credential helper: `git config credential.helper`"
        switch SourceAddress.credentials(in: address) {
        case .none: break
        case .user:
            reporter.warn(
                "the address names a user, whom the pointer file will show to everybody who has the repository",
                hint: "leave it out if it is a token, and let git ask a credential helper")
        case .password: try refuse("a password in the address", hint, reporter)
        }
        for option in options where isSecret(option) {
            try refuse(
                "'\(option.name)'",
                "name a profile instead (`--remote-config profile=NAME`), or use the environment",
                reporter)
        }
    }

    /// The same for an import from a URL.
    func refuseSecrets(
        in options: [(name: String, value: String)], inURL url: String, _ reporter: any Reporter
    ) throws {
        let command = personality.command
        for option in options + [("url", url)] where isSecret(option) {
            try refuse(
                option.name == "url" ? "a password in the URL" : "'\(option.name)'",
                "make the place a remote (`\(command) remote add NAME URL`), keep the secret with `\(command) remote modify --local NAME OPTION VALUE`, and import from `remote://NAME/PATH`",
                reporter)
        }
    }

    private func isSecret(_ option: (name: String, value: String)) -> Bool {
        let key = ConfigKey(.remote("source"), option.name.lowercased())
        return TrackedSecret(key, option.value, at: .repository) != nil
    }

    private func refuse(_ what: String, _ hint: String, _ reporter: any Reporter) throws {
        let message = "\(what) is a secret, and the pointer file of an import goes into git"
        guard personality == .dvc else { throw CairnError(.config, message, hint: hint) }
        reporter.warn(message, hint: hint)
    }
}
