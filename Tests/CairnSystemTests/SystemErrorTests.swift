import CairnSystem
import Testing

@Test("two failures of the same call on the same file are equal")
func equality() {
    #expect(
        SystemError(.noSuchFileOrDirectory, "open", "/x") == SystemError(.noSuchFileOrDirectory, "open", "/x")
    )
}
