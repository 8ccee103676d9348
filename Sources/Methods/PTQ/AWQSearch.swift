package import MethodKit
package import Quantizers
package import Tensors
package import Transformers

/// AWQ's searches in one block: scales of input channels, then clips of weights.
///
/// Every pair of a block is searched against the block's original weights; scales are applied afterwards, and
/// clips searched with what the linears then see.
///
/// > Source: Lin et al. 2023, arXiv:2306.00978, section 3.2; official code, auto_scale.py, auto_clip.py.
package struct AWQSearch: Sendable {
  /// What was found for one pair: what comes before, and the linears whose columns are scaled.
  package struct Pair: Sendable {
    /// The linears that share the input.
    package let linears: [LinearKind]
    /// Mean squared change of the output at r = 0, 1/20 … 19/20.
    package let losses: [Double]
    /// The first r with the least loss.
    package let ratio: Float
    /// Its scales, `[inputs]`.
    package let scales: [Float]
  }

  /// Whose output is compared.
  private enum Inspected {
    /// The whole attention or feed-forward part, its other linears in full precision.
    case part(NormKind)
    /// The linear alone.
    case linear(LinearKind)
  }

  private let transformer: Transformer
  private let windowTokens: Int
  private let quantizer: AWQQuantizer
  private let rotary: BlockRotations
  /// r goes from 0 in so many steps.
  private static let steps = 20

  /// Searches for models of one shape.
  package init(transformer: Transformer, windowTokens: Int, quantizer: AWQQuantizer) {
    self.transformer = transformer
    self.windowTokens = windowTokens
    self.quantizer = quantizer
    rotary = transformer.rotaryTable(windowTokens: windowTokens)
  }

  /// Searches the scales of all pairs of a block.
  ///
  /// Norm to Q, K, V; V to output projection, where both weights have one shape (not with grouped queries);
  /// norm to gate and up (fc1); up (fc1) to down (fc2).
  ///
  /// - Parameters:
  ///   - block: Which block.
  ///   - inputs: What its linears were given in full precision.
  ///   - dense: Its full-precision parameters; not written to.
  /// - Returns: The pairs in this order, and all scales as one smoothing.
  /// - Throws: ``MethodKit/MethodError`` when no ratio gives a finite loss.
  package func scales(block: Int, inputs: BlockInputs, dense: DenseParameters) throws(MethodError)
    -> (pairs: [Pair], smoothing: BlockSmoothing)
  {
    let c = transformer.configuration
    let isGated = c.parts.isGated
    var pairs: [Pair] = []
    var smoothing = BlockSmoothing()
    func search(_ linears: [LinearKind], _ inspected: Inspected) throws(MethodError) -> [Float] {
      let pair = try self.search(linears, inspected, block, inputs, dense)
      pairs.append(pair)
      return pair.scales
    }
    smoothing.attentionScale = try search([.query, .key, .value], .part(.attention))
    if c.shape(of: .value) == c.shape(of: .output) {
      smoothing.outputScale = try search([.output], .linear(.output))
    }
    smoothing.feedForwardScale = try search(
      isGated ? [.gate, .up] : [.up], isGated ? .part(.feedForward) : .linear(.up))
    smoothing.downScale = try search([.down], .linear(.down))
    return (pairs, smoothing)
  }

  private func search(
    _ linears: [LinearKind], _ inspected: Inspected, _ block: Int, _ inputs: BlockInputs,
    _ dense: DenseParameters
  ) throws(MethodError) -> Pair {
    let x = inputs.input(of: linears[0])
    let means = meanMagnitudes(of: x)
    let reference = output(inspected, x, ReplacedWeights(base: dense), block)
    var (losses, best): ([Double], (step: Int, loss: Double)?) = ([], nil)
    for step in 0..<Self.steps {
      let scales = Vector(awqScales(means: means, ratio: ratio(step)))
      var operators = ReplacedWeights(base: dense)
      for kind in linears {
        let original = dense.matrix(LinearID(block: block, kind: kind))
        let copy = Matrix(rows: original.rows, columns: original.columns)
        copy.copy(from: original)
        quantizer.fakeQuantize(copy, scaledBy: scales)
        operators.replaced[kind] = copy
      }
      let loss = meanSquare(of: output(inspected, x, operators, block), less: reference)
      losses.append(loss)
      if loss < best?.loss ?? .infinity { best = (step, loss) }
    }
    guard let best else {
      throw .model(
        method: AWQ.card.name,
        reason:
          "no scale gives the output of \(linears.map(\.name).joined(separator: ", ")) in block "
          + "\(block) a finite error; its activations or weights are not finite or too large")
    }
    return Pair(
      linears: linears, losses: losses, ratio: ratio(best.step),
      scales: awqScales(means: means, ratio: ratio(best.step)))
  }

  private func ratio(_ step: Int) -> Float { Float(Double(step) / Double(Self.steps)) }

  /// The inspected output over all tokens, in batches of whole windows.
  private func output(
    _ inspected: Inspected, _ x: Matrix, _ operators: ReplacedWeights, _ block: Int
  ) -> Matrix {
    let c = transformer.configuration
    switch inspected {
    case .linear(let kind):
      let result = Matrix(rows: x.rows, columns: c.shape(of: kind).outputs)
      operators.apply(LinearID(block: block, kind: kind), to: x, into: result)
      return result
    case .part(let kind):
      let result = Matrix(rows: x.rows, columns: c.channels)
      let batch = max(1, 2048 / windowTokens) * windowTokens
      for tile in 0..<tileCount(x.rows, size: batch) {
        let range = tileRange(tile, of: x.rows, size: batch)
        result.rows(range).copy(
          from: transformer.runPart(
            kind, ofBlock: block, on: x.rows(range), windowTokens: windowTokens, rotary: rotary,
            operators: operators, workspace: Workspace(configuration: c, rows: range.count)))
      }
      return result
    }
  }

  /// Searches the clips of a block whose weights are scaled already.
  ///
  /// Q and K aren't clipped. Tokens 0, k, 2k … are used, with k = n/512 rounded down, at least 1.
  ///
  /// - Parameters:
  ///   - block: Which block.
  ///   - inputs: What its linears were given before any scale.
  ///   - smoothing: The scales that were applied.
  ///   - dense: The scaled weights; not written to.
  /// - Returns: The best candidate of every group, `[outputs, groups]`.
  package func clips(
    block: Int, inputs: BlockInputs, smoothing: BlockSmoothing, dense: DenseParameters
  ) -> [LinearKind: Matrix] {
    let c = transformer.configuration
    var result: [LinearKind: Matrix] = [:]
    for kind in c.linears where kind != .query && kind != .key {
      let x = inputs.input(of: kind)
      let every = max(1, x.rows / 512)
      let sample = Matrix(rows: tileCount(x.rows, size: every), columns: x.columns)
      let scale = smoothing.smoothing(of: kind, c).columnScale
      for row in 0..<sample.rows {
        sample.rows(row..<row + 1).copy(from: x.rows(row * every..<row * every + 1))
      }
      if let scale { divideColumns(of: sample, by: scale) }
      result[kind] = quantizer.clipMaxima(
        of: dense.matrix(LinearID(block: block, kind: kind)), inputs: sample)
    }
    return result
  }
}

/// Dense blocks, some weights replaced.
private struct ReplacedWeights: BlockOperators {
  let base: DenseParameters
  var replaced: [LinearKind: Matrix] = [:]

  func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    Tensors.linear(
      x, replaced[linear.kind] ?? base.matrix(linear), bias: base.bias(linear), into: y)
  }

  func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    base.norm(kind, block: block)
  }
}
