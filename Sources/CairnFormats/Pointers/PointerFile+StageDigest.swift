import CairnCore

extension PointerFile {
    /// The stage's checksum: what `md5` of an import has to be.
    ///
    /// It is the MD5 of the file as one line of JSON without what people wrote and without sizes. An import with another `md5` was
    /// changed by hand, and counts as changed.
    public var stageDigest: Digest { MD5.digest(of: stageDigestInput) }

    /// The bytes that the stage's checksum is the MD5 of.
    public var stageDigestInput: [UInt8] {
        let excluded: Set<String> = [
            "desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size",
            "nfiles",
        ]
        let top = (value().entries ?? []).filter { entry in
            switch entry.key {
            case "md5", "meta", "desc": false
            case "wdir": entry.value != "."
            default: true
            }
        }
        return YAMLValue.mapping(top).json { excluded.contains($0) }.serialized(sortingKeys: true)
    }
}
