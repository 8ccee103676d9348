package import MethodKit
internal import Quantizers
package import Tensors
package import Transformers
internal import Vocabulary

/// A finished model as its parameters alone: what a file can hold and another program can run.
///
/// Each weight is what is multiplied, `Q(smooth(W))`; smoothing has gone into norms and biases. What happens to
/// activations on the way is no parameter.
package struct PlainModel: Sendable {
  /// Shape and conventions.
  package let configuration: ModelConfiguration
  /// Bias of each linear that has one.
  package let biases: [LinearID: [Float]]
  /// Norms, by block and in the order of the configuration's kinds.
  package let norms: [[(gain: [Float], bias: [Float]?)]]
  /// Embedding, head, final norm.
  package let frame: ModelFrame
  private let blocks: QuantizedBlocks

  /// The parameters of `model`.
  ///
  /// - Throws: ``ExportError`` for a model that computes what no checkpoint can ask for: rotations on the way, biases
  ///   where its architecture has none.
  package init(_ model: QuantizedModel) throws(ExportError) {
    let c = model.transformer.configuration
    if model.blocks.rotation != nil || model.transformer.frame.rotation != nil {
      throw .rotated
    }
    var biases: [LinearID: [Float]] = [:]
    for id in c.linearIDs {
      let bias = model.finalBias(id)?.elements
      if c.hasBias(id.kind) {
        biases[id] = bias ?? [Float](repeating: 0, count: c.shape(of: id.kind).outputs)
      } else if let bias, bias.contains(where: { $0 != 0 }) {
        throw .extraBias(
          "block \(id.block), \(id.kind.name)", architecture: c.architecture.rawValue)
      }
    }
    self.biases = biases
    norms = try Self.norms(of: model, c)
    configuration = c
    frame = model.transformer.frame
    blocks = model.blocks
  }

  private static func norms(of model: QuantizedModel, _ c: ModelConfiguration)
    throws(ExportError) -> [[(gain: [Float], bias: [Float]?)]]
  {
    var norms: [[(gain: [Float], bias: [Float]?)]] = []
    for block in 0..<c.blocks {
      var own: [(gain: [Float], bias: [Float]?)] = []
      for kind in c.norms {
        let (gain, bias) = model.blocks.norm(kind, block: block)
        if !c.parts.hasNormBias, let bias, bias.elements.contains(where: { $0 != 0 }) {
          throw .extraBias("block \(block), a norm", architecture: c.architecture.rawValue)
        }
        own.append((gain.elements, c.parts.hasNormBias ? bias?.elements : nil))
      }
      norms.append(own)
    }
    return norms
  }

  /// The weight of a linear as it is multiplied, `[outputs, inputs]`.
  package func weight(_ id: LinearID) -> Matrix { blocks.current(id) }

  /// The same with rows in the order that another layout of rotary pairs wants.
  ///
  /// - Parameters:
  ///   - id: The linear; only rows of queries and keys move.
  ///   - interleaved: Whether pairs are (2i, 2i+1), as in GGUF's `llama`, instead of (i, i + D/2).
  /// - Returns: The weight; the model's own storage where nothing moves.
  package func weight(_ id: LinearID, interleaved: Bool) -> Matrix {
    let weight = weight(id)
    guard let order = rowOrder(id.kind, interleaved: interleaved) else { return weight }
    let moved = Matrix(rows: weight.rows, columns: weight.columns)
    for (row, old) in order.enumerated() {
      moved.rows(row..<row + 1).copy(from: weight.rows(old..<old + 1))
    }
    return moved
  }

  /// A linear's bias in the same order; nil where it has none.
  package func bias(_ id: LinearID, interleaved: Bool) -> [Float]? {
    guard let bias = biases[id], let order = rowOrder(id.kind, interleaved: interleaved) else {
      return biases[id]
    }
    return order.map { bias[$0] }
  }

  /// Which of today's rows comes where; nil where all stay.
  private func rowOrder(_ kind: LinearKind, interleaved: Bool) -> [Int]? {
    let c = configuration
    guard kind == .query || kind == .key, c.rotaryIsInterleaved != interleaved, c.parts.isRotary
    else { return nil }
    let (size, pairs) = (c.headSize, c.headSize / 2)
    return (0..<c.shape(of: kind).outputs).map { row in
      let (head, place) = (row / size * size, row % size)
      // Place 2i + j of interleaved pairs is place i + j·D/2 of halves.
      return interleaved
        ? head + place / 2 + place % 2 * pairs : head + place % pairs * 2 + place / pairs
    }
  }
}
