extension PointerFile {
    /// The bytes whose MD5 is the stage's checksum: the file as one line of JSON, without what people wrote and without sizes.
    ///
    /// An import whose `md5` is another one was changed by hand (docs/formats/pointer.md).
    public var stageDigestInput: [UInt8] {
        let excluded: Set<String> = [
            "desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles",
        ]
        let top = (value().entries ?? []).filter { entry in
            switch entry.key {
            case "md5", "meta", "desc": false
            case "wdir": entry.value != "."
            default: true
            }
        }
        var bytes: [UInt8] = []
        YAMLValue.mapping(top).writeJSON(to: &bytes) { excluded.contains($0) }
        return bytes
    }
}
