internal import Records
internal import Vocabulary

extension TableContents {
  /// Title, scale banner, and where the paper's numbers are from.
  var headerSection: [Passage] {
    var lines = [bannerText]
    if let paper {
      lines.append(
        """
        Columns "paper": \(paper.paper.id) \(paper.paper.version), \(paper.paper.model), as printed. \
        \(paper.captionNote)
        """)
    }
    return [.heading(1, "\(grid.title)"), .banner(lines)]
  }

  /// Which models the numbers are of, and what that forbids.
  var bannerText: Phrase {
    let printed = paper?.paper.model ?? "the paper's model"
    let manifests = gridPanels.compactMap { panels[$0]?.model?.label }
    let labels = manifests.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let names = labels.isEmpty ? [records.first?.cell.model.name ?? "no model"] : labels
    // Names have commas of their own.
    let measured = names.joined(separator: names.count > 2 ? "; " : " and ")
    if scale != .paper {
      return """
        \(strong: "Substituted scale \(code: scale.rawValue): \(measured), not \(printed).") Compare rankings, \
        never values.
        """
    }
    if gridPanels.allSatisfy(isPaperProtocol) || records.isEmpty {
      return "\(strong: "Paper scale: \(measured).")"
    }
    return """
      \(strong: "Substituted protocol: \(measured), but not the paper's text and windows.") Compare rankings, \
      never values.
      """
  }

  /// Protocol, text and windows in one phrase.
  var protocolText: Phrase {
    guard let settings = records.first?.cell.protocolSettings else { return "nothing was run" }
    let text = gridPanels.lazy.compactMap { self.panels[$0]?.text }.first
    return
      "\(code: settings.id)\(text.map { ", \($0.label)" } ?? ""), \(windowsText(gridPanels[0]))"
  }

  /// What every number was measured under.
  var conditionsSection: Passage {
    var table = PassageTable("Conditions", [.words("Condition"), .words("Value")])
    let shown = gridPanels.filter { isOnePanel || !records(of: $0).isEmpty }
    for shared in sharedConditions(of: shown) {
      // What holds for all panels needs no names, unless some panels weren't run.
      let whose: String? =
        if shared.panels.count < shown.count || shown.count == 1 && !isOnePanel {
          shared.panels.map(title).joined(separator: "; ")
        } else {
          shown.count < gridPanels.count ? "all that ran" : nil
        }
      table.add([
        whose.map { "\($0): \(shared.name.loweringFirst)" } ?? Phrase(shared.name), shared.value,
      ])
    }
    if !records.isEmpty {
      table.add(["Seeds", distinct { "\($0.cell.address.seed)" }])
      table.add(["Machine", machineText])
      table.add(["Commit", distinct { $0.measurement?.commit.map { "\(code: $0)" } }])
      table.add(["Science code", scienceText])
    }
    if table.isEmpty { return .paragraph("Nothing was run.") }
    // Folded: the lists of texts are long, and the first thing on a page is its numbers.
    return records.isEmpty
      ? .table(table)
      : .folded("Conditions: models, texts, windows, digests, machine, program", [.table(table)])
  }

  /// A condition and the panels that it holds for.
  private struct SharedCondition {
    let name: String
    let value: Phrase
    var panels: [GridPanel]
  }

  /// The conditions of panels, one entry for all panels that share a value; names in their own order.
  private func sharedConditions(of panels: [GridPanel]) -> [SharedCondition] {
    var names: [String] = []
    var found: [String: [SharedCondition]] = [:]
    for panel in panels {
      for (name, value) in conditions(of: panel) {
        if !names.contains(name) { names.append(name) }
        if let known = found[name]?.firstIndex(where: { $0.value == value }) {
          found[name]?[known].panels.append(panel)
        } else {
          found[name, default: []].append(
            SharedCondition(name: name, value: value, panels: [panel]))
        }
      }
    }
    return names.flatMap { found[$0] ?? [] }
  }

  private func conditions(of panel: GridPanel) -> [(String, Phrase)] {
    var conditions: [(String, Phrase)] = [
      ("Full-precision anchor", anchorText(anchors[panel] ?? .noRow))
    ]
    let records = records(of: panel)
    guard let cell = records.first?.cell else { return conditions }
    let settings = cell.protocolSettings
    let name = panels[panel]?.model?.label ?? cell.model.name
    let text = panels[panel]?.text
    conditions += [
      ("Model", "\(name), weights sha256 \(code: NumberText.digest(cell.model.digest))"),
      ("Protocol", "\(code: settings.id)\(text.map { ": \($0.label)" } ?? "")"),
      ("Train text", sourceText(settings.train)),
      ("Development text", sourceText(settings.development)),
      ("Test text", sourceText(settings.test)), ("Windows", windowsText(panel)),
      ("BOS", settings.bos == .none ? "none" : "one, at the start of the stream"),
    ]
    var digests: Phrase =
      "tokenizer sha256 \(code: NumberText.digest(cell.model.tokenizerDigest))"
    if let stream = records.lazy.compactMap({ $0.digest("tokens.test") }).first {
      digests += ", test token stream sha256 \(code: NumberText.digest(stream))"
    }
    return conditions + [("Tokens", digests)]
  }

