/// A folder of files of one size, so many a folder, no two alike.
struct FileTree {
    let path: String
    let count: Int
    let size: Int
    static let filesPerFolder = 100

    /// What to call it beside a figure.
    var shape: String { "\(count) files of \(size) bytes, \(Self.filesPerFolder) a folder" }

    /// Makes the files.
    func make() throws(BenchError) {
        var bytes = [UInt8](repeating: 0, count: size)
        var noise = NoiseGenerator(seed: UInt64(count))
        var folder = path
        for number in 0..<count {
            if number % Self.filesPerFolder == 0 {
                folder = "\(path)/\(Self.digits(number / Self.filesPerFolder))"
                try Disk.makeFolder(folder)
            }
            noise.fill(&bytes)
            try Disk.write(bytes, to: "\(folder)/\(Self.digits(number)).bin")
        }
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 7 - text.utf8.count)) + text
    }
}
