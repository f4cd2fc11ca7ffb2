import CairnCore
internal import CLibGit2

/// A merge of texts line by line, as git does it for files that it knows nothing about.
public struct GitTextMerge: Sendable {
    /// The text, with marks around lines that both sides changed.
    public let text: [UInt8]
    /// True if there are no marks.
    public let isClean: Bool

    /// Merges two texts.
    ///
    /// - Parameters:
    ///   - ancestor: what both started from; `nil` or empty if each side made the file.
    ///   - names: what the marks call the two sides.
    ///   - marks: how many characters a mark has.
    /// - Throws: `GitError` if libgit2 cannot do it.
    public init(
        ancestor: [UInt8], ours: [UInt8], theirs: [UInt8], names: (ours: String, theirs: String),
        marks: Int = 7
    ) throws(GitError) {
        try GitLibrary.start()
        var options = git_merge_file_options()
        try git("merge texts") {
            git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION))
        }
        options.marker_size = UInt16(clamping: max(1, marks))
        var result = git_merge_file_result()
        defer { git_merge_file_result_free(&result) }
        try Array(names.ours.utf8).withCString { (ourName) throws(GitError) in
            try Array(names.theirs.utf8).withCString { (theirName) throws(GitError) in
                options.our_label = ourName
                options.their_label = theirName
                try git("merge texts") {
                    Self.withInput(ancestor) { first in
                        Self.withInput(ours) { second in
                            Self.withInput(theirs) { third in
                                git_merge_file(&result, first, second, third, &options)
                            }
                        }
                    }
                }
            }
        }
        text = Array(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
        isClean = result.automergeable != 0
    }

    private static func withInput(
        _ bytes: [UInt8], _ body: (UnsafePointer<git_merge_file_input>) -> Int32
    ) -> Int32 {
        var input = git_merge_file_input()
        let code = git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
        guard code == 0 else { return code }
        return bytes.withUnsafeBytes { buffer in
            input.ptr = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            input.size = buffer.count
            return withUnsafePointer(to: input, body)
        }
    }
}
