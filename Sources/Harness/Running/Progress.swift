internal import Glibc
internal import Records
internal import Statistics
internal import System
internal import Vocabulary

/// One line per event of a run, on standard error; colours only where a person sees them.
package struct Progress: Sendable {
  private let hasColour: Bool
  private let write: @Sendable (String) -> Void

  /// Progress that goes to `write`, a line at a time, each with its newline.
  package init(hasColour: Bool, write: @escaping @Sendable (String) -> Void) {
    self.hasColour = hasColour
    self.write = write
  }

  /// Progress on standard error: coloured on a terminal, unless `NO_COLOR` is set to anything.
  package static func standardError(environment: [String: String]) -> Progress {
    let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return Progress(hasColour: isWanted && isatty(2) == 1) { writeToStandardError(Array($0.utf8)) }
  }

  /// A cell begins.
  func started(_ entry: PlanEntry, _ place: Place, secondsLeft: Double?) {
    let left = secondsLeft.map { ", \(durationInWords($0)) left in all" } ?? ""
    let expected = entry.minutes.map { " (about \(durationInWords($0 * 60))\(left))" } ?? ""
    line("\(place) \(entry.shortName) …\(expected)")
  }

  /// A cell has its record.
  func ended(_ entry: PlanEntry, _ place: Place, _ record: RunRecord, seconds: Double) {
    let took = durationInWords(seconds)
    let memory = record.measurement.map { ", \($0.peakResidentBytes >> 20) MiB" } ?? ""
    switch record.status {
    case .finished:
      line("\(place) \(entry.shortName): \(record.resultInWords), \(took)\(memory)", colour: 32)
    case .diverged:
      let reason = record.reason.map { ": \($0)" } ?? ""
      line("\(place) \(entry.shortName): diverged\(reason), \(took)\(memory)", colour: 33)
    case .tooLarge:
      line("\(place) \(entry.shortName): too large: \(record.reason ?? "no reason")", colour: 33)
    case .failed:
      line("\(place) \(entry.shortName): failed: \(record.reason ?? "no reason")", colour: 31)
    }
  }

  /// Something that the user should know.
  func note(_ text: String) { line(text, colour: 33) }

  private func line(_ text: String, colour: Int? = nil) {
    if let colour, hasColour {
      write("\u{1b}[\(colour)m\(text)\u{1b}[0m\n")
    } else {
      write(text + "\n")
    }
  }

  /// `[3/11]`.
  struct Place: CustomStringConvertible {
    let number: Int
    let count: Int

    var description: String { "[\(number)/\(count)]" }
  }
}

extension RunRecord {
  /// The test scores in a few words: each metric once, as a mean where several tasks have it.
  fileprivate var resultInWords: String {
    let tested = scores.filter { $0.split == "test" }
    let metrics = tested.map(\.metric).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    guard !metrics.isEmpty else { return "no test score" }
    return metrics.map { metric in
      let all = tested.filter { $0.metric == metric }
      let values = all.compactMap(\.value)
      guard values.count == all.count else { return "\(metric) isn't finite" }
      return "\(metric) \(rounded(SampleMean(values).mean, digits: 3))"
    }.joined(separator: ", ")
  }
}
