internal import Tensors

/// The rest of a forward pass, at SmolLM2-135M's shape.
enum Layers {
  /// All of them.
  static var figures: [Figure] { [norm] + attention + [head] }

  private static var norm: Figure {
    let x = Matrix.normals(rows: 2048, columns: 576, tensor: 1)
    let out = Matrix(rows: 2048, columns: 576)
    let gain = Vector([Float](repeating: 1, count: 576))
    let bytes = 8 * Double(x.rows * x.columns)
    return Figure(
      name: "RMSNorm", shape: "2048 × 576", unit: .bytes, work: bytes,
      ceiling: { .pass(over: x, into: out, work: bytes) }
    ) { rmsNorm(x, gain: gain, bias: nil, epsilon: 1e-5, into: out) }
  }

  /// Two products over what each query sees, and a softmax between that counts as no work.
  private static var attention: [Figure] {
    let (tokens, queries, keys, size) = (2048, 9, 3, 64)
    return [512, 2048].map { window in
      let q = Matrix.normals(rows: tokens, columns: queries * size, tensor: 1)
      let k = Matrix.normals(rows: tokens, columns: keys * size, tensor: 2)
      let v = Matrix.normals(rows: tokens, columns: keys * size, tensor: 3)
      let out = Matrix(rows: tokens, columns: queries * size)
      let seen = Double(tokens / window * queries) * Double(window * (window + 1) / 2)
      return Figure(
        name: "causal attention", shape: "\(tokens / window) × \(window), 9 heads of 64",
        unit: .floatOperations, work: seen * Double(4 * size), ceiling: { .floatProducts }
      ) {
        causalAttention(
          q: q, k: k, v: v, windowTokens: window, headSize: size, scale: 0.125, into: out)
      }
    }
  }

  private static var head: Figure {
    let hidden = Matrix.normals(rows: 2048, columns: 576, tensor: 1)
    let matrix = Matrix.normals(rows: 49_152, columns: 576, tensor: 2)
    scale(hidden, by: 0.05)
    let targets = (0..<2048).map { Int32($0 * 24) }
    return Figure(
      name: "logits and log-sum-exp", shape: "2048 × 576 × 49152", unit: .floatOperations,
      work: 2 * 2048 * 576 * 49_152, ceiling: { .floatProducts }
    ) { _ = negativeLogLikelihood(hidden: hidden, head: DenseHead(matrix), targets: targets) }
  }
}
