internal import Records
internal import Vocabulary

extension TableContents {
  /// The table as comma-separated values, one line per row, column and seed; nothing is left out.
  ///
  /// RFC 4180 quoting, lines end in LF. Values are the shortest decimals that read back to the same
  /// double; empty fields are "not known". A full-precision record appears once per column that it
  /// serves.
  package var csv: String {
    var lines = [Self.csvHeader.joined(separator: ",")]
    for entry in entries {
      let records = entry.records
      if records.isEmpty {
        lines.append(csvLine(entry, record: nil))
      } else {
        lines += records.map { csvLine(entry, record: $0) }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let csvHeader = [
    "table", "scale", "row", "column", "metric", "column_bits", "seed", "bits", "paper",
    "paper_footnotes", "status", "verdict", "detail", "value", "standard_error", "mean_nll",
    "standard_error_nll", "alternative_mean_nll", "windows", "scored_tokens", "start_value",
    "last_value", "test_best_value", "chosen_step", "training_tokens", "forwards", "wall_seconds",
    "peak_resident_bytes", "threads", "protocol", "test_tokens_sha256", "model_sha256", "record",
  ]

  private func csvLine(_ entry: TableEntry, record: RunRecord?) -> String {
    var isWithheld = false
    if case .withheld = entry.state { isWithheld = true }
    let score = isWithheld ? nil : record.flatMap { self.score(of: $0, in: entry) }
    let verdict = verdict(of: entry)
    let trajectory = isWithheld ? nil : record.flatMap(TrajectorySummary.init)
    let measurement = record?.measurement
    let metric = entry.column.metric
    let value =
      metric.isOfProcess && record?.status == .finished
      ? record?.value(of: metric) : score?.value
    let status = isWithheld ? "withheld" : record?.status.rawValue ?? "not run"
    let fields: [String?] = [
      grid.table, scale.rawValue, entry.row.key, entry.column.key, metric.rawValue,
      entry.column.bits(in: entry.row).description, record.map { String($0.cell.address.seed) },
      record?.cell.bits.description,
      entry.paper?.value, entry.paper?.footnotes.joined(separator: " "), status, verdict.word,
      verdict.text.withoutFolders, value?.description,
      score?.errorOfValue?.description,
      score?.meanNLL?.description, score?.standardErrorNLL?.description,
      score?.alternativeMeanNLL?.description,
      score.map { String($0.outcomes?.count ?? $0.windowNLL.count) },
      score.map { String($0.scoredTokens) }, trajectory?.initial.test?.description,
      trajectory?.last.test?.description, trajectory?.testBest?.test?.description,
      trajectory.map { String($0.chosen.step) }, record?.trainingTokens.map { String($0) },
      record?.zerothOrder.map { String($0.forwards) }, measurement?.wallSeconds.description,
      measurement.map { String($0.peakResidentBytes) }, measurement.map { String($0.threads) },
      record?.cell.protocolSettings.id, record?.digest("tokens.test"), record?.cell.model.digest,
      record?.cell.id,
    ]
    return fields.map { ($0 ?? "").asCSVField }.joined(separator: ",")
  }

  /// The record's own test score in an entry; nil where it has none, or several that the entry's
  /// number is the mean of.
  private func score(of record: RunRecord, in entry: TableEntry) -> Score? {
    let metric = entry.column.metric
    guard metric.isOfTasks else { return record.testScore(metric) }
    let keys = record.cell.address.task.map { [$0] } ?? entry.column.tasks
    guard keys.count == 1, let names = grid.scales[scale]?.texts[keys[0]] else { return nil }
    return record.testScore(metric, among: names)
  }
}

extension Score {
  /// Standard error of the score's value over windows (delta method) or examples; nil below two.
  var errorOfValue: Double? {
    guard task == nil else { return standardError }
    guard windowNLL.count > 1, let value, let standardErrorNLL else { return nil }
    return value * standardErrorNLL
  }
}

extension String {
  /// The text as one field, quoted where it must be, and never a formula.
  ///
  /// Spreadsheets compute what begins with `=`, `+`, `-`, `@`, a tab or a carriage return, in their full width as well. Such a
  /// text gets an apostrophe before it unless it is a number, and so does one that begins with an apostrophe: a
  /// field that begins with one loses it when it is read again, and is what it was.
  ///
  /// > Source: OWASP, "CSV Injection".
  var asCSVField: String {
    var text = self
    if let first = unicodeScalars.first, "=+-@\t\r'＝＋－＠".unicodeScalars.contains(first),
      Double(self) == nil
    {
      text = "'" + self
    }
    guard text.unicodeScalars.contains(where: { ",\"\n\r\t".unicodeScalars.contains($0) }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
