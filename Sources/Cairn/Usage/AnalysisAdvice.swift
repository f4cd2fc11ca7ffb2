import CairnCore

/// What follows from an analysis, where the facts carry it.
enum AnalysisAdvice {
    private static let leastBytes: Int64 = 1 << 20
    private static let leastFiles = 10_000

    /// - Parameter parquet: bytes of parquet files that look like later versions of others.
    static func of(_ report: AnalyzeReport, parquet: Int64) -> [AnalyzeReport.Advice] {
        var advice: [AnalyzeReport.Advice] = []
        let total = report.total
        for kind in report.kinds {
            let amounts = kind.amounts
            guard let name = kind.name, isCompressedFormat(name) else { continue }
            let fresh = amounts.distinctChunks - amounts.known
            if fresh >= leastBytes, amounts.incompressible >= fresh / 10 * 9 {
                advice.append(.compressed(kind: name, bytes: amounts.bytes))
            }
        }
        if total.smallFiles >= leastFiles, total.smallFiles > total.files / 2 {
            advice.append(.small(count: total.smallFiles, of: total.files))
        }
        let tables = report.kinds.first { $0.name?.elementsEqual(".parquet".utf8) == true }?.amounts
        // Nearly all chunks of versions of one table are new.
        if let tables, parquet >= leastBytes, tables.distinctChunks > tables.distinctFiles / 10 * 9 {
            advice.append(.parquet(bytes: parquet))
        }
        return advice
    }

    /// Formats that hold one compressed stream: the same content, not compressed, would be cut and compressed here.
    private static func isCompressedFormat(_ kind: [UInt8]) -> Bool {
        let formats = [".gz", ".tgz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".zip", ".npz", ".7z"]
        return formats.contains { kind.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }
}
