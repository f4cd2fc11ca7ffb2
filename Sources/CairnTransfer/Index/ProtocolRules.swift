/// The rules that keep pushers and collectors out of each other's way. All hold; tests take one away to see that it is needed.
struct ProtocolRules: Sendable {
    /// A pusher looks again, after its segment is there, whether what it relied on was given up.
    var rechecksAfterSegment = true
    /// What is needed and lies in condemned packs only is copied before these are given up.
    var rescues = true
    /// No two packs have the same name.
    var makesNamesUnique = true
    /// What stands in young packs of class meta counts as needed.
    var keepsYoungRecords = true
}
