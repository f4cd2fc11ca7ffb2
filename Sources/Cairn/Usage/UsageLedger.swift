import CairnCore
import CairnStore

/// Sets of users, each kept once and known by a number; most things have the same few users.
struct UserSets {
    /// The set without a member.
    static let none: Int32 = 0

    private(set) var members: [[Int32]] = [[]]
    private var numbers: [[Int32]: Int32] = [[]: 0]
    private var unions: [UInt64: Int32] = [:]

    /// The set of one user.
    mutating func single(_ user: Int) -> Int32 { number([Int32(user)]) }

    /// The set of all that are in one of two.
    mutating func union(_ left: Int32, _ right: Int32) -> Int32 {
        if left == right || right == Self.none { return left }
        if left == Self.none { return right }
        let key =
            UInt64(UInt32(bitPattern: min(left, right))) << 32 | UInt64(UInt32(bitPattern: max(left, right)))
        if let known = unions[key] { return known }
        let both = Set(members[Int(left)]).union(members[Int(right)]).sorted()
        let result = number(both)
        unions[key] = result
        return result
    }

    private mutating func number(_ set: [Int32]) -> Int32 {
        if let known = numbers[set] { return known }
        let number = Int32(members.count)
        members.append(set)
        numbers[set] = number
        return number
    }
}

/// Which objects are used by whom, and what they take in the store.
///
/// Users are numbered from 0; those from `shown` on are not asked about, but what they use is not unique to others.
struct UsageLedger {
    /// What one user, or several together, take.
    struct Amounts {
        /// Bytes of what nobody else uses.
        var unique = 0.0
        /// Bytes of what is used, divided among all shown users that use it.
        var stored = 0.0
        /// Objects that are used, and that the store does not have, or not all of.
        var missing = 0
    }

    private(set) var sets = UserSets()
    private var objects: [ObjectID: Int32] = [:]
    private let shown: Int
    /// Bytes and missing objects by the set of their users.
    private var bytes: [Int32: Double] = [:]
    private var missing: [Int32: Int] = [:]

    init(shown: Int) { self.shown = shown }

    /// The set of one user.
    mutating func user(_ number: Int) -> Int32 { sets.single(number) }

    /// The set of the users that are in one of two.
    mutating func union(_ left: Int32, _ right: Int32) -> Int32 { sets.union(left, right) }

    /// Notes that users need an object.
    mutating func note(_ id: ObjectID, _ users: Int32) {
        objects[id] = sets.union(objects[id] ?? UserSets.none, users)
    }

    /// Looks up what everything takes.
    ///
    /// - Throws: `StoreError` if the store cannot be read.
    mutating func settle(_ store: ObjectStore) throws {
        let sizes = try store.packed.map { packed throws(StoreError) in try StoredSizes(of: packed) }
        var parts: [StoredSizes.Part: Int32] = [:]
        for (id, users) in objects {
            if let status = try store.loose.status(of: id) {
                bytes[users, default: 0] += Double(status.size)
            } else if let own = try sizes?.parts(of: id) {
                for part in own { parts[part] = sets.union(parts[part] ?? UserSets.none, users) }
            } else {
                missing[users, default: 0] += 1
            }
        }
        guard let sizes else { return }
        let sorted = parts.keys.sorted()
        for (part, length) in zip(sorted, try sizes.lengths(of: sorted)) {
            guard let users = parts[part] else { continue }
            if let length { bytes[users, default: 0] += length } else { missing[users, default: 0] += 1 }
        }
    }

    /// What each of the shown users takes.
    func amounts() -> [Amounts] {
        var amounts = [Amounts](repeating: Amounts(), count: shown)
        for (users, bytes) in bytes {
            let members = sets.members[Int(users)]
            let seen = members.filter { $0 < shown }
            for member in seen {
                amounts[Int(member)].stored += bytes / Double(seen.count)
                if members.count == 1 { amounts[Int(member)].unique += bytes }
            }
        }
        for (users, count) in missing {
            for member in sets.members[Int(users)] where member < shown {
                amounts[Int(member)].missing += count
            }
        }
        return amounts
    }

    /// What some of the shown users take together.
    func amounts(of group: Range<Int>) -> Amounts {
        var result = Amounts()
        for (users, bytes) in bytes {
            let members = sets.members[Int(users)]
            let inside = members.count { group.contains(Int($0)) }
            guard inside > 0 else { continue }
            result.stored += bytes * Double(inside) / Double(members.count { $0 < shown })
            if inside == members.count { result.unique += bytes }
        }
        for (users, count) in missing
        where sets.members[Int(users)].contains(where: { group.contains(Int($0)) }) {
            result.missing += count
        }
        return result
    }
}
