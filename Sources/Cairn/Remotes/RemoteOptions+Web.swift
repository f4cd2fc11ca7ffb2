import CairnCore
import CairnRemote
import CairnSystem

/// What the options of a remote on a web server come to.
struct WebSetup {
    /// The server, and how it gets to know who asks.
    var settings: WebSettings
    /// How it is talked to.
    var http = HTTPSettings()
}

extension RemoteOptions {
    /// Reads the options of a remote on a web server.
    ///
    /// - Parameter url: where it is.
    /// - Throws: `CairnError` of kind `config` for what makes no sense.
    func web(_ url: String) throws -> WebSetup {
        var setup = WebSetup(settings: WebSettings(url: url))
        setup.settings.proof = try proof()
        setup.http.trust = trust() ?? .system
        setup.http.connectTimeout = try seconds("connect_timeout") ?? setup.http.connectTimeout
        setup.http.stallTimeout = try seconds("read_timeout") ?? setup.http.stallTimeout
        setup.http.requestsAtATime = try jobs() ?? setup.http.requestsAtATime
        return setup
    }

    private func proof() throws -> WebSettings.Proof {
        let method = text("auth")?.lowercased()
        switch method {
        case nil:
            for option in ["user", "password", "ask_password", "custom_auth_header"] where text(option) != nil
            {
                guard try option != "ask_password" || bool(option) == true else { continue }
                throw error(
                    option, "says nothing without 'auth'",
                    "auth \(option == "custom_auth_header" ? "custom" : "basic")")
            }
            return .none
        case "basic", "digest":
            guard let user = try header("user") else {
                throw error("auth", "needs 'user' beside it", "--local user NAME")
            }
            let password = try password(of: user, for: method ?? "")
            return .login(
                HTTPLogin(user: user, password: password, method: method == "digest" ? .digest : .basic))
        case "custom":
            guard let header = text("custom_auth_header") else {
                throw error("auth", "needs 'custom_auth_header' beside it", "custom_auth_header NAME")
            }
            guard header.utf8.allSatisfy(Self.isOfHeaderName) else {
                throw error(
                    "custom_auth_header", "is not the name of a header; what the header says is 'password'",
                    "--local custom_auth_header Authorization")
            }
            let value = try password(of: header, for: "custom")
            return .header(name: header, value: value)
        case _?:
            throw error("auth", "is none of basic, digest and custom", "auth basic")
        }
    }

    private func password(of user: String, for method: String) throws -> String {
        if let password = text("password") {
            guard method == "custom" else { return password }
            return try header("password") ?? password
        }
        guard try bool("ask_password") == true else {
            throw error("auth", "needs 'password' beside it", "--local password PASSWORD")
        }
        guard let ask = secrets else {
            throw error(
                "ask_password", "wants somebody to be asked, and there is no terminal",
                "--local password PASSWORD")
        }
        guard let answer = ask.answer(name, "password of \(user) for remote '\(name)': "), !answer.isEmpty
        else {
            throw CairnError(.denied, "no password was given for remote '\(Array(name.utf8).printable)'")
        }
        guard answer.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 >= 0x80 }) else {
            throw CairnError(
                .denied, "what was typed as a password for remote '\(Array(name.utf8).printable)' is none")
        }
        return answer
    }

    /// RFC 9110, 5.6.2.
    private static func isOfHeaderName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
