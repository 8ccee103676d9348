import Checkpoints
import Glibc
import MethodKit
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// SmolLM2-135M against reference outputs of transformers on the same dequantized weights.
@Suite("SmolLM2-135M equals the reference", .serialized, .needsSmolLM2)
struct SmolLM2Tests {
  private static let base: (DenseParameters, Transformer, ModelSource)? = {
    guard let path = TestData.smolLM2, let source = try? ModelSource(path: path),
      let dense = try? DenseParameters(source: source),
      let frame = try? source.frame(precision: .single)
    else { return nil }
    return (dense, Transformer(configuration: source.configuration, frame: frame), source)
  }()

  private let dense: DenseParameters
  private let transformer: Transformer
  private let vectors: SafetensorsFile

  init() throws {
    let base = try #require(Self.base)
    (dense, transformer) = (base.0, base.1)
    vectors = try Vectors.safetensors("smollm2")
  }

  /// Blocks whose weights are quantized as they are used, as RTN does once and for all.
  private func blocks(weights: Int?, activations: Int?, group: Int? = nil) -> QuantizedBlocks {
    QuantizedBlocks(
      linears: Dictionary(
        uniqueKeysWithValues: dense.configuration.linearIDs.map {
          ($0, .init(storage: .live(dense.matrix($0)), bias: dense.bias($0)))
        }),
      norms: dense.norms(of: 0..<dense.configuration.blocks, smoothing: []),
      weightQuantizer: weights.map { WeightQuantizer(bits: $0, groupSize: group) },
      tokenQuantizer: activations.map { TokenQuantizer(bits: $0) })
  }

  /// NLL of the targets of windows of `tokens` ids, without the target-less last position.
  private func losses(_ ids: [Int32], tokens: Int, _ operators: some BlockOperators) throws
    -> [Double]
  {
    try transformer.negativeLogLikelihood(ids, windowTokens: tokens, operators: operators)
      .enumerated().filter { ($0.offset + 1) % tokens != 0 }.map(\.element)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test("Full precision: 4×512 says 29.98, one window of 2,048 says 15.15, token by token")
  func fullPrecision() throws {
    for (name, tokens, perplexity) in [
      ("wiki4x512", 512, 29.982489850768786), ("joined2048", 2048, 15.146664535772697),
    ] {
      let nll = try losses(vectors.readIntegers("\(name).ids"), tokens: tokens, dense)
      let expected = try vectors.read("\(name).fp32.nll")
      expectClose(nll.map { Float($0) }, expected, .absolute(2e-3), name)
      #expect(abs(exp(mean(nll)) / perplexity - 1) < 5e-4, "\(name): \(exp(mean(nll)))")
    }
  }

  @Test("Weight-only: W4A16 within 5e-4 nats in the mean")
  func weightOnly() throws {
    let nll = try losses(
      vectors.readIntegers("wiki4x512.ids"), tokens: 512, blocks(weights: 4, activations: nil))
    #expect(abs(mean(nll) - 3.8959318856313043) < 5e-4, "\(mean(nll))")
  }

  @Test(
    "Whole models with quantized activations agree within their rounding floor",
    arguments: [
      (6, 3.62651847941196, 0.7692621518565831), (4, 7.9148879227485445, 2.4),
    ])
  func wholeModel(bits: Int, expected: Double, rms: Double) throws {
    let nll = try losses(
      vectors.readIntegers("wiki4x512.ids"), tokens: 512,
      blocks(weights: bits, activations: bits))
    #expect(abs(mean(nll) - expected) < 3 * rms / 2044.0.squareRoot(), "\(mean(nll))")
  }

  @Test(
    "Products in integers differ from products in floats by no more than the order of summation does",
    arguments: [(8, 8), (4, 4)])
  func integers(weights: Int, activations: Int) throws {
    let ids = try vectors.readIntegers("wiki4x512.ids")
    var (other, integer) = (
      blocks(weights: weights, activations: activations),
      blocks(weights: weights, activations: activations)
    )
    let float = try losses(ids, tokens: 512, other)
    other.order = .halves
    integer.arithmetic = .integer
    func rms(_ a: [Double], _ b: [Double]) -> Double {
      mean(zip(a, b).map { ($0 - $1) * ($0 - $1) }).squareRoot()
    }
    // Any other rounding somewhere flips codes in later layers; this is how far that goes.
    let floor = try rms(losses(ids, tokens: 512, other), float)
    let found = try losses(ids, tokens: 512, integer)
    let (spread, shift) = (rms(found, float), mean(found) - mean(float))
    #expect(floor > 0 && spread > 0, "the three ways round differently")
    #expect(spread < 1.25 * floor, "\(spread) nats a token, floor \(floor)")
    #expect(
      abs(shift) < 3 * floor / Double(float.count).squareRoot(), "\(shift) nats, floor \(floor)")
  }

