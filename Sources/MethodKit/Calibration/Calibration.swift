package import Tasks
package import Tensors
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

/// Runs calibration windows through a model, block by block.
///
/// Only the residual stream of the calibration tokens is held, and one block's weights when the
/// caller loads them block by block.
package struct Calibration {
  /// Hears which linears are given the input `x`, as they will multiply it; `x` may not be kept.
  ///
  /// > Shape: `x` is `[windows · T, inputs]`, whole windows at a time: these `rows` of all tokens.
  package typealias InputObserver =
    @Sendable (_ linears: [LinearKind], _ x: Matrix, _ rows: Range<Int>) -> Void

  private let transformer: Transformer
  /// The residual stream before the block that runs next, `[windows · T, C]`.
  package let stream: Matrix
  /// T, tokens of a window.
  package let windowTokens: Int
  private let workspace: Workspace
  private let rotary: BlockRotations
  private let batch: Int

  /// Embeds `windows` windows of `text`.
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
    // Spread over the text: its first windows may all be one document.
    let chosen = (0..<windows).map { $0 * text.count / windows }
    self.init(
      transformer,
      stream: try transformer.embed(chosen.flatMap { text[$0] }, windowTokens: text.windowTokens),
      windowTokens: text.windowTokens)
  }

  /// Starts from a residual stream, `[windows · T, C]`, which the blocks will write to.
  package init(_ transformer: Transformer, stream: Matrix, windowTokens: Int) {
    // Embedding and head aren't needed any more: whoever made the stream may drop them.
    self.transformer = transformer.blocksAlone
    self.stream = stream
    self.windowTokens = windowTokens
    batch = max(1, 2048 / windowTokens) * windowTokens
    workspace = Workspace(
      configuration: transformer.configuration, rows: min(batch, stream.rows))
    rotary = transformer.rotaryTable(windowTokens: windowTokens)
  }

  /// Runs one block over all calibration tokens.
  ///
  /// - Parameters:
  ///   - block: Which block; blocks advance the stream in order, each once.
  ///   - operators: Its linears and norms, as they should be.
  ///   - isAdvancing: Whether the stream becomes the block's output; otherwise it stays for another run.
  ///   - observe: Hears the inputs of the block's linears.
  package func propagate(
    block: Int, operators: some BlockOperators, isAdvancing: Bool = true,
    observe: @escaping InputObserver = { _, _, _ in }
  ) {
    let scratch = isAdvancing ? nil : Matrix(rows: workspace.rows, columns: stream.columns)
    for index in 0..<tileCount(stream.rows, size: batch) {
      let range = tileRange(index, of: stream.rows, size: batch)
      var x = stream.rows(range)
      if let scratch {
        scratch.rows(0..<range.count).copy(from: x)
        x = scratch.rows(0..<range.count)
      }
      transformer.runBlock(
        block, on: x, windowTokens: windowTokens, rotary: rotary,
        operators: ObservedOperators(base: operators, rows: range, observe: observe),
        workspace: range.count == workspace.rows
          ? workspace : Workspace(configuration: transformer.configuration, rows: range.count))
    }
  }

  /// Runs one block over all calibration tokens and returns the largest values that its linears saw.
  ///
  /// - Precondition: Blocks are run in order, each once.
  package func run(block: Int, operators: some BlockOperators) -> ActivationMaxima {
    let c = transformer.configuration
    func zeros(_ count: Int) -> Vector { Vector([Float](repeating: 0, count: count)) }
    let (attention, feedForward) = (zeros(c.channels), zeros(c.channels))
    let (output, down) = (zeros(c.heads * c.headSize), zeros(c.feedForward))
    propagate(block: block, operators: operators) { linears, x, _ in
      switch linears.first {
      case .query: foldColumnMaxima(of: x, into: attention)
      case .output: foldColumnMaxima(of: x, into: output)
      case .gate, .up: foldColumnMaxima(of: x, into: feedForward)
      case .down: foldColumnMaxima(of: x, into: down)
      case .key, .value, nil: break
      }
    }
    return ActivationMaxima(
      attention: attention.elements, output: output.elements, feedForward: feedForward.elements,
      down: down.elements)
  }
}

/// What the linears of a block were given over all calibration tokens.
package struct BlockInputs: Sendable {
  /// Input of Q, K and V, `[windows · T, C]`.
  package let attention: Matrix
  /// Input of the output projection, `[windows · T, heads · D]`.
  package let output: Matrix
  /// Input of gate and up (fc1), `[windows · T, C]`.
  package let feedForward: Matrix
  /// Input of down (fc2), `[windows · T, F]`.
  package let down: Matrix

  /// The input of one linear.
  package func input(of kind: LinearKind) -> Matrix {
    switch kind {
    case .query, .key, .value: attention
    case .output: output
    case .gate, .up: feedForward
    case .down: down
    }
  }
}

extension Calibration {
  /// Runs one block over all calibration tokens and returns all that its linears were given.
  ///
  /// - Precondition: Blocks are run in order, each once.
  package func collectInputs(block: Int, operators: some BlockOperators) -> BlockInputs {
    let c = transformer.configuration
    func matrix(_ kind: LinearKind) -> Matrix {
      Matrix(rows: stream.rows, columns: c.shape(of: kind).inputs)
    }
    let result = BlockInputs(
      attention: matrix(.query), output: matrix(.output), feedForward: matrix(.up),
      down: matrix(.down))
    propagate(block: block, operators: operators) { linears, x, rows in
      if let kind = linears.first { result.input(of: kind).rows(rows).copy(from: x) }
    }
    return result
  }
}

/// Operators that also show the inputs of linears to an observer.
private struct ObservedOperators<Base: BlockOperators>: BlockOperators {
  let base: Base
  let rows: Range<Int>
  let observe: Calibration.InputObserver

  func apply(_ linear: LinearID, to x: Matrix, into y: Matrix) {
    base.apply(linear, to: x, into: y)
  }

  func norm(_ kind: NormKind, block: Int) -> (gain: Vector, bias: Vector?) {
    base.norm(kind, block: block)
  }

  func quantizeInput(_ x: Matrix, of linears: [LinearKind], block: Int) {
    base.quantizeInput(x, of: linears, block: block)
    observe(linears, x, rows)
  }

  func quantizeOperand(_ x: Matrix, _ kind: LinearKind, block: Int, groupSize: Int) {
    base.quantizeOperand(x, kind, block: block, groupSize: groupSize)
  }
}
