import Glibc

/// Where things of this package lie on this machine.
public enum PackageRoot {
    /// The folder of `Package.swift`.
    public static let path: String = {
        // This file is <root>/Tests/CairnTestSupport/PackageRoot.swift.
        let file = realpath(#filePath, nil)
        defer { free(file) }
        var parts = (file.map { String(cString: $0) } ?? #filePath).split(
            separator: "/", omittingEmptySubsequences: true)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// The path of a file in `fixtures`.
    public static func fixture(_ relative: String) -> String { "\(path)/fixtures/\(relative)" }

    /// The folder of the built products: that of the running test bundle.
    public static let products: String = {
        guard let raw = realpath("/proc/self/exe", nil) else { return path }
        defer { free(raw) }
        return String(cString: raw).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }()
}
