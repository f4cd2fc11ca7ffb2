import CairnCore
import CairnFormats

extension Sequence where Element == OutputRecord {
    /// About how many files the outputs have, by what is recorded of them, which need not be true.
    var expectedFileCount: Int { lazy.map { Int(clamping: $0.fileCount ?? 1) }.clampedSum() }
}
