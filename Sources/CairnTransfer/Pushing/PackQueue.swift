import CairnCore
import CairnRemote
import CairnStore

/// Packs on their way to a remote, some of them sent while others are gathered.
struct PackQueue {
    /// What a child of the group of tasks did: it sent packs, or made the store if there are none.
    typealias Outcome = Result<[SentPack], TransferError>

    /// So much is gathered before it is looked whether packs are full.
    static let stepBytes: Int64 = 64 << 20
    /// A round with no more bytes goes beside another one, so that it does not wait for that one's answers. What has more does wait: a push that
    /// is killed loses what is under way.
    private static let bytesBeside: Int64 = 16 << 20

    private let index: RemoteIndex
    private let view: RemoteView
    private let push: ULID
    private let journal: PushJournal
    private let jobs: Int
    /// How often something was sent.
    private(set) var round: Int

    private var waiting: [PackSpool.Pack] = []
    private var underWay = 0
    /// How many of those under way have come to their end.
    private let finished = Guarded(0)
    private var isMakingStore = false
    /// Packs of data that are under way.
    private var dataUnderWay = 0
    /// Packs that are not noted before all data is there that they tell of.
    private var unnoted: [SentPack] = []

    init(
        _ index: RemoteIndex, _ view: RemoteView, _ push: ULID, _ journal: PushJournal, jobs: Int, round: Int
    ) {
        self.index = index
        self.view = view
        self.push = push
        self.journal = journal
        self.jobs = jobs
        self.round = round
    }

    /// Begins to write the marker; no pack is sent before it is there.
    mutating func makeStore(in group: inout TaskGroup<Outcome>) {
        isMakingStore = true
        group.addTask { [index, view] in
            do throws(TransferError) {
                try await PushSession.makeStore(index, view)
                return .success([])
            } catch {
                return .failure(error)
            }
        }
    }

    /// Sends packs, or keeps them for later if enough is under way: up to `PackedPush.roundBytes` are gathered meanwhile.
    mutating func send(
        _ packs: [PackSpool.Pack], in group: inout TaskGroup<Outcome>
    ) async throws(TransferError) {
        waiting += packs
        guard !waiting.isEmpty else { return }
        try await waitForStore(in: &group)
        while underWay >= mostUnderWay {
            guard finished.value > 0 || waitingBytes >= PackedPush.roundBytes else { return }
            try await takeOne(of: &group)
        }
        begin(in: &group)
    }

    /// Sends what is left, and waits for all.
    mutating func end(in group: inout TaskGroup<Outcome>) async throws(TransferError) {
        try await waitForStore(in: &group)
        if !waiting.isEmpty {
            while underWay >= mostUnderWay { try await takeOne(of: &group) }
            begin(in: &group)
        }
        while underWay > 0 { try await takeOne(of: &group) }
    }

    private var waitingBytes: Int64 { waiting.reduce(0) { $0 + $1.info.size } }

    /// How many rounds may be under way when what waits is sent. On this machine nobody waits for answers.
    private var mostUnderWay: Int {
        index.remote.isLocal || waitingBytes > Self.bytesBeside ? 1 : 2
    }

    private mutating func waitForStore(in group: inout TaskGroup<Outcome>) async throws(TransferError) {
        guard isMakingStore else { return }
        _ = try await group.next()?.get()
        isMakingStore = false
    }

    private mutating func takeOne(of group: inout TaskGroup<Outcome>) async throws(TransferError) {
        let packs = try await group.next()?.get() ?? []
        underWay -= 1
        finished.update { $0 -= 1 }
        dataUnderWay -= packs.count { $0.info.packClass == .data }
        noteMeta()
    }

    /// Sends what waits.
    private mutating func begin(in group: inout TaskGroup<Outcome>) {
        let packs = waiting
        waiting = []
        let sent = packs.map { SentPack(content: $0.content) }
        let data = sent.filter { $0.info.packClass == .data }
        // Before they are sent: the next push looks which of them arrived.
        note(data)
        dataUnderWay += data.count
        unnoted += sent.filter { $0.info.packClass == .meta }
        noteMeta()
        underWay += 1
        group.addTask { [index, jobs, finished] in
            defer { finished.update { $0 += 1 } }
            do throws(RemoteError) {
                _ = try await SentPack.send(packs, to: index.remote, jobs: jobs)
            } catch {
                return .failure(TransferError(.remote(error)))
            }
            for pack in packs { pack.discard() }
            return .success(sent)
        }
    }

    /// Notes packs that tell where others lie, as soon as these are there: the hints of a pack that is found again have to be right.
    private mutating func noteMeta() {
        guard dataUnderWay == 0 else { return }
        note(unnoted)
        unnoted = []
    }

    private mutating func note(_ packs: [SentPack]) {
        guard !packs.isEmpty else { return }
        round += 1
        journal.add(packs, push: push, round: round)
    }
}
