internal import Records

extension TableContents {
  /// What each cell cost, or nil when no record was measured.
  var budgetSection: [Passage]? {
    let measured = records.filter { $0.measurement != nil }
    guard !measured.isEmpty else { return nil }
    let names = measured.flatMap { $0.measurement?.phases.map(\.name) ?? [] }
    let order = ["load", "calibrate", "quantize", "train", "evaluate"]
    let phases =
      order.filter(names.contains)
      + names.reduce(into: []) {
        if !order.contains($1), !$0.contains($1) { $0.append($1) }
      }
    // Where nothing is predicted, memory isn't the table's subject.
    let isPredicted = measured.contains { $0.measurement?.analyticBytes != nil }
    var table = PassageTable(
      "What each cell took",
      [.words("Cell"), .number("Training tokens"), .number("Forwards")]
        + phases.map { .number("\($0) s") }
        + ["Total s", "Peak resident MiB", "Live tensors MiB", "Predicted MiB"].map {
          .number($0)
        }
        + (isPredicted ? [.number("Peak / predicted"), .number("Anonymous at the end MiB")] : [])
        + [.number("Threads")])
    for record in measured {
      guard let measurement = record.measurement else { continue }
      func ran(_ text: String) -> String { record.status == .tooLarge ? "–" : text }
      let texts: [String] =
        [
          name(of: record), record.trainingTokens.map(NumberText.grouped) ?? "–",
          record.zerothOrder.map { NumberText.grouped($0.forwards) } ?? "–",
        ]
        + phases.map { phase in
          measurement.phases.first { $0.name == phase }
            .map { NumberText.fixed($0.wallSeconds, 1) } ?? "–"
        }
        + [
          NumberText.fixed(measurement.wallSeconds, 1),
          // What wasn't started took next to nothing, which says nothing.
          ran(NumberText.mebibytes(measurement.peakResidentBytes)),
          ran(NumberText.mebibytes(measurement.peakLiveTensorBytes)),
          measurement.analyticBytes.map(NumberText.mebibytes) ?? "–",
        ]
        + (isPredicted
          ? [
            ran(
              measurement.analyticBytes.map {
                NumberText.fixed(Double(measurement.peakResidentBytes) / Double($0), 3)
              } ?? "–"), ran(NumberText.mebibytes(measurement.anonymousBytes)),
          ] : []) + [String(measurement.threads)]
      table.add(texts.map { Phrase($0) }, of: [RecordName(record)])
    }
    return [
      .heading(2, "Budgets"),
      .paragraph(
        """
        Training tokens count once per step, forwards are passes over a training batch; neither scoring nor the \
        reconstruction of single blocks is counted, and – stands where a record names none. Peak resident is the \
        kernel's high-water mark (VmHWM) of the cell's own process, memory-mapped weights included.
        """), .table(table),
    ]
  }
}

extension RunRecord {
  /// Tokens that the model was trained on, counting a token once per step; nil when the record doesn't
  /// say.
  ///
  /// Zeroth-order training says it in its summary, training by gradients in a fact.
  var trainingTokens: Int? {
    let counts =
      facts.filter { $0.name == "training tokens" }.compactMap { Int(exactly: $0.value) }
      + [zerothOrder?.tokens].compactMap(\.self)
    return counts.isEmpty ? nil : counts.reduce(0, +)
  }
}
