import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

/// The order in which a folder remote writes, as strace sees it: nothing has its key before its bytes are durable, and all is durable when
/// the call comes back.
@Suite(
    "Order of writes in a folder remote", .ownThreads,
    .enabled(if: WriteOrder.reasonForThisProcess == nil, "needs strace, and the right to trace processes"))
struct FolderRemoteOrderTests {
    /// What is written; a file `end` marks the moment when the call has come back.
    private func watch(_ scratch: ScratchDirectory, count: Int) async throws -> WriteOrder {
        let root = scratch.path
        await #expect(processExitsWith: .success) { [root = root as String, count = count as Int] in
            let remote = FolderRemote(FilePath("\(root)/remote"))
            var uploads = (0..<count).map { RemoteUpload("packs/\($0 % 3)/\($0)", text: "object \($0)") }
            let file = FilePath("\(root)/expendable")
            uploads.append(RemoteUpload("moved", .file(file, size: 7, isExpendable: true)))
            // Others write it at the same time; who does not know whether they are done makes it durable.
            uploads.append(RemoteUpload("there/already", text: "x"))
            try await WriteOrder.watch(log: "\(root)/log") {
                try await remote.write(uploads, jobs: 2)
                try Files.write("", to: "\(root)/end")
            }
        }
        return try WriteOrder(log: scratch("log"))
    }

    @Test("few objects are synced one by one, many together", arguments: [1, 20])
    func order(_ count: Int) async throws {
        let scratch = try ScratchDirectory()
        try Files.write("content", to: scratch("expendable"))
        try Files.write("x", to: scratch("remote/there/already"))
        let order = try await watch(scratch, count: count)
        let end = try #require(order.calls.first { $0.created == scratch("end") }).begin
        let named = order.renames { $0.hasPrefix(scratch("remote/")) && !$0.contains("cairn.tmp") }
        #expect(named.count == count + 1)
        for object in named {
            #expect(object.from.hasPrefix(scratch("remote/cairn.tmp/")))
            let last = order.writes(to: object.from).map(\.end).max() ?? 0
            #expect(last < object.call.begin, "\(object.to) is not written to under its key")
            let isSynced =
                order.has(["fsync"], on: object.from, after: last, before: object.call.begin)
                || order.has(["syncfs"], after: last, before: object.call.begin)
            #expect(isSynced, "\(object.to) is durable before it has its key")
            let durable = try #require(order.durable(object.to, since: object.call), "\(object.to)")
            #expect(durable < end, "\(object.to) is durable when the call comes back")
        }
        #expect(order.has(["syncfs"], after: 0, before: end) == (count > 4))
        let there = scratch("remote/there")
        #expect(
            order.has(["syncfs"], after: 0, before: end)
                || (order.has(["fsync"], on: "\(there)/already", after: 0, before: end)
                    && order.has(["fsync"], on: there, after: 0, before: end))
        )
        let removal = try #require(
            order.calls.first { $0.path(ofCall: "unlinkat") == scratch("expendable") })
        #expect(named.allSatisfy { (order.durable($0.to, since: $0.call) ?? .max) < removal.begin })
    }
}
