import Checkpoints
import TestSupport
import Testing

/// The seven-number format, on files made here.
@Suite("llama2.c checkpoints")
struct Llama2CFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of the given header whose floats count up from 0, `floats` of them.
  private func file(_ header: [Int32], floats: Int) throws -> String {
    var bytes: [UInt8] = []
    for value in header { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    for index in 0..<floats {
      withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { bytes += $0 }
    }
    return try folder.write(bytes, to: "model.bin")
  }

  /// Channels 4, feed-forward 3, blocks 2, heads 2, key heads 1, 5 tokens, 7 positions.
  private static let tied: [Int32] = [4, 3, 2, 2, 1, 5, 7]
  /// 20 embedding + 8 norms + 32 q + 16 k + 16 v + 32 o + 8 norms + 24 + 24 + 24 + 4 + 2·7.
  private static let tiedFloats = 222

  private func error(_ header: [Int32], floats: Int) throws -> CheckpointError? {
    let path = try file(header, floats: floats)
    do {
      _ = try Llama2CFile(path)
      return nil
    } catch { return error }
  }

  @Test("Tensors are where the order of the file puts them")
  func layout() throws {
    let file = try Llama2CFile(file(Self.tied, floats: Self.tiedFloats))
    #expect(file.header.headSize == 2 && file.header.tiesHead)
    for (name, shape, first) in [
      ("token_embd.weight", [5, 4], 0), ("blk.0.attn_norm.weight", [4], 20),
      ("blk.1.attn_norm.weight", [4], 24), ("blk.0.attn_q.weight", [4, 4], 28),
      ("blk.1.attn_q.weight", [4, 4], 44), ("blk.0.attn_k.weight", [2, 4], 60),
      ("blk.1.attn_v.weight", [2, 4], 84), ("blk.0.attn_output.weight", [4, 4], 92),
      ("blk.1.ffn_norm.weight", [4], 128), ("blk.0.ffn_gate.weight", [3, 4], 132),
      ("blk.0.ffn_down.weight", [4, 3], 156), ("blk.1.ffn_up.weight", [3, 4], 192),
      ("output_norm.weight", [4], 204), ("rope_sines", [7, 1], 215),
    ] as [(String, [Int], Int)] {
      let tensor = try file.requireTensor(name)
      #expect(tensor.shape == shape, "\(name)")
      let values = try file.read(name)
      #expect(values == (0..<shape.reduce(1, *)).map { Float(first + $0) }, "\(name)")
    }
    #expect(file.descriptor(of: "output.weight") == nil)
    #expect(file.tensors.count == 1 + 2 * 9 + 3)
  }

  @Test("A negative vocabulary announces a head of its own, after the rotary tables")
  func untied() throws {
    var header = Self.tied
    header[5] = -5
    let file = try Llama2CFile(file(header, floats: Self.tiedFloats + 20))
    #expect(!file.header.tiesHead && file.header.vocabularySize == 5)
    #expect(try file.read("output.weight") == (0..<20).map { Float(222 + $0) })
    #expect(try error(header, floats: Self.tiedFloats)?.kind == .truncated)
  }

  @Test("One float less or more is refused")
  func wrongLength() throws {
    let short = try #require(try error(Self.tied, floats: Self.tiedFloats - 1))
    #expect(short.kind == .truncated)
    #expect(
      short.reason
        == "expected 916 bytes for 2 blocks of 4 channels and 5 tokens, found 912")
    let long = try #require(try error(Self.tied, floats: Self.tiedFloats + 1))
    #expect(long.kind == .malformed && long.place == .byte(916))
    #expect(long.reason == "expected the end of the file, found 4 bytes more")
  }

  @Test("Every length below the right one is refused", arguments: 1..<28)
  func headerCut(length: Int) throws {
    let path = try folder.write([UInt8](repeating: 1, count: length), to: "short.bin")
    #expect(
      throws: CheckpointError(
        .truncated, in: path, "expected a header of 28 bytes, found \(length)")
    ) { try Llama2CFile(path) }
  }

  @Test(
    "Numbers that can't be a shape",
    arguments: [
      ([0, 3, 2, 2, 1, 5, 7], 0, "expected from 1 to 268435456 channels, found 0"),
      ([4, -3, 2, 2, 1, 5, 7], 4, "expected from 1 to 268435456 feed-forward channels, found -3"),
      ([4, 3, -2, 2, 1, 5, 7], 8, "expected from 1 to 268435456 blocks, found -2"),
      ([4, 3, 2, 0, 1, 5, 7], 12, "expected from 1 to 268435456 heads, found 0"),
      ([4, 3, 2, 2, -1, 5, 7], 16, "expected from 1 to 268435456 key heads, found -1"),
      (
        [4, 3, 2, 2, 1, Int32.min, 7], 20,
        "expected from 1 to 268435456 tokens, found -2147483648"
      ),
      (
        [4, 3, 2, 2, 1, 5, Int32.max], 24,
        "expected from 1 to 268435456 positions, found 2147483647"
      ),
      ([4, 3, 2, 3, 1, 5, 7], 12, "4 channels don't divide into 3 heads of even size"),
      ([4, 3, 2, 4, 1, 5, 7], 12, "4 channels don't divide into 4 heads of even size"),
      ([12, 3, 2, 3, 2, 5, 7], 16, "3 query heads can't share 2 key heads evenly"),
    ] as [([Int32], Int, String)])
  func refusals(header: [Int32], byte: Int, reason: String) throws {
    let error = try #require(try error(header, floats: Self.tiedFloats))
    #expect(error.kind == .malformed)
    #expect(error.place == .byte(byte))
    #expect(error.reason == reason)
  }

  @Test("Sizes that overflow or exceed the file end in an error, not in a trap")
  func overflow() throws {
    let most = Int32(1 << 28)
    let huge = try #require(try error([most, most, 1, 2, 2, most, most], floats: 4))
    #expect(huge.kind == .truncated || huge.kind == .malformed)
    let blocks = try #require(try error([4, 3, most, 2, 1, 5, 7], floats: 4))
    #expect(blocks.kind == .truncated && blocks.place == .byte(8))
    // Few enough blocks to be listed, each of a size whose sum overflows.
    let many = try #require(try error([most, most, 100, 2, 2, most, most], floats: 400))
    #expect(many.kind == .malformed)
    #expect(many.reason.hasSuffix("overflows"))
  }

  @Test("A NaN among the weights is named")
  func notFinite() throws {
    let path = try file(Self.tied, floats: Self.tiedFloats)
    var bytes = try TemporaryFolder.bytes(of: path)
    bytes.replaceSubrange(28 + 4 * 30..<28 + 4 * 31, with: [0, 0, 0xc0, 0x7f])
    let broken = try Llama2CFile(try folder.write(bytes, to: "nan.bin"))
    #expect(throws: CheckpointError.self) { try broken.read("blk.0.attn_q.weight") }
    #expect(try broken.read("token_embd.weight").count == 20)
  }
}
