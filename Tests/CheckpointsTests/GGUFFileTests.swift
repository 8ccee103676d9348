import Checkpoints
import TestSupport
import Testing

@Suite struct GGUFFileTests {
  let folder: TemporaryFolder
  let file: GGUFFile

  init() throws {
    folder = try TemporaryFolder()
    file = try GGUFFile(try folder.write(GGUFBytes.everything.file, to: "all.gguf"))
  }

  @Test func listsTensorsInTheOrderOfTheFile() {
    #expect(
      file.tensors.map(\.name) == [
        "f32", "f16", "bf16", "f64", "i32", "i8", "i16", "i64", "scalar", "empty", "q8_0", "q4_0",
        "q4_1",
      ])
  }

  @Test func reversesDimensionsToRowMajorOrder() throws {
    let tensor = try #require(file.descriptor(of: "f32"))
    #expect(tensor.shape == [2, 3])
    #expect(tensor.elementCount == 6)
    #expect(tensor.byteCount == 24)
    #expect(tensor.rowCount == 2)
    #expect(tensor.rowElementCount == 3)
    #expect(tensor.type == .f32)
    #expect(file.descriptor(of: "scalar")?.shape == [])
    #expect(file.descriptor(of: "scalar")?.elementCount == 1)
    #expect(file.descriptor(of: "empty")?.shape == [4, 0])
    #expect(file.descriptor(of: "absent") == nil)
  }

  @Test func readsFloatTypes() throws {
    #expect(try file.read("f32") == [1, 2, 3, -4, 5.5, 0])
    #expect(try file.read("f32")[5].sign == .minus)
    #expect(try file.read("f16") == [1, -2, 0x1p-24, 65504, 0.333251953125])
    #expect(try file.read("bf16") == [1, -3.140625, 0x1p-133])
    #expect(try file.read("f64") == [0.1, -1e-3])
    #expect(try file.read("scalar") == [42])
    #expect(try file.read("empty") == [])
  }

  @Test func dequantizesEachBlockType() throws {
    let codes = (0..<32).map { Float($0 - 16) }
    #expect(try file.read("q8_0") == codes.map { $0 * 0.5 } + codes.map { $0 * -2 })
    let rising = (0..<16).map(Float.init)
    // Low nibbles are the first half of a block, high nibbles the second.
    let block = rising + rising.reversed()
    let turned = rising.reversed() + rising
    #expect(try file.read("q4_0") == block.map { ($0 - 8) * 0.5 } + turned.map { ($0 - 8) * -1 })
    #expect(try file.read("q4_1") == block.map { $0 * 0.25 - 2 })
  }

  @Test func readsIntegerTypes() throws {
    #expect(try file.readIntegers("i32") == [1, -2, .max, .min])
    #expect(try file.readIntegers("i8") == [0, 127, -128])
    #expect(try file.readIntegers("i16") == [-2])
    #expect(try file.readIntegers("i64") == [.min])
  }

  @Test func readsRowsAlone() throws {
    var row = [Float](repeating: 0, count: 32)
    try row.withUnsafeMutableBufferPointer { try file.read("q8_0", rows: 1..<2, into: $0) }
    #expect(row == (0..<32).map { Float($0 - 16) * -2 })
    var second = [Float](repeating: 0, count: 3)
    try second.withUnsafeMutableBufferPointer { try file.read("f32", rows: 1..<2, into: $0) }
    #expect(second == [-4, 5.5, 0])
    var none: [Float] = []
    try none.withUnsafeMutableBufferPointer { try file.read("f32", rows: 2..<2, into: $0) }
  }

  @Test func keepsMetadataAsItStands() {
    #expect(
      file.metadataKeys == [
        "u8", "i8", "u16", "i16", "u32", "i32", "f32", "yes", "text", "texts", "u64", "i64", "f64",
        "integers", "floats", "nested",
      ])
    #expect(file.metadata["u8"] == .unsigned(200))
    #expect(file.metadata["i8"] == .signed(-1))
    #expect(file.metadata["f32"] == .float(1.5))
    #expect(file.metadata["yes"] == .bool(true))
    #expect(file.metadata["text"] == .string("Ġhé"))
    guard case .array(let texts) = file.metadata["texts"] else {
      Issue.record("expected an array, found \(String(describing: file.metadata["texts"]))")
      return
    }
    #expect(texts.elementType == .string)
    #expect(texts.count == 3)
  }

  @Test func readsMetadataByType() throws {
    #expect(try file.integer("u8") == 200)
    #expect(try file.integer("i8") == -1)
    #expect(try file.integer("u16") == 60_000)
    #expect(try file.integer("i16") == -300)
    #expect(try file.integer("u32") == 4_000_000_000)
    #expect(try file.integer("i32") == -70_000)
    #expect(try file.integer("i64") == .min)
    #expect(try file.float("f32") == 1.5)
    #expect(try file.float("f64") == -0.1)
    #expect(try file.bool("yes"))
    #expect(try file.string("text") == "Ġhé")
    #expect(try file.strings("texts") == ["a", "", "ü"])
    #expect(try file.integers("integers") == [7, -8])
    #expect(try file.floats("floats") == [0.25, -4])
  }

  @Test func usesDefaultsOnlyForMissingKeys() throws {
    #expect(try file.integer("none", default: 5) == 5)
    #expect(try file.integer("u8", default: 5) == 200)
    #expect(try file.float("none", default: 2.5) == 2.5)
    #expect(try file.bool("none", default: true))
    #expect(try file.string("none", default: "x") == "x")
    #expect(throws: CheckpointError.self) { try file.integer("text", default: 5) }
  }

  @Test(arguments: [8, 64, 4096])
  func honoursTheAlignmentThatTheFileDeclares(alignment: UInt32) throws {
    var gguf = GGUFBytes(alignment: Int(alignment))
    gguf.add("general.alignment", type: 4, little(alignment))
    gguf.add(tensor: "a", [1], type: 0, little([1]))
    gguf.add(tensor: "b", [2], type: 0, little([2, 3]))
    let file = try GGUFFile(try folder.write(gguf.file, to: "aligned.gguf"))
    #expect(try file.read("a") == [1])
    #expect(try file.read("b") == [2, 3])
  }

  @Test func opensAFileOfMetadataAlone() throws {
    var gguf = GGUFBytes()
    gguf.add("text", type: 8, string("vocabulary only"))
    let file = try GGUFFile(try folder.write(gguf.file, to: "vocabulary.gguf"))
    #expect(file.tensors.isEmpty)
    #expect(try file.string("text") == "vocabulary only")
  }
}
