extension String {
    /// True if both are the same bytes; `==` would also take canonically equivalent text for equal.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
