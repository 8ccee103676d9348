import Checkpoints
import TestSupport
import Testing

/// One and the same set of tensors in every format gives the same numbers.
@Suite struct FormatsTests {
  /// Opens one form twice and compares all tensors of it with those of `expected`, to the last bit.
  private func expectSame(_ form: String, as expected: String) throws {
    let found = try openCheckpoint(at: Vectors.path("formats/\(form)"))
    let right = try openCheckpoint(at: Vectors.path("formats/\(expected)"))
    #expect(Set(found.tensors.map(\.name)) == Set(right.tensors.map(\.name)))
    #expect(found.tensors.count == 7)
    for tensor in right.tensors {
      #expect(found.descriptor(of: tensor.name)?.shape == tensor.shape)
      let values = try right.read(tensor.name)
      #expect(
        try found.read(tensor.name).map(\.bitPattern) == values.map(\.bitPattern), "\(tensor.name)")
      // Each row by itself, the last one first.
      for row in (0..<tensor.rowCount).reversed().prefix(2) where tensor.shape.count == 2 {
        var alone = [Float](repeating: 0, count: tensor.rowElementCount)
        try alone.withUnsafeMutableBufferPointer {
          try found.read(tensor.name, rows: row..<row + 1, into: $0)
        }
        let start = row * tensor.rowElementCount
        #expect(alone == Array(values[start..<start + tensor.rowElementCount]))
      }
    }
  }

  @Test(arguments: [
    "", "sharded", "sharded/model.safetensors.index.json", "pytorch_model.bin", "torch",
    "torch/pytorch_model.bin.index.json", "f32.gguf", "k.gguf", "split-00001-of-00003.gguf",
  ])
  func plainForms(form: String) throws { try expectSame(form, as: "model.safetensors") }

  @Test(arguments: ["f16.gguf", "f16.bin"])
  func halfPrecision(form: String) throws { try expectSame(form, as: "f16.safetensors") }

  @Test func eightBits() throws { try expectSame("q8_0.gguf", as: "q8_0.safetensors") }

  @Test func formsThatDifferAreSeen() throws {
    let plain = try openCheckpoint(at: Vectors.path("formats/model.safetensors"))
    for other in ["f16.safetensors", "q8_0.safetensors"] {
      let rounded = try openCheckpoint(at: Vectors.path("formats/\(other)"))
      #expect(try rounded.read("q4_k.weight") != plain.read("q4_k.weight"))
    }
  }

  @Test func whatIsStoredIsNamed() throws {
    let k = try openCheckpoint(at: Vectors.path("formats/k.gguf"))
    #expect(
      k.tensors.map(\.type) == [.q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .f32, .q2_K])
    let half = try openCheckpoint(at: Vectors.path("formats/f16.bin"))
    #expect(half.tensors.allSatisfy { $0.type == .f16 })
  }
}
