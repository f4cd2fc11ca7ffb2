import CairnCore
import CairnSystem

extension LooseStore {
    /// Tells whether files of the store's file system can share blocks, by trying it on an empty one.
    ///
    /// - Returns: false also where nothing can be written.
    public func probeReflink() -> Bool {
        guard mayReflink, let folder, let batch = try? DurableBatch(in: folder) else { return false }
        let (first, second) = (batch.newTemporary(), batch.newTemporary())
        guard let original = try? batch.create(first, permissions: 0o600),
            let copy = try? batch.create(second, permissions: 0o600),
            (try? copy.clone(from: original)) == true
        else {
            noteThatReflinkFails()
            return false
        }
        return true
    }
}
