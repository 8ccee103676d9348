package import Records
internal import Vocabulary

/// Holds quantized cells back until full precision says what it is known to say.
package struct AnchorGate: Sendable, Equatable {
  /// The known perplexity.
  package let anchor: Anchor

  /// The gate of a model for a text scored on that many windows; nil when no anchor is known.
  package init?(model: ModelManifest?, text: EvaluationText?, testWindows: Int?) {
    guard let model, let text,
      let anchor = model.anchor(for: text.id.description, testWindows: testWindows)
    else { return nil }
    self.anchor = anchor
  }

  /// A gate for a given anchor.
  package init(_ anchor: Anchor) { self.anchor = anchor }

  /// Why quantized cells mustn't run after `record`, the full-precision cell's; nil when they may.
  package func objection(to record: RunRecord) -> String? {
    let percent = rounded(anchor.relativeTolerance * 100, digits: 3)
    let expected =
      "the anchor is \(rounded(anchor.perplexity, digits: 3)) ± \(percent) % (\(anchor.source))"
    let score = record.scores.first {
      $0.split == "test" && $0.metric == Metric.perplexity.rawValue
    }
    guard record.status == .finished, let measured = score?.value else {
      return "full precision has no perplexity on \(anchor.protocolID), \(expected)"
    }
    if anchor.isMet(by: measured) { return nil }
    return "full precision measured \(rounded(measured, digits: 3)) on \(anchor.protocolID), "
      + expected
  }
}

/// `value` with at most `digits` decimals, without trailing zeros.
func rounded(_ value: Double, digits: Int) -> String {
  var power = 1.0
  for _ in 0..<digits { power *= 10 }
  let scaled = (value * power).rounded() / power
  if scaled == scaled.rounded(), scaled.magnitude < 1e15 { return String(Int(scaled)) }
  return String(scaled)
}
