import CairnCore
import CairnSystem

extension CredentialFinder {
    /// The key that a program tells.
    ///
    /// Source: "Sourcing credentials with an external process" of the AWS SDKs and Tools Reference Guide.
    func processKey(_ command: String, of profile: AmazonProfile) throws(RemoteError) -> S3Credentials {
        try guardTrust("credential_process", of: profile)
        let what = "credential_process of profile '\(profile.name)'"
        guard let words = CommandWords.split(command), let program = words.first else {
            throw RemoteError(.noCredentials("\(what) is no command line: is there a quote without an end?"))
        }
        let output: ChildProcess.Output
        do throws(SystemError) {
            output = try surroundings.run(words)
        } catch {
            if error.errno == .interrupted { throw RemoteError(.interrupted) }
            throw RemoteError(.noCredentials("\(what) cannot be run: '\(program)': \(error.errno)"))
        }
        guard output.exitCode == 0 else {
            throw RemoteError(.noCredentials("\(what) failed: '\(program)' ended with \(output.exitCode)"))
        }
        let document = try CredentialDocument(output.bytes, what)
        guard document.version == 1 else {
            throw RemoteError(.noCredentials("\(what) does not print \"Version\": 1"))
        }
        return try document.key(token: "SessionToken", isTemporary: false)
    }
}

/// A key as services and programs tell it, in JSON.
struct CredentialDocument {
    private let members: JSONMembers
    private let what: String

    /// Reads a document.
    ///
    /// - Parameter what: who told it, for messages.
    init(_ bytes: [UInt8], _ what: String) throws(RemoteError) {
        do throws(PythonJSONError) {
            members = try JSONMembers(reading: bytes)
        } catch {
            throw RemoteError(.noCredentials("what \(what) answers is no JSON object"))
        }
        self.what = what
    }

    /// The version of its form.
    var version: Int? {
        if case .number(let text) = members["Version"] { return Int(text) }
        return nil
    }

    /// A word of the service for how it went.
    var code: String? { members.text("Code") }

    /// The key in it.
    ///
    /// - Parameters:
    ///   - token: the name of the member with what comes with a key for some time only.
    ///   - isTemporary: whether there has to be such a thing, and an end.
    func key(token: String, isTemporary: Bool) throws(RemoteError) -> S3Credentials {
        func member(_ name: String) throws(RemoteError) -> String {
            guard let text = members.text(name) else {
                throw RemoteError(.noCredentials("in what \(what) answers there is no \"\(name)\""))
            }
            return text
        }
        var key = S3Credentials(
            accessKeyID: try member("AccessKeyId"), secretAccessKey: try member("SecretAccessKey"),
            sessionToken: members.text(token))
        if isTemporary { _ = try member(token) }
        if isTemporary || members["Expiration"] != nil && members["Expiration"] != .other {
            guard let end = UTCDate.milliseconds(iso: try member("Expiration").utf8) else {
                throw RemoteError(.noCredentials("the \"Expiration\" that \(what) answers is no time"))
            }
            key.expiry = end
        }
        return try CredentialFinder.checked(key, from: what)
    }
}
