internal import JSONText
package import Records
internal import Statistics
internal import Vocabulary

/// What one evaluation came to, for a person and for a program.
package struct EvaluationReport: Sendable {
  private let record: RunRecord
  private let path: String
  private let fullPrecision: RunRecord?
  private let beginning: String?
  private let lineEnds: String?

  /// A report on a record.
  ///
  /// - Parameters:
  ///   - record: What was measured.
  ///   - path: Where the record is, as a reader is to see it.
  ///   - fullPrecision: The record of the same model as it is, on the same text; nil where there is none.
  ///   - beginning: Who says whether a beginning of sequence opens the text; nil where nobody knows.
  ///   - lineEnds: How the text's line ends are read; nil for as they are.
  package init(
    _ record: RunRecord, path: String, fullPrecision: RunRecord? = nil, beginning: String? = nil,
    lineEnds: String? = nil
  ) {
    self.record = record
    self.path = path
    self.fullPrecision = fullPrecision
    self.beginning = beginning
    self.lineEnds = lineEnds
  }

  private static func test(_ record: RunRecord) -> Score? {
    record.scores.first {
      $0.split == "test" && $0.metric == Metric.perplexity.rawValue && $0.meanNLL != nil
    }
  }

  /// Standard error of a perplexity: perplexity × standard error of the mean NLL.
  private static func error(of score: Score) -> Double? {
    score.value.flatMap { value in score.standardErrorNLL.map { value * $0 } }
  }

  /// The difference to full precision, window by window, in nats per token.
  private var difference: PairedComparison? {
    guard let fullPrecision, let ours = Self.test(record), let other = Self.test(fullPrecision)
    else { return nil }
    return PairedComparison(ours.windowNLL.compactMap(\.self), other.windowNLL.compactMap(\.self))
  }

  /// What a reader must know beside the number.
  private var notes: [String] {
    record.events + [lineEnds].compactMap(\.self)
      + (record.cell.model.synthetic == true
        ? ["weights are drawn when they are read, so that the perplexity means nothing"] : [])
  }
}

extension EvaluationReport: CustomStringConvertible {
  /// Lines for a reader, each with its newline.
  package var description: String {
    var lines = headline
    lines.append(("model", model))
    lines.append(("text", text))
    if let cost { lines.append(("took", cost)) }
    for note in notes { lines.append(("note", note)) }
    lines.append(("record", path))
    return lines.map { name, words in
      name + String(repeating: " ", count: max(1, 12 - name.count)) + words + "\n"
    }.joined()
  }

  private var headline: [(String, String)] {
    guard let score = Self.test(record) else {
      return [("perplexity", "none: \(record.reason ?? record.status.rawValue)")]
    }
    guard let value = score.value else {
      let mean = score.meanNLL.map { NumberText.fixed($0, 4) } ?? "?"
      return [
        ("perplexity", "more than a number can hold: e to the power of \(mean) nats per token")
      ]
    }
    let windows = score.windowNLL.count
    let error = Self.error(of: score)
    var lines = [
      (
        "perplexity",
        NumberText.fixed(value, 4)
          + (error.map {
            " ± \(NumberText.fixed($0, 4)) (standard error over \(NumberText.count(windows, "window")): how far another text "
              + "of this kind might be off)"
          } ?? " (of a single window: no error can be told)")
      )
    ]
    guard let fullPrecision, let other = Self.test(fullPrecision), let plain = other.value else {
      return lines
    }
    let plainError = Self.error(of: other).map { " ± \(NumberText.fixed($0, 4))" } ?? ""
    var words = NumberText.fixed(plain, 4) + plainError
    if let difference {
      words +=
        "; the difference is "
        + NumberText.difference(
          difference.meanDifference, standardError: difference.standardError)
        + " nats per token, window by window"
    }
    lines.append(("as it is", words))
    return lines
  }

