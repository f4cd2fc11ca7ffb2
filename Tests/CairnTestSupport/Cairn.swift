import Glibc

/// The program under test.
public enum Cairn {
    /// The file that is run: the one that was built beside this test bundle, or `$CAIRN_UNDER_TEST`.
    ///
    /// Pointing the variable at the real `dvc` shows whether a test asks for what DVC does.
    public static let path: String =
        getenv("CAIRN_UNDER_TEST").map { String(cString: $0) } ?? "\(PackageRoot.products)/cairn"

    /// Whether another program stands in for cairn.
    public static let isStandIn = getenv("CAIRN_UNDER_TEST") != nil
}

/// The reference program: the pinned `dvc` that `make test-tools` installs, or `$CAIRN_TEST_DVC`.
public enum RealDVC {
    /// The program's file, or nil when there is none.
    public static let path: String? = {
        if let chosen = getenv("CAIRN_TEST_DVC") { return String(cString: chosen) }
        let tools = "\(PackageRoot.path)/.build-tools/dvc"
        let isWhole = Files.names(in: tools).contains { $0.hasPrefix("installed-") }
        return isWhole ? "\(tools)/bin/dvc" : nil
    }()

    /// Whether interop tests can run.
    public static let isAvailable = path != nil

    /// Why they cannot.
    public static let reason: String = {
        let left = try? Files.text("\(PackageRoot.path)/.build-tools/dvc.unavailable")
        return "needs the real dvc: "
            + (left.map { String($0.prefix { $0 != "\n" }) } ?? "run `make test-tools` first")
    }()
}

/// The programs beside the real `dvc` that know S3: `aws`, and a `python` with boto3. The `dvc` knows S3 where they are.
public enum AWSTools {
    /// The file of one of them, if there are any.
    public static func path(_ name: String) -> String? {
        guard let dvc = RealDVC.path, let slash = dvc.lastIndex(of: "/") else { return nil }
        let folder = dvc[..<slash]
        return Files.exists("\(folder)/aws") ? "\(folder)/\(name)" : nil
    }

    /// Whether tests can use them.
    public static let isAvailable = path("aws") != nil

    /// Why they cannot.
    public static let reason =
        RealDVC.isAvailable ? "needs aws beside the real dvc: run `make test-tools`" : RealDVC.reason
}

/// Running commands as a user without privileges.
public enum Unprivileged {
    private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first { Files.exists($0) }

    /// Why it is not possible here, or nil when it is.
    public static let reason: String? = {
        guard geteuid() == 0 else { return nil }
        guard setpriv != nil else { return "needs setpriv (util-linux) to become an unprivileged user" }
        let (program, arguments) = command(Cairn.path, ["--version"])
        let result = try? Program.run(
            program, arguments, in: "/", environment: ["HOME": "/nonexistent"], seconds: 30)
        guard result?.exitCode == 0 else { return "an unprivileged user cannot run \(Cairn.path)" }
        return nil
    }()

    /// Whether tests without privileges can run.
    public static var isPossible: Bool { reason == nil }

    /// The program and arguments that run a command as `nobody`; unchanged when this user has no privileges anyway.
    public static func command(_ path: String, _ arguments: [String]) -> (String, [String]) {
        guard geteuid() == 0, let setpriv else { return (path, arguments) }
        return (setpriv, ["--reuid=65534", "--regid=65534", "--clear-groups", path] + arguments)
    }

    /// Gives a whole tree to the user that `command` becomes.
    public static func give(_ path: String) {
        guard geteuid() == 0 else { return }
        lchown(path, 65534, 65534)
        if Files.isFolder(path) { for name in Files.names(in: path) { give("\(path)/\(name)") } }
    }
}
