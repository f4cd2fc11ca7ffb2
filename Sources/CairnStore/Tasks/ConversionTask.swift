import CairnCore
import CairnSystem

/// The conversion of one run of objects, on one thread.
struct ConversionTask {
    let conversion: ObjectConversion
    let claims: ObjectClaims
    /// The memory that small objects are read into.
    let files: SmallFiles
    private(set) var report = ObjectConversion.Report()
    private var destination: Intake.Destination { conversion.destination }
    private var store: ObjectStore { conversion.destination.store }

    init(conversion: ObjectConversion, claims: ObjectClaims, files: SmallFiles) {
        self.conversion = conversion
        self.claims = claims
        self.files = files
    }

    mutating func run(_ objects: ArraySlice<ObjectReader.Object>) throws(StoreError) {
        try system { () throws(SystemError) in try Interruption.check() }
        guard let first = objects.first else { return }
        if conversion.isLarge(first) {
            try attempt(first.id) { (task) throws(StoreError) in
                if task.destination.packs != nil {
                    try task.pack(first)
                } else {
                    try task.copy(first)
                }
            }
        } else {
            try convertTogether(objects)
        }
    }

    /// Turns the failure of one object into a line of the report, unless it concerns all.
    private mutating func attempt(
        _ id: ObjectID, _ body: (inout Self) throws(StoreError) -> Void
    ) throws(StoreError) {
        do throws(StoreError) {
            try body(&self)
        } catch {
            if error.stopsEverything { throw error }
            report.failures.append((id, error))
        }
    }

    private func isPacked(_ id: ObjectID) throws(StoreError) -> Bool {
        guard id.algorithm == .blake3, store.packed != nil else { return false }
        return try store.loose.status(of: id) == nil
    }

    // MARK: small objects

    private mutating func convertTogether(_ objects: ArraySlice<ObjectReader.Object>) throws(StoreError) {
        let files = files
        files.removeAll()
        var packed: [Int] = []
        for index in objects.indices {
            if try isPacked(objects[index].id) {
                packed.append(index)
                continue
            }
            try attempt(objects[index].id) { (task) throws(StoreError) in
                let file = try task.store.loose.open(objects[index].id)
                let isRead = try system { () throws(SystemError) in
                    try files.read(file, size: objects[index].size, as: index)
                }
                if !isRead { throw StoreError(.changing, file.path) }
            }
        }
        var sound: Set<Int> = []
        if let algorithm = objects.first?.id.algorithm {
            for (index, digest) in zip(files.positions, files.digests(by: algorithm)) {
                let id = objects[index].id
                if digest == id.digest {
                    sound.insert(index)
                } else {
                    report.failures.append((id, StoreError(.damaged(id), store.loose.path(of: id))))
                }
            }
        }
        try unpack(packed, of: objects, into: files, &sound)
        try keep(files, of: objects, sound)
    }

    /// Reads objects that are in packs; what these give is checked already.
    private mutating func unpack(
        _ indices: [Int], of objects: ArraySlice<ObjectReader.Object>, into files: SmallFiles,
        _ sound: inout Set<Int>
    ) throws(StoreError) {
        guard let store = store.packed, !indices.isEmpty else { return }
        var failures: [(id: ObjectID, error: StoreError)] = []
        try store.readMany(indices.map { objects[$0].id }) { (position, result) throws(StoreError) in
            let object = objects[indices[position]]
            switch result {
            case .success(let bytes) where Int64(bytes.count) == object.size:
                files.append(Array(bytes), as: indices[position])
                sound.insert(indices[position])
            case .success: failures.append((object.id, StoreError(.damaged(object.id), store.root)))
            case .failure(let error):
                if error.stopsEverything { throw error }
                failures.append((object.id, error))
            }
        }
        report.failures += failures
    }