  private var model: String {
    let cell = record.cell
    guard !cell.bits.isFullPrecision || cell.method.name != GridRow.fullPrecisionMethod else {
      return "\(cell.model.name) in full precision"
    }
    var words = "\(cell.model.name), \(cell.bits) by \(cell.method.name)"
    if case .object(let options) = cell.method.options, !options.isEmpty {
      let text = try? jsonText(of: cell.method.options, style: .compact)
      words += text.map { " \($0)" } ?? ""
    }
    return words
  }

  private var text: String {
    let settings = record.cell.protocolSettings
    let beginning =
      (settings.bos == .once ? "one beginning of sequence in front" : "no beginning of sequence")
      + (beginning.map { " (\($0))" } ?? "")
    let name = settings.test.parts.count == 1 ? settings.test.parts[0].path : settings.id
    guard let score = Self.test(record) else { return "\(name), \(beginning)" }
    return
      "\(name): \(NumberText.count(score.scoredTokens, "token")) scored in "
      + "\(NumberText.count(score.windowNLL.count, "window")) of \(settings.windowTokens), "
      + beginning
  }

  private var cost: String? {
    guard let measured = record.measurement else { return nil }
    let phases = measured.phases.map { "\($0.name) \(NumberText.fixed($0.wallSeconds, 1))" }
    return "\(NumberText.fixed(measured.wallSeconds, 1)) s (\(phases.joined(separator: ", "))), "
      + "\(NumberText.mebibytes(measured.peakResidentBytes)) MiB at the peak, "
      + NumberText.count(measured.threads, "thread")
  }
}

extension EvaluationReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case schema, status, reason, perplexity, standardError, meanNLL, standardErrorNLL, windows
    case windowTokens, scoredTokens, bos, bosSource, text, model, method, bits, seconds,
      peakResidentBytes,
      threads
    case phases, notes, fullPrecision, record
  }

  /// The same as an object; figures that there aren't are null.
  package func encode(to encoder: any Encoder) throws {
    let (cell, score) = (record.cell, Self.test(record))
    let settings = cell.protocolSettings
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schema)
    try container.encode(record.status, forKey: .status)
    try container.encode(record.reason, forKey: .reason)
    try container.encode(score?.value, forKey: .perplexity)
    try container.encode(score.flatMap(Self.error), forKey: .standardError)
    try container.encode(score?.meanNLL, forKey: .meanNLL)
    try container.encode(score?.standardErrorNLL, forKey: .standardErrorNLL)
    try container.encode(score?.windowNLL.count, forKey: .windows)
    try container.encode(settings.windowTokens, forKey: .windowTokens)
    try container.encode(score?.scoredTokens, forKey: .scoredTokens)
    try container.encode(settings.bos, forKey: .bos)
    try container.encode(beginning, forKey: .bosSource)
    try container.encode(settings.test, forKey: .text)
    try container.encode(cell.model, forKey: .model)
    try container.encode(cell.method, forKey: .method)
    try container.encode(cell.bits, forKey: .bits)
    try container.encode(record.measurement?.wallSeconds, forKey: .seconds)
    try container.encode(record.measurement?.peakResidentBytes, forKey: .peakResidentBytes)
    try container.encode(record.measurement?.threads, forKey: .threads)
    try container.encode(record.measurement?.phases ?? [], forKey: .phases)
    try container.encode(notes, forKey: .notes)
    try container.encode(fullPrecision.map { Beside($0, difference) }, forKey: .fullPrecision)
    try container.encode(path, forKey: .record)
  }

  /// Full precision beside it.
  private struct Beside: Encodable {
    var perplexity: Double?
    var standardError: Double?
    var meanNLLDifference: Double?
    var differenceStandardError: Double?

    init(_ record: RunRecord, _ difference: PairedComparison?) {
      let score = EvaluationReport.test(record)
      perplexity = score?.value
      standardError = score.flatMap(EvaluationReport.error)
      meanNLLDifference = difference?.meanDifference
      differenceStandardError = difference?.standardError
    }
  }
}
