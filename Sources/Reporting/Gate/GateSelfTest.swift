internal import Glibc
internal import JSONText
package import Records

/// Rises that a gate plants into copies of fresh records, to see that it would catch them.
///
/// Each copy has its perplexity raised by the gate's margin, is written as JSON and read back, and is held against the record
/// that it was made of as against a baseline. Its digests are those of the record, so that digests alone let nothing pass.
package struct GateSelfTest: Sendable, Equatable {
  /// The margins that were planted, each once, as shares.
  package let margins: [Double]
  /// Fresh records with a score of text.
  package let planted: Int
  /// How many of the copies were found to be regressions.
  package let caught: Int
  /// What went wrong, in words: the cell and what the gate said of its copy.
  package let escaped: [String]

  /// Whether every planted rise was caught.
  package var isSound: Bool { caught == planted }

  /// Plants a rise into a copy of every fresh record that has a score of text.
  init(_ inputs: [GateInput]) {
    var (planted, caught) = (0, 0)
    var (margins, escaped): ([Double], [String]) = ([], [])
    for input in inputs where input.obstacle == nil {
      guard let fresh = input.fresh, fresh.status == .finished,
        fresh.scores.allSatisfy({ fresh.contradiction(in: $0) == nil }),
        let copy = fresh.raised(by: input.limits.margin),
        // What can't be compared with itself, such as a record without its digests, can't be with a baseline either.
        GateFigure.all(fresh, fresh, .only, GateLimits()).allSatisfy({ $0.result == .pass })
      else { continue }
      planted += 1
      if !margins.contains(input.limits.margin) { margins.append(input.limits.margin) }
      let words: String
      do {
        let text = Array(try jsonText(of: copy, style: .compact).utf8)
        let document = try JSONDocument(text: text, file: "planted")
        let read = try document.decode(RunRecord.self)
        try read.check(in: document)
        var limits = input.limits
        // What tells a planted rise from none is looked at, whatever else the policy leaves out.
        limits.tiers.formUnion([.identical, .sameKernels])
        let figures = GateFigure.all(read, fresh, .only, limits)
          .filter { $0.name == "perplexity" }
        if figures.contains(where: { $0.result == .regression }) {
          caught += 1
          continue
        }
        words = figures.map { "\($0.result.rawValue), \($0.detail)" }.joined(separator: "; ")
      } catch { words = "\(error)" }
      escaped.append("\(input.gate): \(input.name): \(words.isEmpty ? "not compared" : words)")
    }
    (self.planted, self.caught) = (planted, caught)
    (self.margins, self.escaped) = (margins, escaped)
  }
}

extension RunRecord {
  /// A copy whose test perplexity is higher by a share, the same in every window; nil without a finite score of text.
  ///
  /// Everything that follows from the windows follows in the copy, too.
  package func raised(by share: Double) -> RunRecord? {
    guard
      let index = scores.firstIndex(where: {
        $0.split == "test" && $0.task == nil && $0.metric == "perplexity" && $0.value != nil
          && !$0.windowNLL.isEmpty
      })
    else { return nil }
    let rise = log1p(share)
    var copy = self
    copy.scores[index].windowNLL = scores[index].windowNLL.map { $0.map { $0 + rise } }
    copy.scores[index].meanNLL = scores[index].meanNLL.map { $0 + rise }
    copy.scores[index].alternativeMeanNLL = scores[index].alternativeMeanNLL.map { $0 + rise }
    copy.scores[index].value = copy.scores[index].meanNLL.map { exp($0) }
    for point in copy.trajectory.indices {
      copy.trajectory[point].testWindowNLL = trajectory[point].testWindowNLL.map {
        $0.map { $0 + rise }
      }
    }
    return copy
  }
}
