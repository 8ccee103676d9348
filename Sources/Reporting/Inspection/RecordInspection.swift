internal import JSONText
package import Records
internal import Statistics
internal import Vocabulary

/// What a record says, for a person who wants all of it on one page, and for a program.
package struct RecordInspection: Sendable {
  private let record: RunRecord
  private let path: String

  /// An inspection of a record.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - path: Where it is, as the user named it.
  package init(_ record: RunRecord, path: String) {
    self.record = record
    self.path = path
  }

  /// Bits that the program's packed form keeps beside a group's codes: a float32 scale and a 16-bit zero point.
  ///
  /// > Source: `PackedMatrix`.
  private static let scaleBits = 48.0

  /// Bits per weight with scales; nil where the record doesn't tell how many weights share a scale.
  private var effectiveBits: Double? {
    let bits = record.cell.bits
    if bits.weights == 16 { return 16 }
    return bits.groupSize.map { Double(bits.weights) + Self.scaleBits / Double($0) }
  }

  /// Standard error of a score's value; of perplexity, value × that of the mean loss.
  private static func error(of score: Score) -> Double? {
    score.standardError
      ?? score.value.flatMap { value in score.standardErrorNLL.map { value * $0 } }
  }
}

extension RecordInspection: CustomStringConvertible {
  /// Lines for a reader, each with its newline.
  package var description: String {
    InspectedLine.text(
      identity + options + [InspectedLine("bits", bits), InspectedLine("text", text)] + scores
        + training + figures + conditions)
  }

  private var identity: [InspectedLine] {
    let cell = record.cell
    let task = cell.address.task.map { ", task \($0)" } ?? ""
    return [
      InspectedLine("record", path), InspectedLine("cell", cell.id),
      InspectedLine(
        "place",
        "\(cell.address.table) at scale \(cell.address.scale): row \(cell.address.row), column "
          + "\(cell.address.column)\(task), seed \(cell.address.seed)"),
      InspectedLine(
        "status", record.status.rawValue + (record.reason.map { ": \($0)" } ?? "")),
      InspectedLine("model", model),
    ]
  }

  private var model: String {
    let model = record.cell.model
    var words = "\(model.name), SHA-256 \(NumberText.digest(model.digest))"
    if let outliers = model.outliers {
      let channels = outliers.channels.map(String.init).joined(separator: ", ")
      words += ", channels \(channels) made outliers (×\(outliers.factor))"
    }
    return words + (model.synthetic == true ? ", weights drawn" : "")
  }

  private var options: [InspectedLine] {
    let lines = Self.lines(of: record.cell.method.options)
    return [InspectedLine("method", record.cell.method.name)] + lines
  }

  /// An option a line, as it was resolved.
  static func lines(of options: JSON) -> [InspectedLine] {
    guard case .object(let members) = options else { return [] }
    return members.map { member in
      InspectedLine(
        "  " + member.name, (try? jsonText(of: member.value, style: .compact)) ?? "(unprintable)")
    }
  }

  private var bits: String {
    let label = record.cell.bits
    guard label.weights != 16 else { return "\(label), weights as they are" }
    guard let effectiveBits, let group = label.groupSize else {
      return
        "\(label): \(label.weights) a weight, and a scale a row, whose length the record doesn't have"
    }
    return
      "\(label): \(NumberText.significant(effectiveBits, 4)) a weight, packed with a float32 scale and a "
      + "16-bit zero point for each \(group)"
  }

  private var text: String {
    let settings = record.cell.protocolSettings
    let windows =
      settings.testWindows.map { "the first \(NumberText.count($0, "window"))" } ?? "all windows"
    let tasks = (settings.tasks ?? []).map(\.name)
    return "\(settings.id), \(windows) of \(settings.windowTokens) tokens, "
      + (settings.bos == .once ? "one beginning of sequence" : "no beginning of sequence")
      + (tasks.isEmpty ? "" : "; tasks \(tasks.joined(separator: ", "))")
  }

  private var scores: [InspectedLine] {
    record.scores.map { score in
      let name = "  \(score.split) \(score.metric)" + (score.task.map { " of \($0)" } ?? "")
      let value = score.value.map { NumberText.fixed($0, 4) } ?? "not finite"
      let error = Self.error(of: score).map { " ± \(NumberText.fixed($0, 4))" } ?? ""
      let units =
        score.outcomes.map { NumberText.count($0.count, "example") }
        ?? NumberText.count(score.windowNLL.count, "window")
      let nats = score.meanNLL.map { mean in
        ", \(NumberText.fixed(mean, 4))"
          + (score.standardErrorNLL.map { " ± \(NumberText.fixed($0, 4))" } ?? "") + " nats a token"
      }
      return InspectedLine(name, "\(value)\(error) over \(units)\(nats ?? "")")
    }.withHead("scores")
  }

  private var training: [InspectedLine] {
    var lines: [InspectedLine] = []
    if let training = record.zerothOrder {
      lines.append(
        InspectedLine(
          "training",
          "\(NumberText.count(training.steps, "update")) by \(NumberText.count(training.forwards, "forward")), "
            + "\(NumberText.count(training.tokens, "token")), \(NumberText.count(training.trainableParameters, "parameter"))"
        ))
      lines.append(
        InspectedLine(
          "  |L₊ − L₋|",
          "\(NumberText.significant(training.meanAbsoluteDifference, 3)) nats in the mean, "
            + "\(NumberText.significant(training.largestAbsoluteDifference, 3)) at most, "
            + "\(NumberText.fixed(training.clippedShare * 100, 1)) % clipped"))
      lines.append(
        InspectedLine(
          "  √(mean g²)", NumberText.significant(training.rootMeanSquareGradient, 3)))
    }
    if let chosen = record.selection {
      lines.append(
        InspectedLine(
          "chosen",
          "step \(chosen.step) of \(NumberText.count(chosen.checkpoints, "checkpoint")), by \(chosen.by.rawValue), "
            + "\(NumberText.fixed(chosen.developmentLoss, 4)) nats"))
    }
    return lines
  }

