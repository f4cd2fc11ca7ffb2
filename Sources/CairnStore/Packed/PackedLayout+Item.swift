public import CairnCore

extension PackedLayout {
    /// What a key below a packed store stands for.
    public enum Item: Hashable, Sendable {
        /// The store marker.
        case marker
        /// A pack.
        case pack(Digest)
        /// A segment of the index.
        case segment(SegmentName)
        /// A condemn record.
        case condemnRecord(CondemnName)
        /// The mark of a push that came to its end.
        case pushMark(ULID)
        /// What a clone needs.
        case roots(RootsName)

        private static let packs = Array("\(PackedLayout.packs)/".utf8)[...]
        private static let segments = Array("\(PackedLayout.segments)/".utf8)[...]
        private static let condemnRecords = Array("\(PackedLayout.condemnRecords)/".utf8)[...]
        private static let pushMarks = Array("\(PackedLayout.pushMarks)/".utf8)[...]
        private static let roots = Array("\(PackedLayout.roots)/".utf8)[...]

        /// Reads a key.
        ///
        /// - Returns: `nil` for every key that is none of ours; it has to be left alone.
        public init?(parsing key: some Collection<UInt8>) {
            let key = Array(key)[...]
            if key.elementsEqual(PackedLayout.marker.utf8) {
                self = .marker
            } else if let rest = key.dropping(Self.packs) {
                guard let name = rest.dropping(rest.prefix(2) + [UInt8(ascii: "/")]),
                    name.starts(with: rest.prefix(2)), let pack = PackedLayout.pack(named: name)
                else { return nil }
                self = .pack(pack)
            } else if let rest = key.dropping(Self.segments) {
                guard let name = SegmentName(parsing: rest) else { return nil }
                self = .segment(name)
            } else if let rest = key.dropping(Self.condemnRecords) {
                guard let name = CondemnName(parsing: rest) else { return nil }
                self = .condemnRecord(name)
            } else if let rest = key.dropping(Self.pushMarks) {
                guard let push = ULID(parsing: rest) else { return nil }
                self = .pushMark(push)
            } else if let rest = key.dropping(Self.roots) {
                guard let name = RootsName(parsing: rest) else { return nil }
                self = .roots(name)
            } else {
                return nil
            }
        }

        /// The key below the store.
        public var path: String {
            switch self {
            case .marker: PackedLayout.marker
            case .pack(let name): PackedLayout.path(ofPack: name)
            case .segment(let name): name.path
            case .condemnRecord(let name): name.path
            case .pushMark(let push): PushMark.path(of: push)
            case .roots(let name): name.path
            }
        }
    }
}

extension ArraySlice<UInt8> {
    /// What stands behind `prefix`; `nil` if something else stands there.
    fileprivate func dropping(_ prefix: Self) -> Self? {
        starts(with: prefix) ? dropFirst(prefix.count) : nil
    }
}
