/// The page that a web server makes of a folder.
struct FolderPage: Sendable {
    /// What stands in the folder.
    struct Entry: Hashable, Sendable {
        /// Its name.
        let name: String
        /// True for a folder.
        let isFolder: Bool
        /// How many bytes it has, if the page says it exactly.
        let size: Int64?
        /// When it came there, to the minute, in milliseconds since 1970, if the page says so.
        let modified: Int64?
    }

    /// What stands in the folder, each name once, in no order.
    let entries: [Entry]
    /// True if it looks like the page of a folder, and not like one that somebody wrote.
    let isListing: Bool

    /// Reads a page.
    ///
    /// - Parameter url: where it is.
    init(_ html: [UInt8], at url: String) {
        let place = PageLocation(url)
        var entries: [Entry] = []
        var names: Set<String> = []
        var isListing = Self.hasUsualTitle(html)
        for link in PageLinks(html) {
            guard let target = place?.target(of: link.reference) else { continue }
            switch target {
            case .above: isListing = true
            case .inside(let name, let isFolder):
                isListing = true
                guard names.insert(isFolder ? name + "/" : name).inserted else { continue }
                entries.append(
                    Entry(name: name, isFolder: isFolder, size: link.size, modified: link.modified))
            }
        }
        self.entries = entries
        self.isListing = isListing
    }

    /// How servers call the pages of folders, also those of empty ones.
    private static func hasUsualTitle(_ html: [UInt8]) -> Bool {
        let head = String(decoding: html.prefix(4096), as: UTF8.self).lowercased()
        return head.contains("index of") || head.contains("directory listing")
    }
}

/// Where a page is, to tell what its links are to that place.
struct PageLocation {
    /// What a link leads to.
    enum Target: Hashable {
        /// The folder above.
        case above
        /// Something in the folder.
        case inside(name: String, isFolder: Bool)
    }

    private let parts: URLParts
    /// The names of the folders in which the page is, decoded.
    private let folder: [[UInt8]]

    /// - Returns: `nil` for what is no URL.
    init?(_ url: String) {
        guard let parts = URLParts(url) else { return nil }
        self.parts = parts
        folder = Self.names(parts.path.utf8).dropLast()
    }

    /// Tells what a link leads to; `nil` if it is nothing of that folder's.
    func target(of reference: String) -> Target? {
        let bytes = reference.utf8.prefix { $0 != UInt8(ascii: "#") }
        // The columns of a listing link to the same in another order.
        guard !bytes.isEmpty, !bytes.contains(UInt8(ascii: "?")), bytes.count <= 4096 else { return nil }
        guard let path = path(String(bytes) ?? "") else { return nil }
        // From the top it leads there again.
        if path == Array(folder.dropLast()) + [[]], !folder.isEmpty || bytes.starts(with: "..".utf8) {
            return .above
        }
        guard path.starts(with: folder) else { return nil }
        let rest = path.dropFirst(folder.count)
        guard let name = rest.first, RemoteKey.isPart(name), !name.contains(UInt8(ascii: "/")),
            rest.count == 1 || rest.count == 2 && rest.last?.isEmpty == true
        else { return nil }
        return .inside(name: String(decoding: name, as: UTF8.self), isFolder: rest.count == 2)
    }

    /// The path that a reference names, in decoded names; the last is empty for a folder.
    private func path(_ reference: String) -> [[UInt8]]? {
        if reference.utf8.starts(with: "//".utf8) || Self.hasScheme(reference) {
            let url = reference.utf8.first == UInt8(ascii: "/") ? "\(parts.scheme):\(reference)" : reference
            guard let other = URLParts(url), ["http", "https"].contains(other.scheme),
                other.authority.lowercased() == parts.authority.lowercased()
            else { return nil }
            return Self.names(other.path.utf8)
        }
        if reference.utf8.first == UInt8(ascii: "/") { return Self.names(reference.utf8) }
        var path = folder
        for name in Self.names("/\(reference)".utf8) {
            if name.elementsEqual(".".utf8) { continue }
            if name.elementsEqual("..".utf8) {
                _ = path.popLast()
            } else {
                path.append(name)
            }
        }
        return path
    }

    private static func names(_ path: some Collection<UInt8>) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .map { PercentEncoding.decoded($0) }
    }

    private static func hasScheme(_ reference: String) -> Bool {
        let head = reference.utf8.prefix { !":/".utf8.contains($0) }
        return reference.utf8.dropFirst(head.count).first == UInt8(ascii: ":")
    }
}
