extension RecipeBody {
    /// Reads and checks the bytes of a recipe or span. Nothing is allocated before the counts are known to fit the bytes.
    ///
    /// - Throws: `RecipeError`.
    init(parsing bytes: UnsafeRawBufferPointer, as kind: Kind) throws(RecipeError) {
        guard bytes.count >= Field.headerCount else { throw RecipeError(.tooShort, at: bytes.count) }
        guard bytes.load32(0) == Field.mark else { throw RecipeError(.notRecipe, at: 0) }
        let version = bytes.load16(4)
        guard version == Field.version else { throw RecipeError(.unsupportedVersion(version), at: 4) }
        let flags = bytes[7]
        guard flags & ~(Field.hints | Field.outboard | Field.indirect) == 0 else {
            throw RecipeError(.badFlags(flags), at: 7)
        }
        if let place = (65..<Field.headerCount).first(where: { bytes[$0] != 0 }) {
            throw RecipeError(.reservedByte, at: place)
        }
        isIndirect = flags & Field.indirect != 0
        let counts = (
            parts: bytes.load32(48), terms: bytes.load32(52), packs: bytes.load32(56),
            groups: bytes.load32(60)
        )
        guard (counts.terms > 0) == (flags & Field.hints != 0),
            (counts.groups > 0) == (flags & Field.outboard != 0)
        else { throw RecipeError(.badFlags(flags), at: 7) }
        let layout = Layout(
            parts: counts.parts, isIndirect: isIndirect, packs: counts.packs, terms: counts.terms,
            groups: counts.groups)
        guard layout.end == UInt64(bytes.count) else {
            throw RecipeError(
                .wrongByteCount(expected: layout.end, actual: UInt64(bytes.count)), at: 48)
        }

        chunker = bytes[6]
        length = bytes.load64(8)
        file = Digest(blake3: bytes, at: 16)
        groupExponent = Int(bytes[64])
        parts = []
        parts.reserveCapacity(Int(counts.parts))
        for index in 0..<Int(counts.parts) {
            let length =
                isIndirect
                ? bytes.load64(Int(layout.lengths) + 8 * index)
                : UInt64(bytes.load32(Int(layout.lengths) + 4 * index))
            parts.append(
                RecipePart(id: Digest(blake3: bytes, at: Field.headerCount + 32 * index), length: length))
        }
        let packs = (0..<Int(counts.packs)).map { Digest(blake3: bytes, at: Int(layout.packs) + 32 * $0) }
        var terms: [RecipeHints.Term] = []
        terms.reserveCapacity(Int(counts.terms))
        for index in 0..<Int(counts.terms) {
            let place = Int(layout.terms) + Field.termCount * index
            guard bytes.load16(place + 14) == 0 else { throw RecipeError(.reservedByte, at: place + 14) }
            terms.append(
                RecipeHints.Term(
                    pack: bytes.load32(place), offset: bytes.load32(place + 4),
                    byteCount: bytes.load32(place + 8), firstRecord: bytes.load16(place + 12),
                    count: bytes.load32(place + 16)))
        }
        hints = RecipeHints(packs: packs, terms: terms)
        groups = (0..<Int(counts.groups)).map { Digest(blake3: bytes, at: Int(layout.groups) + 32 * $0) }
        try validate(kind)
    }

    /// The bytes. Only a valid body has them: its counts then fit, and the lengths of its chunks.
    var serialized: [UInt8] {
        let layout = Layout(
            parts: UInt32(parts.count), isIndirect: isIndirect, packs: UInt32(hints.packs.count),
            terms: UInt32(hints.terms.count), groups: UInt32(groups.count))
        return [UInt8](unsafeUninitializedCapacity: Int(layout.end)) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.store(Field.mark, 0)
            bytes.store(Field.version, 4)
            bytes.store(chunker, 6)
            bytes.store(flags, 7)
            bytes.store(length, 8)
            file.write(to: bytes, at: 16)
            bytes.store(UInt32(parts.count), 48)
            bytes.store(UInt32(hints.terms.count), 52)
            bytes.store(UInt32(hints.packs.count), 56)
            bytes.store(UInt32(groups.count), 60)
            bytes.store(UInt64(groupExponent), 64)
            writeParts(to: bytes, at: Field.headerCount)
            for (index, pack) in hints.packs.enumerated() {
                pack.write(to: bytes, at: Int(layout.packs) + 32 * index)
            }
            for (index, term) in hints.terms.enumerated() {
                let place = Int(layout.terms) + Field.termCount * index
                bytes.store(term.pack, place)
                bytes.store(term.offset, place + 4)
                bytes.store(term.byteCount, place + 8)
                bytes.store(UInt32(term.firstRecord), place + 12)
                bytes.store(term.count, place + 16)
            }
            for (index, group) in groups.enumerated() {
                group.write(to: bytes, at: Int(layout.groups) + 32 * index)
            }
            initialized = Int(layout.end)
        }
    }

    /// The BLAKE3 of the sections of ids and lengths: what a span is named by.
    var partsDigest: Digest {
        let count = (isIndirect ? 40 : 36) * parts.count
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            writeParts(to: UnsafeMutableRawBufferPointer(buffer), at: 0)
            initialized = count
        }
        return BLAKE3.digest(of: bytes)
    }

    private func writeParts(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        let lengths = offset + 32 * parts.count
        for (index, part) in parts.enumerated() {
            part.id.write(to: bytes, at: offset + 32 * index)
            if isIndirect {
                bytes.store(part.length, lengths + 8 * index)
            } else {
                bytes.store(UInt32(part.length), lengths + 4 * index)
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func load16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    fileprivate func load32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    fileprivate func load64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func store(_ value: some FixedWidthInteger & BitwiseCopyable, _ offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}
