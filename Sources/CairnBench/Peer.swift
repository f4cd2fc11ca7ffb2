/// A program that keeps versions of files, with the settings that do it justice.
struct Peer {
    /// What it reads.
    enum Input {
        /// A file or folder anywhere.
        case anywhere
        /// A file of its workspace, which it never writes to: another name for the one file will do.
        case linked
        /// A file of its workspace, of its own.
        case copied
    }

    let name: String
    /// Tells the version; `nil` if the program is not installed.
    let version: [String]?
    let input: Input
    /// Where it keeps content, relative to its folder.
    let places: [String]
    /// Whether a changed file is stored a second time as a whole.
    let storesWholeFiles: Bool
    /// Whether a large file becomes many small ones, which had better not be deleted between runs.
    let storesManyFiles: Bool
    /// Makes what `init` makes, in an empty folder.
    let makeStore: (_ folder: String) throws(BenchError) -> Void
    /// The command that stores the next version, to be run in its folder.
    let add: (_ item: Item) -> [String]

    /// What is stored.
    struct Item {
        /// Its path: in the workspace, relative to that.
        let path: String
        let isFolder: Bool
        /// Which version of it this is, from 1.
        let version: Int
    }

    /// Puts a source into the folder, unless it can be read from where it is.
    ///
    /// - Returns: the path that the program is to be given.
    func place(_ source: String, in folder: String, isFolder: Bool, _ bench: Workbench) throws(BenchError)
        -> String
    {
        // A workspace may have a link to its store there, which copying would follow.
        let clear = ["rm", "-rf", "\(folder)/data"]
        switch input {
        case .anywhere: return source
        case .linked where !isFolder:
            try bench.prepare(clear, in: folder)
            try bench.prepare(["ln", source, "\(folder)/data"], in: folder)
        case .linked, .copied:
            try bench.prepare(clear, in: folder)
            try bench.prepare(["cp", "-r", source, "\(folder)/data"], in: folder)
        }
        return "data"
    }
}
