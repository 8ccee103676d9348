public import Tensors

extension Transformer {
  /// Runs the attention or the feed-forward part of a block alone: no norm before or after it, no sum.
  ///
  /// > Shape: `x` is `[windows · T, C]`: what the norm before the part would give.
  ///
  /// - Returns: The part's output, `[windows · T, C]`: a view into `workspace`, until its next use.
  public func runPart(
    _ kind: NormKind, ofBlock block: Int, on x: Matrix, windowTokens: Int, rotary: BlockRotations,
    operators: some BlockOperators, workspace: Workspace
  ) -> Matrix {
    workspace.normed.copy(from: x)
    pass(block, windowTokens, rotary, operators).run(kind, workspace)
    return workspace.result
  }
}
