extension ProgressItem: CustomStringConvertible {
  /// What stands in a line of progress: `block rounded 3 of 12`.
  package var description: String {
    switch self {
    case .step: "step"
    case .windowWritten: "window written"
    case .blockReconstructed: "block reconstructed"
    case .blockRounded: "block rounded"
    case .blockPacked: "block packed"
    case .blockCalibrated: "block calibrated"
    case .blockSearched: "block searched"
    case .probe(let epsilon): "probe at ε = \(epsilon)"
    }
  }
}
