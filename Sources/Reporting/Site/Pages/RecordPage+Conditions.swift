internal import Glibc
internal import JSONText
internal import Records
internal import Vocabulary

extension RecordPage {
  /// e to the power of a loss.
  func exponential(_ value: Double) -> Double { exp(value) }

  /// The method's options, every default written out.
  var options: [Passage] {
    let cell = record.cell
    var table = PassageTable("Options as they were resolved", [.words("Option"), .words("Value")])
    table.add(["method", "\(code: cell.method.name)"])
    table.add(["bits", Phrase(cell.bits.description)])
    table.add(["seed", "\(cell.seed)"])
    if case .object(let members) = cell.method.options {
      for member in members { table.add([Phrase(member.name), Phrase(member.value.plainText)]) }
    }
    return [
      .heading(2, "Options"),
      .paragraph("All of them, also those that nobody set: a default is part of the record."),
      .table(table),
    ]
  }

  /// Model, text, program: what else decides the number.
  var conditions: [Passage] {
    let cell = record.cell
    let settings = cell.protocolSettings
    var table = PassageTable(
      "What else decides the number", [.words("Condition"), .words("Value")])
    let manifests = contents.panelOfAddress[cell.address].flatMap { contents.panels[$0] }
    let label = manifests?.model?.label ?? cell.model.name
    table.add(["Model", "\(label), \(code: cell.model.name)"])
    table.add(["Weights, SHA-256", "\(code: cell.model.digest)"])
    table.add(["Tokenizer, SHA-256", "\(code: cell.model.tokenizerDigest)"])
    if let outliers = cell.model.outliers {
      let channels = outliers.channels.map { "\($0)" }.joined(separator: ", ")
      table.add(["Channels made outliers", "\(channels), × \(outliers.factor)"])
    }
    if cell.model.synthetic == true {
      table.add(["Weights", "drawn when they are read, so that perplexity means nothing"])
    }
    let text = manifests?.text.map { ": \($0.label)" } ?? ""
    table.add(["Protocol", "\(code: settings.id)\(text)"])
    for (name, source) in [
      ("Train text", settings.train), ("Development text", settings.development),
      ("Test text", settings.test),
    ] where !source.parts.isEmpty {
      table.add([Phrase(name), contents.sourceText(source)])
    }
    let limit = settings.testWindows.map { "\($0) of them" } ?? "all of them"
    table.add(["Windows", "\(settings.windowTokens) tokens, no overlap, \(limit) scored"])
    table.add([
      "Beginning of sequence",
      settings.bos == .none ? "none" : "one, at the start of the stream",
    ])
    for task in settings.tasks ?? [] {
      table.add(["Task", "\(task.name), \(task.use.rawValue)"])
    }
    table.add(["Kernels", "OpenBLAS \(cell.blasCore)"])
    table.add(["Science, shared code", "\(code: cell.science.shared)"])
    table.add(["Science, the method's code", "\(code: cell.science.method)"])
    table.add(["Cell", "\(code: cell.id)"])
    var digests = PassageTable(
      "Digests of what went in and came out", [.words("Of"), .words("SHA-256")])
    for digest in record.digests { digests.add([Phrase(digest.name), "\(code: digest.text)"]) }
    return [.heading(2, "Conditions"), .table(table)]
      + (digests.isEmpty ? [] : [.folded("Digests", [.table(digests)])])
  }

  /// Time, memory, machine.
  var cost: [Passage] {
    guard let measured = record.measurement else { return [] }
    var table = PassageTable("What it took", [.words("Figure"), .number("Value")])
    for phase in measured.phases {
      table.add([
        "\(phase.name), s", Phrase(NumberText.fixed(phase.wallSeconds, 1)),
      ])
    }
    table.add(["all, s", Phrase(NumberText.fixed(measured.wallSeconds, 1))])
    if let updates = measured.updates {
      table.add([
        "an update, s: median (shortest to longest of \(updates.count))",
        Phrase(
          "\(NumberText.significant(updates.medianSeconds, 3)) (\(NumberText.significant(updates.leastSeconds, 3)) to "
            + "\(NumberText.significant(updates.mostSeconds, 3)))"),
      ])
    }
    table.add(["peak memory, MiB", Phrase(NumberText.mebibytes(measured.peakResidentBytes))])
    table.add([
      "live tensors at the peak, MiB", Phrase(NumberText.mebibytes(measured.peakLiveTensorBytes)),
    ])
    if let predicted = measured.analyticBytes {
      table.add(["peak that was predicted, MiB", Phrase(NumberText.mebibytes(predicted))])
    }
    table.add(["threads", "\(measured.threads)"])
    let shared = measured.shared.map {
      " Its training was another cell's, \($0.steps) steps; times and peaks include it."
    }
    return [
      .heading(2, "Cost"), .table(table),
      .paragraph(
        """
        On \(measured.processor), \(measured.processors) processors, \(measured.operatingSystem), \(measured.compiler)\
        \(measured.commit.map { ", commit \($0)" } ?? "")\(measured.startedAt.map { ", started \($0)" } ?? "").\(shared ?? "")
        """),
    ]
  }

  /// Figures that the method kept.
  var figures: [Passage] {
    guard !record.facts.isEmpty else { return [] }
    var table = PassageTable(
      "Figures that the method kept", [.words("Figure"), .number("Value"), .words("Unit")])
    for fact in record.facts {
      table.add([
        Phrase(fact.name), Phrase(NumberText.significant(fact.value, 6)),
        fact.unit.isEmpty ? "–" : Phrase(fact.unit),
      ])
    }
    return [.heading(2, "Figures"), .table(table)]
  }
}
