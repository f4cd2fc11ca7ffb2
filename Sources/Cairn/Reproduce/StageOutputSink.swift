public import CairnSystem

/// Takes what commands of stages print. It is called from several threads.
public protocol StageOutputSink: Sendable {
    /// Takes a piece: whole lines where several stages run at a time.
    func write(_ bytes: [UInt8], from stream: ProcessStream)
}

/// For callers who do not listen.
public struct SilentOutput: StageOutputSink {
    /// Creates the sink.
    public init() {}
    public func write(_ bytes: [UInt8], from stream: ProcessStream) {}
}