  private var figures: [InspectedLine] {
    record.facts.map {
      InspectedLine(
        "  " + $0.name,
        Self.words(of: $0.value) + ($0.unit == "1" ? "" : " \($0.unit)"))
    }.withHead("facts") + record.events.map { InspectedLine("note", $0) }
  }

  /// Six digits, or all of a whole number.
  private static func words(of value: Double) -> String {
    Int(exactly: value).map(NumberText.grouped) ?? NumberText.significant(value, 6)
  }

  private var conditions: [InspectedLine] {
    let cell = record.cell
    var lines = [
      InspectedLine(
        "program",
        "science \(NumberText.digest(cell.science.shared)), of the method \(NumberText.digest(cell.science.method)), "
          + "kernels \(cell.blasCore)")
    ]
    guard let measured = record.measurement else { return lines }
    let phases = measured.phases.map { "\($0.name) \(NumberText.fixed($0.wallSeconds, 1))" }
    lines.append(
      InspectedLine(
        "took",
        "\(NumberText.fixed(measured.wallSeconds, 1)) s (\(phases.joined(separator: ", "))), "
          + "\(NumberText.mebibytes(measured.peakResidentBytes)) MiB at the peak, "
          + NumberText.count(measured.threads, "thread")
          + (measured.resumes > 0 ? ", gone on with after an interruption" : "")))
    lines.append(
      InspectedLine(
        "machine",
        "\(measured.processor), \(NumberText.count(measured.processors, "processor")), \(measured.operatingSystem), "
          + measured.compiler))
    if let commit = measured.commit { lines.append(InspectedLine("commit", commit)) }
    if let started = measured.startedAt { lines.append(InspectedLine("started", started)) }
    return lines
  }
}

extension RecordInspection: Encodable {
  private enum CodingKeys: String, CodingKey {
    case schema, path, id, place, status, reason, model, method, bits, effectiveBitsPerWeight, text
    case windowTokens, testWindows, bos, scores, zerothOrder, selection, facts, notes, science,
      kernels
    case measurement
  }

  /// The same as an object: what a score was averaged over is counted, not repeated.
  package func encode(to encoder: any Encoder) throws {
    let cell = record.cell
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schema)
    try container.encode(path, forKey: .path)
    try container.encode(cell.id, forKey: .id)
    try container.encode(cell.address, forKey: .place)
    try container.encode(record.status, forKey: .status)
    try container.encode(record.reason, forKey: .reason)
    try container.encode(cell.model, forKey: .model)
    try container.encode(cell.method, forKey: .method)
    try container.encode(cell.bits, forKey: .bits)
    try container.encode(effectiveBits, forKey: .effectiveBitsPerWeight)
    try container.encode(cell.protocolSettings.id, forKey: .text)
    try container.encode(cell.protocolSettings.windowTokens, forKey: .windowTokens)
    try container.encode(cell.protocolSettings.testWindows, forKey: .testWindows)
    try container.encode(cell.protocolSettings.bos, forKey: .bos)
    try container.encode(record.scores.map(Figure.init), forKey: .scores)
    try container.encode(record.zerothOrder.map(Training.init), forKey: .zerothOrder)
    try container.encode(record.selection, forKey: .selection)
    try container.encode(record.facts, forKey: .facts)
    try container.encode(record.events, forKey: .notes)
    try container.encode(cell.science, forKey: .science)
    try container.encode(cell.blasCore, forKey: .kernels)
    try container.encode(record.measurement, forKey: .measurement)
  }

  private struct Figure: Encodable {
    var split: String
    var metric: String
    var task: String?
    var value: Double?
    var standardError: Double?
    var meanNLL: Double?
    var standardErrorNLL: Double?
    var count: Int

    init(_ score: Score) {
      (split, metric, task, value) = (score.split, score.metric, score.task, score.value)
      standardError = RecordInspection.error(of: score)
      (meanNLL, standardErrorNLL) = (score.meanNLL, score.standardErrorNLL)
      count = score.outcomes?.count ?? score.windowNLL.count
    }
  }

  private struct Training: Encodable {
    var steps: Int
    var forwards: Int
    var tokens: Int
    var trainableParameters: Int
    var meanAbsoluteDifference: Double
    var largestAbsoluteDifference: Double
    var clippedShare: Double
    var rootMeanSquareGradient: Double

    init(_ summary: ZerothOrderSummary) {
      (steps, forwards, tokens) = (summary.steps, summary.forwards, summary.tokens)
      trainableParameters = summary.trainableParameters
      meanAbsoluteDifference = summary.meanAbsoluteDifference
      largestAbsoluteDifference = summary.largestAbsoluteDifference
      clippedShare = summary.clippedShare
      rootMeanSquareGradient = summary.rootMeanSquareGradient
    }
  }
}

extension [InspectedLine] {
  /// The lines below a head of their own; none where there are none.
  fileprivate func withHead(_ name: String) -> [InspectedLine] {
    isEmpty ? [] : [InspectedLine(name, "")] + self
  }
}
