import Quantizers
import Tensors
import Transformers

extension QuantizedBlocks {
  /// Whether a linear's weight is codes with one grid per row when it is multiplied.
  func hasCodes(_ id: LinearID) -> Bool {
    guard let linear = linears[id] else { return false }
    switch linear.storage {
    case .ready: return false
    case .live: return weightQuantizer.map { $0.groupSize == nil } ?? false
    case .packed(let matrix): return matrix.groups == 1 && !linear.hasTrainedCodes
    }
  }

  /// `y = x · Q(smooth(W + εz))ᵀ + b` from the codes of both.
  func multiplyCodes(
    of id: LinearID, _ linear: Linear, _ tokens: QuantizedTokens, _ scratch: IntegerScratch,
    into y: Matrix
  ) {
    switch linear.storage {
    case .ready: preconditionFailure("\(id) has no codes")
    case .packed(let matrix):
      integerLinear(tokens, outputs: matrix.rows, into: y, scratch: scratch) { row, codes, _ in
        matrix.codeRow(row, into: codes, bias: linear.bias?.pointer[row] ?? 0)
      }
    case .live(let stored):
      guard let quantizer = weightQuantizer else { preconditionFailure("\(id) has no codes") }
      integerLinear(tokens, outputs: stored.rows, into: y, scratch: scratch) {
        row, codes, weights in
        let bias = smoothed(row, of: id, linear, stored, into: weights)
        var (scale, zero) = (Float(0), Float(0))
        quantizer.quantize(
          weights, columns: stored.columns, clip: linear.clip?.row(row), codes: codes,
          scales: &scale, zeros: &zero)
        return CodeRow(scale: scale, zero: zero, bias: bias)
      }
    }
  }
}
