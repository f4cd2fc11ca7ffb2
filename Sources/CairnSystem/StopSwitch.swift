internal import CLinux
internal import Glibc
import Synchronization

/// Something that one thread flips once, and that others see at once wherever they wait.
public final class StopSwitch: Sendable {
    /// Can be read once the switch is flipped; -1 if the system gave no descriptor, then waiting threads look now and then.
    let descriptor: Int32
    private let flipped = Atomic<Bool>(false)

    /// A switch that is not flipped.
    public init() {
        descriptor = max(-1, clinux_note_descriptor())
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// True from the first `flip` on.
    public var isFlipped: Bool { flipped.load(ordering: .acquiring) }

    /// Flips the switch; nothing happens when it is.
    public func flip() {
        flipped.store(true, ordering: .releasing)
        if descriptor >= 0 { clinux_note(descriptor) }
    }
}
