public import CairnCore

/// For inspections of what is no store of this machine.
extension StoreInspection.Report {
    /// Notes an object that is as it should be.
    public mutating func noteSound(bytes: Int64) {
        soundCount += 1
        soundBytes += bytes
    }

    /// Notes objects that are not there.
    public mutating func noteMissing(_ ids: [ObjectID]) { missing += ids }

    /// Notes that an object was looked at.
    public mutating func noteChecked(bytes: Int64) {
        checked.objects += 1
        checked.bytes += bytes
    }

    /// Notes that an object is left because the time was over.
    public mutating func noteRemaining(bytes: Int64) {
        remaining.objects += 1
        remaining.bytes += bytes
    }

    /// Notes when all that was meant was checked last; `nil` for what never was.
    public mutating func noteTimes(_ times: [Int64?]) {
        neverCount = times.count { $0 == nil }
        oldest = neverCount > 0 ? nil : times.compactMap(\.self).min()
    }
}
