internal import Checkpoints
package import JSONText
internal import System
package import Transformers

/// The tensors of a model in the hub's layout, and what of the model each of them holds.
///
/// Names are the families' own knowledge: the loader is asked for a model of the configuration that has no weights, whose
/// tensors come in a frozen order.
package struct HubLayout: Sendable {
  /// One tensor.
  package struct Tensor: Sendable {
    /// Its name.
    package let name: String
    /// Its shape, row-major.
    package let shape: [Int]
    /// What it holds.
    package let part: Part
  }

  /// What a tensor holds.
  package enum Part: Sendable, Equatable {
    case embedding, head, positions, projectionIn, projectionOut, finalGain, finalBias
    /// The gain of a block's norm, by its place among the block's.
    case gain(Int, block: Int)
    /// The bias of a block's norm.
    case shift(Int, block: Int)
    /// Weights of linears, one below the other.
    case weights([LinearID])
    /// Their biases.
    case biases([LinearID])
  }

  /// Shape and conventions, as a loader reads them from the configuration.
  package let configuration: ModelConfiguration
  /// All tensors, embedding first.
  package let tensors: [Tensor]
  /// What the hub's files leave out of every gain of a norm.
  package let gainOffset: Float

  /// The layout of the model that a `config.json` describes.
  ///
  /// - Parameters:
  ///   - document: The content of `config.json`.
  ///   - folder: A folder that a file is written into and removed from.
  /// - Throws: What reading a model throws.
  package init(_ document: JSON, in folder: String) throws {
    guard case .object(let members) = document else { preconditionFailure("no configuration") }
    let place = folder + "/layout"
    try makeFolder(place)
    defer { try? removeTree(place) }
    let text = try jsonText(
      of: JSON.object(members + [JSON.Member("synthetic_seed", .integer(1))]), style: .pretty)
    try writeDurably(Array(text.utf8), to: place + "/config.json")
    let source = try ModelSource(path: place)
    configuration = source.configuration
    tensors = Self.parts(of: source.checkpoint.tensors, source.configuration)
    // Gains of a model that was never trained are 1, less what its files leave out.
    let gain = tensors.first { $0.part == .gain(0, block: 0) }
    gainOffset = try gain.map { try 1 - (source.checkpoint.read($0.name).first ?? 1) } ?? 0
  }

  private static func parts(of list: [TensorDescriptor], _ c: ModelConfiguration) -> [Tensor] {
    var rest = list[...]
    var tensors: [Tensor] = []
    func take(_ part: Part) {
      let tensor = rest.removeFirst()
      tensors.append(Tensor(name: tensor.name, shape: tensor.shape, part: part))
    }
    take(.embedding)
    if !c.tiesHead { take(.head) }
    if c.positionRows > 0 { take(.positions) }
    if c.embeddingWidth != c.channels {
      take(.projectionIn)
      take(.projectionOut)
    }
    for block in 0..<c.blocks {
      for index in c.norms.indices {
        take(.gain(index, block: block))
        if c.parts.hasNormBias { take(.shift(index, block: block)) }
      }
      var kinds = c.linears[...]
      while let first = kinds.first {
        // Linears that lie in one tensor follow each other.
        let rows = rest.first?.shape.first ?? 0
        var (ids, sum) = ([LinearID](), 0)
        while let kind = kinds.first, sum < rows {
          ids.append(LinearID(block: block, kind: kind))
          sum += c.shape(of: kind).outputs
          kinds.removeFirst()
        }
        precondition(sum == rows, "block \(block), \(first.name): \(sum) rows of \(rows)")
        take(.weights(ids))
        if c.hasBias(first) { take(.biases(ids)) }
      }
    }
    if c.hasFinalNorm {
      take(.finalGain)
      if c.parts.hasNormBias { take(.finalBias) }
    }
    precondition(rest.isEmpty, "\(rest.count) tensors more than the model has parts")
    return tensors
  }
}
