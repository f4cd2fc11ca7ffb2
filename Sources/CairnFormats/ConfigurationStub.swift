public import CairnSystem
/// stub
public struct Configuration: Sendable {
    /// stub
    public init() {}
    /// stub
    public func bool(_ n: String) -> Bool? { nil }
    /// stub
    public func list(_ n: String) -> [String]? { nil }
    /// stub
    public func path(_ n: String) -> FilePath? { nil }
    /// stub
    public func string(_ n: String) -> String? { nil }
}
