/// Why baselines can't be used, or can't change.
package enum GateBaselineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A record isn't what the ledger says of it.
  case changed(String)
  /// A record that the ledger names isn't there.
  case missing(String)
  /// A record that the ledger doesn't name is there.
  case unknown(String)
  /// Nothing says why.
  case noReason
  /// Somebody else has been changing the folder for so long.
  case inUse(String, seconds: Double)
  /// The last baselines would be held to less than before; a line for each.
  case fewer([String])
  /// Fresh records that claim one cell: what the gate says of them, a line for each.
  case ambiguous([String])
  /// What is to be taken out isn't there.
  case nothingToRetire(String, suggestion: String)

  /// What is wrong, and what to do.
  package var description: String {
    switch self {
    case .changed(let path):
      "\(path): error: expected the record that accepted.json names, found another; a baseline changes by "
        + "'zeroqat accept --reason' alone, so restore the folder as it was committed"
    case .missing(let path):
      "\(path): error: expected the record that accepted.json names, found no file; restore the folder as it was "
        + "committed"
    case .unknown(let path):
      "\(path): error: expected no record here, as accepted.json names none; a baseline comes by "
        + "'zeroqat accept --reason' alone, so restore the folder as it was committed"
    case .noReason: "expected --reason to say why the baseline may change, found nothing in it"
    case .inUse(let path, let seconds):
      "'\(path)' has been changed by another process for \(Int(seconds)) s; wait for it, or end it"
    case .fewer(let lines):
      "later results would be held to less than so far, and nothing was accepted: "
        + lines.joined(separator: "; ") + "; --fewer-windows accepts that, and is kept"
    case .ambiguous(let lines):
      lines.joined(separator: "; ") + "; nothing was accepted"
    case .nothingToRetire(let name, let suggestion):
      "there is no baseline of '\(name)'; \(suggestion)"
    }
  }
}
