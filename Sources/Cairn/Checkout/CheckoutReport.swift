import CairnCore

extension CheckoutReport {
    /// Takes in the report of a further run, which is the last word about failures.
    mutating func add(_ later: CheckoutReport) {
        let known = Set((added + modified + deleted).map(\.path))
        added += later.added.filter { !known.contains($0.path) }
        modified += later.modified.filter { !known.contains($0.path) }
        deleted += later.deleted.filter { !known.contains($0.path) }
        files.added += later.files.added
        files.modified += later.files.modified
        files.deleted += later.files.deleted
        failed = later.failed
        lost = later.lost
        problems = later.problems
        foundDamage = foundDamage || later.foundDamage
        withoutHash = later.withoutHash
        healed += later.healed
    }
}
