import CairnCore
import Testing

@Suite("Known digests")
struct KnownDigestsTests {
    @Test("what is set is known, and nothing else", arguments: [HashAlgorithm.md5, .blake3])
    func setting(_ algorithm: HashAlgorithm) {
        var known = KnownDigests(count: 5)
        #expect(known.isUnknown && known.allSatisfy { $0 == nil } && known.count == 5)
        let digests = (0..<5).map { digest($0, algorithm) }
        known[3] = digests[3]
        known[0] = digests[0]
        #expect(Array(known) == [digests[0], nil, nil, digests[3], nil] && !known.isUnknown)
        known[3] = nil
        #expect(Array(known) == [digests[0], nil, nil, nil, nil])
    }

    private func digest(_ number: Int, _ algorithm: HashAlgorithm) -> Digest {
        var hasher = ContentHasher(algorithm)
        [UInt8(number)].withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    @Test("a listing of them is that of a builder, also of paths that are not in order")
    func listing() throws {
        for names in [["a", "b/c", "b/d"], ["b", "a/x", "a!"], []] {
            for form in [DirListing.Form.dvc, .native] {
                var paths = PathTable()
                var digests = KnownDigests(count: names.count)
                var builder = DirListingBuilder(form)
                for (number, name) in names.enumerated() {
                    paths.append(name.utf8)
                    let digest = digest(number, form.algorithm)
                    digests[number] = digest
                    try builder.append(
                        Array(name.utf8), digest, kind: form == .native && number == 1 ? .executable : .file,
                        size: Int64(number))
                }
                let shared = try DirListingBuilder(
                    form, paths, digests,
                    kinds: form == .native ? names.indices.map { $0 == 1 ? .executable : .file } : [],
                    sizes: form == .native ? names.indices.map { Int64($0) } : [])
                #expect(try shared.listing() == builder.listing())
            }
        }
    }

    @Test(
        "paths that no listing may have are refused",
        arguments: [["a", "a"], ["a", "a/b"], ["../a"], ["/a"], ["a//b"], [""]])
    func refusals(_ names: [String]) {
        var paths = PathTable()
        var digests = KnownDigests(count: names.count)
        for (number, name) in names.enumerated() {
            paths.append(name.utf8)
            digests[number] = digest(number, .md5)
        }
        #expect(throws: DirListingError.self) {
            try DirListingBuilder(.dvc, paths, digests, kinds: [], sizes: []).listing()
        }
        #expect(throws: DirListingError.self) {
            // Digests of the other form.
            _ = try DirListingBuilder(.native, paths, digests, kinds: [], sizes: [])
        }
    }
}
