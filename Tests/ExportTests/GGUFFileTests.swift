import Checkpoints
import Export
import Tensors
import TestSupport
import Testing

/// GGUF files that are written here, read by the reader that reads everybody's.
@Suite struct GGUFFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func metadataComesBack() throws {
    let path = folder.path("a.gguf")
    try GGUFFileWriter.write(
      [
        ("general.architecture", .text("llama")), ("a.word", .word(7)), ("a.float", .float(0.5)),
        ("a.flag", .flag(true)), ("a.texts", .texts(["", "ä", "x y"])),
        ("a.integers", .integers([-1, 3])), ("a.floats", .floats([1.5, -2])),
      ],
      [
        .init(name: "one", shape: [3], type: .f32), .init(name: "two", shape: [2, 2], type: .f16),
      ], to: path
    ) { index, put in
      try put(
        index == 0
          ? [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40]
          : [0, 0x3c, 0, 0x40, 0, 0xbc, 1, 0])
    }
    let file = try GGUFFile(path)
    #expect(try file.string("general.architecture") == "llama")
    #expect(try file.integer("a.word") == 7 && file.float("a.float") == 0.5)
    #expect(try file.bool("a.flag") && file.strings("a.texts") == ["", "ä", "x y"])
    #expect(try file.integers("a.integers") == [-1, 3] && file.floats("a.floats") == [1.5, -2])
    #expect(try file.read("one") == [1, 2, 3])
    #expect(file.tensors.map(\.shape) == [[3], [2, 2]])
    #expect(try file.read("two") == [1, 2, -1, 0x1p-24])
  }

  /// A row of 64 weights of two grids, as each type has it.
  @Test func blocksOfEveryType() throws {
    // Codes 0 to 15 twice around 8, then around 3 on another grid.
    let (scales, zeros) = ([Float(0.25), 0.1], [8, 3])
    let levels = (0..<64).map { $0 % 16 - zeros[$0 / 32] }
    let values = levels.enumerated().map { scales[$0.offset / 32] * Float($0.element) }
    let matrix = Matrix(rows: 1, columns: 64, elements: values)
    let coded = try CodedMatrix(matrix, groupSize: 32, bits: 4)
    for type in [GGUFBlocks.q4_1, .q8_0] {
      let (bytes, weights) = try #require(type.row(coded, 0))
      #expect(bytes.count == 2 * type.blockBytes)
      let path = folder.path("\(type.rawValue).gguf")
      try GGUFFileWriter.write([], [.init(name: "w", shape: [1, 64], type: type)], to: path) {
        try $1(bytes)
      }
      // What the writer says will be read is what is read, to the last bit.
      #expect(try GGUFFile(path).read("w") == weights)
      #expect(Array(weights[..<32]) == Array(values[..<32]))
      let change = zip(weights, values).map { abs($0 - $1) }.max() ?? 0
      // Of 15 steps of 0.1, and of a least value of 0.3, half a unit in the last of 11 bits.
      #expect(change > 0 && change <= (1.5 + 0.3) / 2048)
    }
    let (bytes, _) = try #require(GGUFBlocks.q4_1.row(coded, 0))
    let nibbles = (0..<16).map { UInt8($0 | $0 << 4) }
    // 0.25 and −2 in half precision; 0.1 is 0x2e66, and −0.3 is 0xb4cd.
    #expect(bytes == [0, 0x34, 0, 0xc0] + nibbles + [0x66, 0x2e, 0xcd, 0xb4] + nibbles)
    let first = try CodedMatrix(
      Matrix(rows: 1, columns: 32, elements: Array(values[..<32])), groupSize: nil, bits: 4)
    let (four, weights) = try #require(GGUFBlocks.q4_0.row(first, 0))
    #expect(four == [0, 0x34] + nibbles && weights == Array(values[..<32]))
    let (eight, _) = try #require(GGUFBlocks.q8_0.row(first, 0))
    #expect(eight == [0, 0x34] + (0..<32).map { UInt8(bitPattern: Int8($0 % 16 - 8)) })
  }

  @Test func scalesBeyondHalfPrecisionAreNoBlocks() throws {
    let matrix = Matrix(
      rows: 1, columns: 32, elements: (0..<32).map { Float($0 % 4) * 70000 })
    let coded = try CodedMatrix(matrix, groupSize: nil, bits: 4)
    #expect(GGUFBlocks.q8_0.row(coded, 0) == nil)
  }
}
