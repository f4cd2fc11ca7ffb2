import Glibc

/// Text that a command or a format is held to, kept in `fixtures/golden`.
public enum GoldenFile {
    /// Compares bytes with the golden file of this name.
    ///
    /// With `CAIRN_REWRITE_GOLDEN=1` in the environment the file is written instead, and the diff is for a person to review.
    ///
    /// - Returns: nil when they agree, else what differs, in words.
    /// - Throws: `SupportError` when the golden file can be neither read nor written.
    public static func difference(_ actual: [UInt8], from name: String) throws -> String? {
        let path = PackageRoot.fixture("golden/\(name)")
        if getenv("CAIRN_REWRITE_GOLDEN").map({ String(cString: $0) }) == "1" {
            try Files.write(actual, to: path)
            return nil
        }
        guard Files.exists(path) else {
            return "there is no golden file \(name); it would be:\n\(text(actual))"
        }
        return difference(actual, from: try Files.read(path), name: name)
    }

    /// Compares bytes with others.
    ///
    /// - Returns: nil when they agree, else the first line that differs, with its number and both texts.
    public static func difference(_ actual: [UInt8], from expected: [UInt8], name: String) -> String? {
        if actual == expected { return nil }
        let left = expected.split(separator: 10, omittingEmptySubsequences: false)
        let right = actual.split(separator: 10, omittingEmptySubsequences: false)
        let line = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let number = line ?? min(left.count, right.count)
        let expectedLine = number < left.count ? text(left[number]) : "(the end)"
        let actualLine = number < right.count ? text(right[number]) : "(the end)"
        return
            "\(name), line \(number + 1): expected \(expectedLine.debugDescription), got \(actualLine.debugDescription)"
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }
}
