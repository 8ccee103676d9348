import Tensors

/// What a run is expected to hold in memory at the moment that holds most, by what takes it.
package struct MemoryEstimate: Sendable, Equatable {
  /// Something that takes memory.
  package struct Part: Sendable, Equatable {
    /// What it is, in words, such as `gradients`.
    package let name: String
    /// Bytes of it.
    package let bytes: Int

    /// A part by its name.
    package init(_ name: String, _ bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// What takes memory at the fullest moment, in a fixed order, without what takes none.
  package let parts: [Part]
  /// Bytes of tensor storage when there is most of it, untouched pages included: what `LiveBytes.peak` counts.
  package let tensorBytes: Int

  /// Bytes that are resident at the fullest moment.
  package var bytes: Int { parts.reduce(0) { $0.plusOrMost($1.bytes) } }

  /// An estimate from its parts.
  package init(parts: [Part], tensorBytes: Int) {
    self.parts = parts
    self.tensorBytes = tensorBytes
  }

  /// The parts from the largest on.
  package var largestFirst: [Part] {
    parts.enumerated().sorted { ($1.element.bytes, $0.offset) < ($0.element.bytes, $1.offset) }
      .map(\.element)
  }
}

/// What a tensor's memory is taken for.
package enum MemoryUse: String, Sendable, CaseIterable {
  /// Weights of linears in float32, sixteen bits or trained codes.
  case weights = "weights"
  /// Packed codes of frozen weights, with their scales and zero points.
  case packed = "packed weights"
  /// Biases and norms of blocks, clipping and smoothing, learned grids.
  case vectors = "biases, norms and grids"
  /// Embedding, head, positions, projections, final norm.
  case frame = "embedding, head and positions"
  /// Gradients of parameters.
  case gradients = "gradients"
  /// Both moments of AdamW.
  case moments = "moments"
  /// Rows of a weight as a product sees them, and rows of a checkpoint while they are packed.
  case panels = "panels of weights"
  /// Residual streams, workspaces, tapes, gradients of activations.
  case activations = "activations"
  /// Attention's scores, logits, rows of a head in float32.
  case scores = "scores and logits"
}
