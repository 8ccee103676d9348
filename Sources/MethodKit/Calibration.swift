package import Tasks
import Tensors
package import Transformers

/// Largest absolute values of a block's activations over calibration text, per channel.
package struct ActivationMaxima: Sendable {
  /// Input of Q, K and V, `[C]`.
  package let attention: [Float]
  /// Input of the output projection, `[heads · D]`.
  package let output: [Float]
  /// Input of gate and up (fc1), `[C]`.
  package let feedForward: [Float]
  /// Input of down (fc2), `[F]`.
  package let down: [Float]
}

/// Runs calibration windows through a full-precision model, block by block.
///
/// Only the residual stream of the calibration tokens is held, and one block's weights when the
/// caller loads them block by block.
package struct Calibration {
  private let transformer: Transformer
  private let stream: Matrix
  private let windowTokens: Int
  private let workspace: Workspace
  private let rotary: RotaryTable
  private let batch: Int

  /// Embeds the first `windows` windows of `text`.
  ///
  /// - Throws: ``MethodError/option(name:expected:found:)`` when there are fewer.
  package init(
    _ transformer: Transformer, _ text: TokenWindows<TrainingSplit>, windows: Int
  ) throws {
    guard windows <= text.count else {
      throw MethodError.option(
        name: "calibrationWindows", expected: "at most the \(text.count) windows of training text",
        found: "\(windows)")
    }
    self.transformer = transformer
    windowTokens = text.windowTokens
    // Spread over the text: its first windows may all be one document.
    let chosen = (0..<windows).map { $0 * text.count / windows }
    stream = try transformer.embed(chosen.flatMap { text[$0] }, windowTokens: windowTokens)
    batch = max(1, 2048 / windowTokens) * windowTokens
    workspace = Workspace(
      configuration: transformer.configuration, rows: min(batch, stream.rows))
    rotary = transformer.rotaryTable(windowTokens: windowTokens)
  }

  /// Runs one block over all calibration tokens and returns what its linears saw.
  ///
  /// - Precondition: Blocks are run in order, each once.
  package func run(block: Int, operators: some BlockOperators) -> ActivationMaxima {
    let observed = ObservedOperators(base: operators, transformer.configuration)
    for index in 0..<tileCount(stream.rows, size: batch) {
      let range = tileRange(index, of: stream.rows, size: batch)
      transformer.runBlock(
        block, on: stream.rows(range), windowTokens: windowTokens, rotary: rotary,
        operators: observed,
        workspace: range.count == workspace.rows
          ? workspace : Workspace(configuration: transformer.configuration, rows: range.count))
    }
    return ActivationMaxima(
      attention: observed.attention.elements, output: observed.output.elements,
      feedForward: observed.feedForward.elements, down: observed.down.elements)
  }
}

/// Operators that also note the largest input of each channel.
private struct ObservedOperators<Base: BlockOperators>: BlockOperators {
  let base: Base
  let attention: Vector
  let output: Vector
  let feedForward: Vector
  let down: Vector

  init(base: Base, _ c: ModelConfiguration) {
    self.base = base
    func zeros(_ count: Int) -> Vector { Vector([Float](repeating: 0, count: count)) }
    attention = zeros(c.channels)
    output = zeros(c.heads * c.headSize)
    feedForward = zeros(c.channels)
    down = zeros(c.feedForward)
  }

  func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    base.apply(linear, to: x, into: y)
  }

  func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    base.norm(kind, block: block)
  }

  func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
    let maxima: Vector? =
      switch linears.first {
      case .query: attention
      case .output: output
      case .gate, .up: feedForward
      case .down: down
      case .key, .value, nil: nil
      }
    if let maxima { foldColumnMaxima(of: x, into: maxima) }
  }
}
