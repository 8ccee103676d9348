import Checkpoints
import TestSupport
import Testing

/// Each quantized type against the gguf package, to the last bit.
@Suite struct GGUFBlocksTests {
  static let types: [ElementType] = [
    .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K,
  ]

  @Test(arguments: types) func equalsTheReference(type: ElementType) throws {
    let file = try GGUFFile(Vectors.path("gguf/blocks.gguf"))
    let tensor = try file.requireTensor(type.rawValue)
    #expect(tensor.type == type)
    let expected = try Vectors.safetensors("gguf/blocks").read(type.rawValue)
    let found = try file.read(type.rawValue)
    #expect(expected.count == 2 * (type.elementsPerBlock == 256 ? 768 : 256))
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
    // The second row alone, which begins in the middle.
    var row = [Float](repeating: 0, count: tensor.rowElementCount)
    try row.withUnsafeMutableBufferPointer {
      try file.read(type.rawValue, rows: 1..<2, into: $0)
    }
    #expect(row.map(\.bitPattern) == expected.suffix(row.count).map(\.bitPattern))
  }

  @Test func everyBlockTypeIsHeldToTheReference() throws {
    let blocks = ElementType.allCases.filter { $0.elementsPerBlock > 1 }
    #expect(Set(blocks) == Set(Self.types))
  }

  @Test(arguments: [
    (type: ElementType.q5_0, number: 6, d: 0, words: "d = inf"),
    (.q5_1, 7, 2, "d = 0.0, m = inf"),
    (.iq4_NL, 20, 0, "d = inf"),
    (.q2_K, 10, 82, "d = 0.0, dmin = inf"),
    (.q3_K, 11, 108, "d = inf"),
    (.q4_K, 12, 0, "d = inf, dmin = 0.0"),
    (.q5_K, 13, 2, "d = 0.0, dmin = inf"),
    (.q6_K, 14, 208, "d = inf"),
  ])
  func scalesThatAreNotFinite(type: ElementType, number: UInt32, d: Int, words: String) throws {
    let folder = try TemporaryFolder()
    var gguf = GGUFBytes()
    let elements = UInt64(type.elementsPerBlock)
    var data = [UInt8](repeating: 0, count: 2 * type.bytesPerBlock)
    data[type.bytesPerBlock + d + 1] = 0x7c
    gguf.add(tensor: "w", [elements, 2], type: number, data)
    let path = try folder.write(gguf.file, to: "bad.gguf")
    let file = try GGUFFile(path)
    let start = gguf.file.count - data.count + type.bytesPerBlock
    let error = #expect(throws: CheckpointError.self) { try file.read("w") }
    #expect(
      error?.description
        == "\(path): tensor 'w', element \(elements): error: expected finite scales in "
        + "\(type.rawValue) block 1 at byte \(start), found \(words)")
  }
}
