import CairnCore
import CairnFormats
import CairnStore

/// The merge of two pointer files that began as one: field by field, and of directories path by path.
struct PointerMerge {
    /// Where listings come from, and where those that the merge makes go to.
    let listings: MergeListings
    /// What messages call the file.
    let name: String
    /// Where an output lies, for messages.
    let shown: (OutputRecord) -> String
    /// One sentence for each thing that both sides changed in different ways.
    private(set) var conflicts: [CairnError] = []

    init(_ listings: MergeListings, name: String, shown: @escaping (OutputRecord) -> String) {
        self.listings = listings
        self.name = name
        self.shown = shown
    }

    /// Merges.
    ///
    /// - Returns: the file with either side's version of what is in conflict; both are the same without a conflict.
    /// - Throws: `CairnError` if a listing cannot be had.
    mutating func run(
        ancestor: PointerFile, ours: PointerFile, theirs: PointerFile
    ) throws -> Versions<PointerFile> {
        // Comments and the order of keys are those of our side.
        var result = Versions(ours: ours, theirs: ours)
        var disputed: [CairnError] = []
        func field<Value: Equatable>(_ path: WritableKeyPath<PointerFile, Value>, _ words: String) {
            switch ThreeWay(ancestor[keyPath: path], ours[keyPath: path], theirs[keyPath: path]) {
            case .merged(let value):
                result.ours[keyPath: path] = value
                result.theirs[keyPath: path] = value
            case .conflict:
                result.theirs[keyPath: path] = theirs[keyPath: path]
                disputed.append(
                    CairnError(.conflict, "both sides changed \(words) '\(name)' in different ways"))
            }
        }
        field(\.command, "the command of")
        field(\.workingDirectory, "the folder of")
        field(\.isFrozen, "whether to freeze")
        field(\.isAlwaysChanged, "'always_changed' of")
        field(\.description, "the description of")
        field(\.meta, "'meta' of")
        field(\.dependencies, "what is imported by")
        conflicts += disputed
        let outputs = try mergeOutputs(ancestor.outputs, ours.outputs, theirs.outputs)
        result.ours.outputs = outputs.ours
        result.theirs.outputs = outputs.theirs
        // The checksum of a stage covers all of the above.
        if ours.md5 != nil || theirs.md5 != nil {
            result.ours.md5 = result.ours.hasStageDigest ? result.ours.stageDigest.hex : ours.md5
            result.theirs.md5 = result.theirs.hasStageDigest ? result.theirs.stageDigest.hex : theirs.md5
        }
        return result
    }

    // MARK: Outputs

    private mutating func mergeOutputs(
        _ ancestor: [OutputRecord], _ ours: [OutputRecord], _ theirs: [OutputRecord]
    ) throws -> Versions<[OutputRecord]> {
        if ours.count == 1, theirs.count == 1, ancestor.count <= 1 {
            // One output on each side is the same one, also if it was renamed.
            let both = try merge(ancestor.first, ours[0], theirs[0])
            return Versions(ours: [both.ours], theirs: [both.theirs])
        }
        var result = Versions<[OutputRecord]>(ours: [], theirs: [])
        func find(_ list: [OutputRecord], _ path: String) -> OutputRecord? {
            list.first { $0.path.hasSameBytes(as: path) }
        }
        let paths = ours.map(\.path) + theirs.map(\.path).filter { find(ours, $0) == nil }
        for path in paths {
            let before = find(ancestor, path)
            switch (find(ours, path), find(theirs, path)) {
            case (let own?, let other?):
                let both = try merge(before, own, other)
                result.ours.append(both.ours)
                result.theirs.append(both.theirs)
            case (let own?, nil):
                if before == own { continue }
                result.ours.append(own)
                if before != nil {
                    refuse("their side removed '\(shown(own))', ours changed it")
                } else {
                    result.theirs.append(own)
                }
            case (nil, let other?):
                if before == other { continue }
                result.theirs.append(other)
                if before != nil {
                    refuse("our side removed '\(shown(other))', theirs changed it")
                } else {
                    result.ours.append(other)
                }
            case (nil, nil): continue
            }
        }
        return result
    }

    private mutating func refuse(_ message: String, hint: String? = nil) {
        conflicts.append(CairnError(.conflict, message, hint: hint))
    }

