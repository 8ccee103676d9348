import Foundation
import Tensors
import Testing

/// Storage that the kernel gives, or refuses.
struct FloatBufferTests {
  @Test("Storage is zeroed, counted while it lives, and no longer")
  func counting() {
    // Other tests allocate at the same time, so only the storage's own facts are asked for.
    let buffer = FloatBuffer(count: 5000)
    #expect((0..<5000).allSatisfy { buffer.pointer[$0] == 0 })
    #expect(LiveBytes.peak >= 5000 * 4)
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
