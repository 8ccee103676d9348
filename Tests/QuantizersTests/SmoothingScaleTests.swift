import Checkpoints
import Quantizers
import Tensors
import TestSupport
import Testing

/// Scales of SmoothQuant's own code, and what smoothing does to norms and linears.
@Suite("Smoothing")
struct SmoothingScaleTests {
  private static let linears = [("fc0", 48), ("fc1", 16), ("fc2", 40)]

  /// The largest magnitude of each column over the linears that share an input.
  private func columnMaxima(_ file: SafetensorsFile, _ prefix: String) throws -> [Float] {
    let maxima = Vector([Float](repeating: 0, count: 48))
    for (name, rows) in Self.linears {
      foldColumnMaxima(
        of: Matrix(rows: rows, columns: 48, elements: try file.read("\(prefix)\(name).weight")),
        into: maxima)
    }
    return maxima.elements
  }

  @Test(
    "Official scales, norms and weights", arguments: ["", "rms."],
    [("0.5", Float(0.5)), ("0.75", 0.75), ("0.85", 0.85)])
  func vectors(prefix: String, alpha: (String, Float)) throws {
    let file = try Vectors.safetensors("smoothquant/pair")
    let activations = try file.read("\(prefix)act")
    let scale = smoothingScale(
      activations: activations, weights: try columnMaxima(file, prefix), alpha: { _ in alpha.1 })
    let name = "\(prefix)alpha\(alpha.0)"
    let near = Tolerance.elementwise(relative: 1e-6, absolute: 0)
    expectClose(scale, try file.read("\(name).scale"), near, "\(name).scale")
    #expect(activations.contains(0), "one activation is dead")
    let (gain, bias) = BlockSmoothing.norm(
      gain: try file.read("\(prefix)ln.weight"),
      bias: prefix == "" ? try file.read("ln.bias") : nil, scale: scale, shift: nil)
    expectClose(gain, try file.read("\(name).ln.weight"), near, "\(name).ln.weight")
    if prefix == "" {
      expectClose(try #require(bias), try file.read("\(name).ln.bias"), near, "\(name).ln.bias")
    } else {
      #expect(bias == nil, "a scale alone gives RMSNorm no bias")
    }
    var smoothing = LinearSmoothing()
    smoothing.columnScale = Vector(scale)
    for (linear, rows) in Self.linears {
      let weight = Matrix(
        rows: rows, columns: 48, elements: try file.read("\(prefix)\(linear).weight"))
      for row in 0..<rows {
        #expect(smoothing.apply(to: weight.row(row), columns: 48, index: row, bias: 0.25) == 0.25)
      }
      expectClose(
        weight.elements, try file.read("\(name).\(linear).weight"), near, "\(name).\(linear)")
    }
  }

  @Test("One row by hand, with every member at once")
  func byHand() {
    var row: [Float] = [1, 2, -3]
    var smoothing = LinearSmoothing()
    #expect(smoothing.isIdentity)
    #expect(smoothing.apply(to: &row, columns: 3, index: 0, bias: 7) == 7)
    #expect(row == [1, 2, -3])
    smoothing.columnScale = Vector([2, 4, 8])
    smoothing.columnShift = Vector([1, 0.5, 0.25])
    smoothing.rowDivisor = Vector([99, 2])
    smoothing.rowFactor = Vector([99, 3])
    smoothing.biasShift = Vector([99, 0.25])
    #expect(!smoothing.isIdentity)
    // Bias: 7 + (1·1 + 2·½ − 3·¼) − ¼ = 8, then ·3/2.
    #expect(smoothing.apply(to: &row, columns: 3, index: 1, bias: 7) == 12)
    #expect(row == [3, 12, -36])
  }

  @Test("A shift gives RMSNorm a bias of −δ/s")
  func shift() {
    let (gain, bias) = BlockSmoothing.norm(
      gain: [1, 2], bias: nil, scale: [2, 4], shift: [3, -8])
    #expect(gain == [0.5, 0.5] && bias == [-1.5, 2])
    let plain = BlockSmoothing.norm(gain: [1, 2], bias: [1, 1], scale: nil, shift: [3, -8])
    #expect(plain.gain == [1, 2] && plain.bias == [-2, 9])
  }

  @Test("α per channel runs from the least to the most with a/w")
  func channelAlphas() {
    let alphas = channelAlpha(
      activations: [1, 2, 4, 8], weights: [1, 1, 1, 4], least: 0.5, most: 0.8)
    expectClose(alphas, [0.5, 0.6, 0.8, 0.6], .absolute(1e-6))
    #expect(
      channelAlpha(activations: [2, 2], weights: [1, 1], least: 0.3, most: 0.9) == [0.3, 0.3])
  }

  @Test("Scales stay at 1e-5 or above, for dead channels too")
  func floor() {
    let scale = smoothingScale(
      activations: [0, 1, 0], weights: [1, 0, 0], alpha: { _ in 0.5 })
    #expect(scale[0] == 1e-5 && scale[2] == 1e-5)
    expectClose([scale[1]], [316.22778], .elementwise(relative: 1e-6, absolute: 0))
  }
}