    private mutating func merge(
        _ ancestor: OutputRecord?, _ ours: OutputRecord, _ theirs: OutputRecord
    ) throws -> Versions<OutputRecord> {
        var result = Versions(ours: ours, theirs: theirs)
        func rest(_ record: OutputRecord) -> OutputRecord {
            var record = record
            record.content = ContentRecord()
            record.path = ""
            return record
        }
        switch ThreeWay(ancestor.map(rest), rest(ours), rest(theirs)) {
        case .merged(let fields?):
            for path in [\Versions<OutputRecord>.ours, \.theirs] {
                var record = fields
                record.content = result[keyPath: path].content
                record.path = result[keyPath: path].path
                result[keyPath: path] = record
            }
        case .merged(nil), .conflict:
            refuse("both sides changed what is written about '\(shown(ours))'")
        }
        switch ThreeWay(ancestor.map { Array($0.path.utf8) }, Array(ours.path.utf8), Array(theirs.path.utf8))
        {
        case .merged(let bytes):
            let path = bytes.flatMap { String(validating: $0, as: UTF8.self) } ?? ours.path
            result.ours.path = path
            result.theirs.path = path
        case .conflict:
            refuse(
                "both sides renamed '\(ancestor.map(shown) ?? shown(ours))': to '\(shown(ours))' and to '\(shown(theirs))'"
            )
        }
        switch ThreeWay(ancestor?.content, ours.content, theirs.content) {
        case .merged(let content):
            result.ours.content = content ?? ours.content
            result.theirs.content = content ?? ours.content
        case .conflict:
            let both = try mergeContent(ancestor?.content, ours, theirs)
            result.ours.content = both.ours
            result.theirs.content = both.theirs
        }
        return result
    }

    private mutating func mergeContent(
        _ ancestor: ContentRecord?, _ ours: OutputRecord, _ theirs: OutputRecord
    ) throws -> Versions<ContentRecord> {
        // Only what is known besides differs: that of the same data.
        if let id = ours.id, id == theirs.id { return Versions(ours: ours.content, theirs: ours.content) }
        guard let own = ours.id, let other = theirs.id, own.isDirectory, other.isDirectory,
            own.algorithm == other.algorithm, !ours.content.hasCloudVersions, !theirs.content.hasCloudVersions
        else {
            refuse(
                "both sides changed '\(shown(ours))': ours is \(Self.words(ours.content)), theirs \(Self.words(theirs.content))"
            )
            return Versions(ours: ours.content, theirs: theirs.content)
        }
        let form = DirListing.Form(of: own.algorithm)
        var before = DirListing(form)
        if let id = ancestor?.id, id.isDirectory, id.algorithm == own.algorithm {
            before = try listings.listing(id, of: shown(ours))
        }
        let first = try listings.listing(own, of: shown(ours))
        let second = try listings.listing(other, of: shown(ours))
        let merge: ListingMerge
        do throws(DirListingError) {
            merge = try ListingMerge(ancestor: before, ours: first, theirs: second)
        } catch {
            refuse("the two versions of '\(shown(ours))' do not go together: \(error)")
            return Versions(ours: ours.content, theirs: theirs.content)
        }
        for path in merge.conflicts {
            refuse("both sides changed '\(shown(ours))/\(path.printable)' in different ways")
        }
        return Versions(
            ours: try content(merge.ours, like: ours.content, from: first),
            theirs: try content(merge.theirs, like: ours.content, from: first))
    }

    /// What is recorded of a directory with a listing that was not there before.
    private func content(
        _ listing: DirListing, like known: ContentRecord, from before: DirListing
    ) throws -> ContentRecord {
        var content = known
        guard let algorithm = known.id?.algorithm else { return known }
        content.id = try listings.keep(listing, algorithm)
        content.fileCount = Int64(listing.fileCount)
        content.size =
            try listing.totalSize ?? listings.size(of: listing, from: before, known.size, algorithm)
        return content
    }

    private static func words(_ content: ContentRecord) -> String {
        guard let id = content.id else { return "not recorded" }
        return "\(id.short)\(content.size.map { " (\(Words.bytes($0)))" } ?? "")"
    }
}

/// The listings that a merge reads and makes.
protocol MergeListings {
    /// Reads a listing.
    ///
    /// - Throws: `CairnError` that says what to do if nobody has it.
    func listing(_ id: ObjectID, of name: String) throws -> DirListing

    /// Stores a listing.
    func keep(_ listing: DirListing, _ algorithm: HashAlgorithm) throws -> ObjectID

    /// The bytes of a directory that differs from another one; `nil` if they cannot be known here.
    func size(
        of listing: DirListing, from before: DirListing, _ size: Int64?, _ algorithm: HashAlgorithm
    ) throws -> Int64?
}
