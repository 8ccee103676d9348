import Foundation
import Tensors
import Testing

/// Storage that the kernel gives, or refuses.
struct FloatBufferTests {
  @Test("Storage is zeroed, counted while it lives, and no longer")
  func counting() async {
    // A process of its own: other tests allocate at the same time.
    await #expect(processExitsWith: .success) {
      let before = LiveBytes.current
      do {
        let buffer = FloatBuffer(count: 5000)
        // 20,000 bytes are five pages.
        precondition(LiveBytes.current == before + 5 * 4096)
        precondition((0..<5000).allSatisfy { buffer.pointer[$0] == 0 })
      }
      precondition(LiveBytes.current == before && LiveBytes.peak >= before + 5 * 4096)
    }
  }

  @Test("A process that is refused memory stops and says how much it asked for, in any build")
  func refusal() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = ByteBuffer(byteCount: 1 << 60)
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("out of memory: 1152921504606846976 bytes refused, errno 12"), "\(said)")
  }
}
