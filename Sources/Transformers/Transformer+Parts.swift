public import Tensors

extension Transformer {
  /// Runs the attention or the feed-forward part of a block alone: no norm before it, no sum after it.
  ///
  /// > Shape: `x` is `[windows · T, C]`: what the norm before the part would give.
  ///
  /// - Returns: The part's output, `[windows · T, C]`: a view into `workspace`, until its next use.
  public func runPart(
    _ kind: NormKind, ofBlock block: Int, on x: Matrix, windowTokens: Int, rotary: RotaryTable,
    operators: some BlockOperators, workspace: Workspace
  ) -> Matrix {
    workspace.normed.copy(from: x)
    switch (configuration.architecture, kind) {
    case (.llama, .attention):
      Llama.attention(
        configuration, block: block, windowTokens: windowTokens, rotary: rotary, operators,
        workspace)
    case (.llama, .feedForward):
      Llama.feedForward(configuration, block: block, operators, workspace)
    case (.opt, .attention):
      OPT.attention(
        configuration, block: block, windowTokens: windowTokens, operators, workspace)
    case (.opt, .feedForward): OPT.feedForward(block: block, operators, workspace)
    }
    return workspace.result
  }
}
