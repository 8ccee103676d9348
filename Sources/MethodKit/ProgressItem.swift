/// What a method counts while it works; a person reads ``description``.
package enum ProgressItem: Sendable, Equatable {
  /// An update of training.
  case step
  /// A window of text that the model itself has written.
  case windowWritten
  /// A block whose quantized outputs were fitted to its full-precision ones.
  case blockReconstructed
  /// A block whose weights were rounded.
  case blockRounded
  /// A block whose weights were stored in few bits.
  case blockPacked
  /// A block whose activations were measured.
  case blockCalibrated
  /// A block whose scales were searched for.
  case blockSearched
  /// A probe of the loss at this ε.
  case probe(epsilon: Float)
}