  @Test(
    "A block in integers, before later layers flip anything", arguments: [0, 14], [(8, 8), (4, 4)])
  func integerBlock(number: Int, bits: (Int, Int)) throws {
    let input = try vectors.read("block\(number).input")
    func output(_ arithmetic: QuantizedBlocks.Arithmetic) -> Matrix {
      let x = Matrix(rows: 32, columns: 576, elements: input)
      var operators = blocks(weights: bits.0, activations: bits.1)
      operators.arithmetic = arithmetic
      transformer.runBlock(
        number, on: x, windowTokens: 32, rotary: transformer.rotaryTable(windowTokens: 32),
        operators: operators,
        workspace: Workspace(configuration: transformer.configuration, rows: 32))
      return x
    }
    let (float, integer) = (output(.float), output(.integer))
    // A code of the block's inner activations may flip: then its row differs, and few do.
    var rowsWithin = 0
    for row in 0..<32 {
      var (error, size) = (0.0, 0.0)
      for column in 0..<576 {
        let work = Double(float.row(row)[column] - input[row * 576 + column])
        let difference = Double(float.row(row)[column] - integer.row(row)[column])
        error += difference * difference
        size += work * work
      }
      let relative = (error / size).squareRoot()
      #expect(relative < 2e-2, "row \(row): \(relative)")
      if relative < 1e-5 { rowsWithin += 1 }
    }
    #expect(rowsWithin >= 16, "\(rowsWithin) of 32 rows within 1e-5")
  }

  @Test(
    "Single blocks", arguments: [0, 14],
    [(8, 8, nil), (6, 6, nil), (4, 4, nil), (3, nil, 64), (nil, nil, nil)]
      as [(Int?, Int?, Int?)])
  func block(number: Int, bits: (Int?, Int?, Int?)) throws {
    let spec = try QuantizationSpec(
      weightBits: bits.0, activationBits: bits.1, groupSize: bits.2)
    let label = spec == .none ? "fp" : "\(spec)"
    let input = try vectors.read("block\(number).input")
    let expected = try vectors.read("block\(number).\(label)")
    let x = Matrix(rows: 32, columns: 576, elements: input)
    transformer.runBlock(
      number, on: x, windowTokens: 32, rotary: transformer.rotaryTable(windowTokens: 32),
      operators: blocks(weights: bits.0, activations: bits.1, group: bits.2),
      workspace: Workspace(configuration: transformer.configuration, rows: 32))
    // The residual stream hides the block's own work: measure against output − input.
    var (error, size) = (0.0, 0.0)
    var rowsWithin = 0
    for row in 0..<32 {
      var (rowError, rowSize) = (0.0, 0.0)
      for column in 0..<576 {
        let index = row * 576 + column
        let difference = Double(x.row(row)[column] - expected[index])
        let work = Double(expected[index] - input[index])
        rowError += difference * difference
        rowSize += work * work
      }
      error += rowError
      size += rowSize
      if (rowError / rowSize).squareRoot() < 1e-4 { rowsWithin += 1 }
    }
    let relative = (error / size).squareRoot()
    #expect(relative < 1e-2, "block \(number) \(label): \(relative)")
    #expect(rowsWithin >= 16, "block \(number) \(label): \(rowsWithin) of 32 rows within 1e-4")
  }
}
