import MethodKit
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Tokenizers
import Transformers
import Vocabulary

@Suite("The error of the stream after each block")
struct BlockErrorTests {
  private struct Digits: Tokenizer {
    let vocabularySize = 211
    let beginningOfSequence: Int32? = nil
    let endOfSequence: Int32? = nil
    func encode(_ text: [UInt8]) -> Encoding { Encoding(ids: text.map { Int32($0 % 211) }) }
    func decode(_ ids: [Int32]) -> [UInt8] { ids.map { UInt8($0) } }
  }

  private func text(windows: Int) throws -> TokenWindows<DevelopmentSplit> {
    let bytes = (0..<windows * 12).map { UInt8(truncatingIfNeeded: $0 &* 37 % 211) }
    return try TokenWindows(
      TokenStream(bytes, Digits(), beginning: .none), windowTokens: 12, selection: .first)
  }

  private func model(_ source: ModelSource, bits: Int?) throws -> QuantizedModel {
    let c = source.configuration
    let dense = try DenseParameters(source: source)
    let quantizer = bits.map { WeightQuantizer(bits: $0, groupSize: nil) }
    return QuantizedModel(
      transformer: Transformer(configuration: c, frame: try source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(
          uniqueKeysWithValues: c.linearIDs.map {
            ($0, dense.quantizeInPlace($0, smoothing: LinearSmoothing(), quantizer: quantizer))
          }), norms: dense.norms(of: 0..<c.blocks, smoothing: [])))
  }

  @Test("A model has no error against itself", arguments: ["opt_preln", "llama_gqa_untied"])
  func none(name: String) throws {
    let source = try ModelSource(path: Vectors.path("model/\(name)"))
    let errors = try model(source, bits: nil).blockErrors(against: source, on: text(windows: 3))
    #expect(errors == Array(repeating: 0, count: source.configuration.blocks))
  }

  @Test("Each is what two whole runs up to that block differ by", arguments: [2, 4])
  func bruteForce(bits: Int) throws {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    let windows = try text(windows: 3)
    let quantized = try model(source, bits: bits)
    let dense = try DenseParameters(source: source)
    let errors = try quantized.blockErrors(against: source, on: windows, windows: 3)
    let transformer = quantized.transformer
    for last in errors.indices {
      var (error, size) = (0.0, 0.0)
      for window in 0..<3 {
        func stream(_ operators: some BlockOperators) throws -> Matrix {
          let x = try transformer.embed(Array(windows[window]), windowTokens: 12)
          for block in 0...last {
            transformer.runBlock(
              block, on: x, windowTokens: 12, rotary: transformer.rotaryTable(windowTokens: 12),
              operators: operators,
              workspace: Workspace(configuration: transformer.configuration, rows: 12))
          }
          return x
        }
        let (a, b) = (try stream(quantized.blocks).elements, try stream(dense).elements)
        for (x, y) in zip(a, b) {
          error += (Double(x) - Double(y)) * (Double(x) - Double(y))
          size += Double(y) * Double(y)
        }
      }
      #expect(abs(errors[last] - error / size) <= 1e-6 * error / size)
      #expect(errors[last] > 0)
    }
  }

  @Test("Fewer windows than asked for are all taken; a broken stream gives no number")
  func edges() throws {
    let source = try ModelSource(path: Vectors.path("model/opt_preln"))
    let good = try model(source, bits: 3)
    #expect(
      try good.blockErrors(against: source, on: text(windows: 2), windows: 9)
        == good.blockErrors(against: source, on: text(windows: 2), windows: 2))
    let broken = try model(source, bits: 3)
    broken.blocks.current(LinearID(block: 0, kind: .query)).row(0)[0] = .nan
    let errors = try broken.blockErrors(against: source, on: text(windows: 2))
    #expect(errors.allSatisfy { !$0.isFinite })
  }
}
