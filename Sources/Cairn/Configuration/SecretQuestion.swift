import Synchronization

/// A way to ask the user for what nobody else should see. Each remote's is asked for once.
public final class SecretQuestion: Sendable {
    private let ask: @Sendable (String) -> String?
    private let known = Mutex<[String: String]>([:])

    /// - Parameter ask: shows a question and reads the answer without showing it; `nil` if there is none.
    public init(_ ask: @escaping @Sendable (String) -> String?) { self.ask = ask }

    /// What the user says for a remote.
    func answer(_ remote: String, _ question: String) -> String? {
        known.withLock { known in
            if let answer = known[remote] { return answer }
            let answer = ask(Array(question.utf8).printable)
            known[remote] = answer
            return answer
        }
    }
}