    /// Stores sound contents under their new ids.
    private mutating func keep(
        _ files: SmallFiles, of objects: ArraySlice<ObjectReader.Object>, _ sound: Set<Int>
    ) throws(StoreError) {
        let digests = files.digests(by: conversion.algorithm)
        var fresh: [(key: RecordKey, bytes: UnsafeRawBufferPointer)] = []
        for (number, index) in files.positions.enumerated() where sound.contains(index) {
            let (old, new) = (objects[index].id, ObjectID(conversion.algorithm, digests[number]))
            let bytes = files.contents[number]
            try attempt(old) { (task) throws(StoreError) in
                try task.ifNew(new) { (task) throws(StoreError) in
                    if task.destination.packs != nil {
                        fresh.append((RecordKey(.blob, new.digest), bytes))
                    } else {
                        try task.write(bytes, as: new)
                    }
                }
                task.note(old, new, Int64(bytes.count))
            }
            conversion.reporter.advance(items: 0, bytes: Int64(bytes.count))
        }
        guard let packs = destination.packs, !fresh.isEmpty else { return }
        try packs.add(fresh)
        report.packedCount += fresh.count
    }

    private var batch: DurableBatch {
        guard let batch = destination.batch else {
            preconditionFailure("objects that are not packed are files")
        }
        return batch
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer, as id: ObjectID) throws(StoreError) {
        let temporary = batch.newTemporary()
        try system { () throws(SystemError) in
            try batch.create(temporary, permissions: 0o444).write(bytes)
        }
        report.stored.append((id, temporary))
    }

    // MARK: large objects

    /// Cuts a file and packs its chunks, after it was found to be sound.
    private mutating func pack(_ object: ObjectReader.Object) throws(StoreError) {
        guard let packs = destination.packs else { return }
        let id = object.id
        let before = try store.loose.status(of: id)
        try store.loose.verify(id)
        let reporter = conversion.reporter
        var (digest, size) = try packs.add(store.loose.open(id), workers: conversion.workers) {
            reporter.advance(items: 0, bytes: $0)
        }
        let new = ObjectID(conversion.algorithm, digest)
        let isKnown = try destination.inventory.contains(new)
        if isKnown, try destination.isMissing(new, reporter) {
            (digest, size) = try packs.add(store.loose.open(id), workers: conversion.workers)
        }
        guard let before, let after = try store.loose.status(of: id), after.hasSameContent(as: before),
            digest == new.digest
        else { throw StoreError(.changing, store.loose.path(of: id)) }
        if !isKnown { report.packedCount += 1 }
        note(id, new, size)
    }

    /// Copies a file while its old and its new digest are made.
    private mutating func copy(_ object: ObjectReader.Object) throws(StoreError) {
        let id = object.id
        let batch = batch
        let temporary = batch.newTemporary()
        let copy = try system { () throws(SystemError) in try batch.create(temporary, permissions: 0o444) }
        var isKept = false
        defer { if !isKept { try? batch.discard(temporary) } }  // goes with the batch's folder otherwise
        var hasher = ContentHasher(conversion.algorithm)
        var size: Int64 = 0
        func take(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
            hasher.update(bytes)
            try system { () throws(SystemError) in try copy.write(bytes) }
            size += Int64(bytes.count)
            conversion.reporter.advance(items: 0, bytes: Int64(bytes.count))
        }
        if try isPacked(id), let packed = store.packed {
            try packed.read(id, range: 0..<object.size) { (bytes) throws(StoreError) in try take(bytes) }
        } else {
            var check = ContentHasher(id.algorithm)
            let file = try store.loose.open(id)
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: OpenFile.pieceSize, alignment: 4096)
            defer { buffer.deallocate() }
            var count = buffer.count
            while count == buffer.count {
                count = try system { () throws(SystemError) in
                    try Interruption.check()
                    return try file.read(into: buffer)
                }
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                check.update(piece)
                try take(piece)
            }
            guard check.finish() == id.digest else {
                throw StoreError(.damaged(id), store.loose.path(of: id))
            }
        }
        let new = ObjectID(conversion.algorithm, hasher.finish())
        try ifNew(new) { (task) throws(StoreError) in
            task.report.stored.append((new, temporary))
            isKept = true
        }
        note(id, new, size)
    }

    // MARK: both

    /// Has `body` store an object unless the store has it, or another one brings it.
    private mutating func ifNew(
        _ id: ObjectID, _ body: (inout Self) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard claims.claim(id.digest) else { return }
        do throws(StoreError) {
            if try destination.isMissing(id, conversion.reporter) { try body(&self) }
        } catch {
            claims.giveBack(id.digest, after: error)
            throw error
        }
    }

    private mutating func note(_ old: ObjectID, _ new: ObjectID, _ size: Int64) {
        report.objects[old] = ObjectConversion.Converted(id: new, size: size)
        conversion.reporter.advance(items: 1, bytes: 0)
    }
}