  private func anchorText(_ anchor: AnchorState) -> Phrase {
    switch anchor {
    case .met(let anchor, let measured):
      """
      \(NumberText.score(measured)) against \(NumberText.score(anchor.perplexity)) ± \(toleranceText(anchor)): \
      \(strong: "met") (\(anchor.source))
      """
    case .missed(let anchor, let measured):
      """
      \(NumberText.score(measured)) against \(NumberText.score(anchor.perplexity)) ± \(toleranceText(anchor)): \
      \(strong: "missed"), quantized cells are withheld (\(anchor.source))
      """
    case .unknown(let measured):
      """
      \(NumberText.score(measured)); no independent figure is known for this text and these windows
      """
    case .absent(let reason): "\(reason); quantized cells are withheld"
    case .noRow: "the grid has no full-precision row"
    }
  }

  private func toleranceText(_ anchor: Anchor) -> String {
    "\(NumberText.significant(anchor.relativeTolerance * 100, 3)) %"
  }

  /// Which files a split's text is made of, and how.
  func sourceText(_ source: TextSource) -> Phrase {
    let parts = source.parts.map { part -> Phrase in
      let name: Phrase = "\(code: part.path.lastPathComponent)"
      if part.from == 0 && part.to == nil { return name }
      return name + " bytes \(part.from)–\(part.to.map(String.init) ?? "end")"
    }
    return parts.joined(separator: ", ") + ", joined \(code: source.join.rawValue)"
  }

  private func windowsText(_ panel: GridPanel) -> Phrase {
    let records = records(of: panel)
    guard let record = records.first(where: { $0.testScore(.perplexity) != nil }),
      let score = record.testScore(.perplexity)
    else { return examplesText(panel).map { Phrase($0) } ?? "none scored" }
    let settings = record.cell.protocolSettings
    let count = score.windowNLL.count
    // WikiText's windows are the first ones, as published; those of plain text are spread over it.
    let which = settings.test.join == .plain ? "\(count) evenly spread" : "the first \(count)"
    return """
      \(settings.testWindows == nil ? "all \(count)" : which) test windows of \(settings.windowTokens) tokens, no \
      overlap, \(NumberText.grouped(score.scoredTokens)) tokens scored\(examplesText(panel).map { "; \($0)" } ?? "")
      """
  }

  /// How many examples of each task were scored, and how many were there to train and choose on; nil
  /// without tasks.
  private func examplesText(_ panel: GridPanel) -> String? {
    let scored = records(of: panel).first { !$0.scoredTasks.isEmpty }
    guard let record = scored else { return nil }
    return record.scoredTasks.map { task in
      func count(_ split: String) -> Int? {
        record.scores.first { $0.task == task && $0.split == split }?.outcomes?.count
      }
      let asked = record.cell.protocolSettings.tasks?.first { $0.name == task }
      var parts = ["\(count("test").map(NumberText.grouped) ?? "no") test examples of \(task)"]
      if asked?.use == .fineTuning {
        let chosen =
          count("development").flatMap { $0 > 0 ? $0 : nil } ?? asked?.examples.development
        parts += [
          chosen.map { "\(NumberText.grouped($0)) to choose on" },
          asked?.examples.train.map { "at most \(NumberText.grouped($0)) to train on" },
        ].compactMap(\.self)
      }
      return parts.joined(separator: ", ")
    }.joined(separator: "; ")
  }

  private var machineText: Phrase {
    distinct { record in
      record.measurement.map { measurement in
        """
        \(measurement.processor), \(measurement.processors) processors, \(measurement.threads) threads, OpenBLAS \
        \(measurement.blasCore), \(measurement.operatingSystem)
        """
      }
    }
  }

  /// All different values over the records, in their order.
  private func distinct(_ value: (RunRecord) -> Phrase?) -> Phrase {
    let values = records.compactMap(value).reduce(into: [Phrase]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return values.isEmpty ? "not recorded" : values.joined(separator: "; ")
  }
}

extension String {
  /// The text with a small first letter, unless it begins with an abbreviation.
  fileprivate var loweringFirst: String {
    guard let second = dropFirst().first, second.isLowercase else { return self }
    return prefix(1).lowercased() + dropFirst()
  }
}
