import CairnCore

/// What became of a value that two sides changed, or not.
enum ThreeWay<Value> {
    /// Both sides together.
    case merged(Value)
    /// Each side wants another one.
    case conflict

    /// Takes what one side changed; nobody's change and the same change are no conflict.
    init(_ ancestor: Value, _ ours: Value, _ theirs: Value) where Value: Equatable {
        if ours == theirs || theirs == ancestor {
            self = .merged(ours)
        } else if ours == ancestor {
            self = .merged(theirs)
        } else {
            self = .conflict
        }
    }
}

/// A merge by meaning: what it would be with either side's version of what is in conflict.
struct Versions<Value> {
    var ours: Value
    var theirs: Value
}

extension Versions: Sendable where Value: Sendable {}
