import Cairn

extension Context {
    /// Keeps a secret out of a file that goes into git; as dvc, which allows it, only says so.
    ///
    /// - Throws: `CairnError` of kind `config` with what to type instead.
    func guardSecret(
        _ key: ConfigKey, _ value: String, at level: Configuration.Level
    ) throws {
        guard let secret = TrackedSecret(key, value, at: level) else { return }
        guard personality == .dvc else { throw CairnError(.config, secret.message, hint: secret.hint) }
        output.warn(secret.message)
    }
}
