package import JSONText
internal import Vocabulary

/// The names that a grid may refer to.
package struct KnownNames: Sendable {
  /// Folders in `models/`.
  package var models: [String]
  /// Folders in `datasets/`.
  package var datasets: [String]
  /// Methods in the registry.
  package var methods: [String]
  /// Those of them that quantize nothing.
  package var unquantized: Set<String>

  /// Names by kind.
  package init(
    models: [String], datasets: [String], methods: [String],
    unquantized: Set<String> = [GridRow.fullPrecisionMethod]
  ) {
    self.unquantized = unquantized
    self.models = models
    self.datasets = datasets
    self.methods = methods
  }

  /// Whether a grid may name a model so: a folder of `models/`, or a path or an id of the hub, of which only
  /// whoever looks for it knows whether it is there.
  package func mayHaveModel(_ name: String) -> Bool {
    models.contains(name) || Self.isOwnModel(name)
  }

  /// Whether a name that is no folder of `models/` is a path or an id of the hub.
  package static func isOwnModel(_ name: String) -> Bool {
    name.contains("/") || name.hasSuffix(".gguf")
  }
}

extension Grid {
  /// Holds the grid to the rules that its types can't express.
  ///
  /// - Parameters:
  ///   - document: The text that the grid was decoded from; errors point into it.
  ///   - names: What the grid may refer to.
  /// - Throws: ``JSONError`` at the first value that breaks a rule.
  package func check(in document: JSONDocument, against names: KnownNames) throws(JSONError) {
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema", "schema \(schema) isn't supported; this build reads schema 1")
    }
    guard !rows.isEmpty else { throw document.error(at: "/rows", "a table needs a row") }
    guard !columns.isEmpty else { throw document.error(at: "/columns", "a table needs a column") }
    try checkLabels(models, at: "/models", in: document)
    try checkLabels(texts, at: "/texts", in: document)
    try checkRows(in: document, against: names)
    try checkColumns(in: document)
    if let reference, row(reference) == nil {
      throw unknownRow(reference, at: "/reference", in: document)
    }
    for scale in Scale.allCases {
      guard let settings = scales[scale] else { continue }
      try check(settings, at: "/scales/\(scale.rawValue)", in: document, against: names)
    }
  }

  private func checkRows(in document: JSONDocument, against names: KnownNames) throws(JSONError) {
    let methods = names.methods
    for (index, row) in rows.enumerated() {
      let place = "/rows/\(index)"
      try checkKey(row.key, others: rows[..<index].map(\.key), at: place + "/key", in: document)
      if !row.planned && !methods.contains(row.method) {
        throw document.error(
          at: place + "/method",
          "unknown method '\(row.method)'; \(suggestion(for: row.method, among: methods))")
      }
      try checkBits(of: row, at: place + "/bits", in: document)
      try checkIsObject(row.options, at: place + "/options", in: document)
      if let finetuning = row.finetuning {
        try check(finetuning, of: row, at: place + "/finetuning", in: document, against: names)
      }
      if let seeds = row.seeds { try checkSeeds(seeds, at: place + "/seeds", in: document) }
    }
  }

  private func check(
    _ finetuning: GridRowMethod, of row: GridRow, at place: String, in document: JSONDocument,
    against names: KnownNames
  ) throws(JSONError) {
    let (method, methods) = (finetuning.method, names.methods)
    if !row.planned && !methods.contains(method) {
      throw document.error(
        at: place + "/method",
        "unknown method '\(method)'; \(suggestion(for: method, among: methods))")
    }
    if names.unquantized.contains(method) != row.isFullPrecision {
      throw document.error(
        at: place + "/method",
        "contradictory bits: the row '\(row.key)' quantizes in one stage and not in the other")
    }
    try checkIsObject(finetuning.options, at: place + "/options", in: document)
    try checkReason(finetuning.notRun, at: place + "/notRun", in: document)
  }

  private func checkBits(of row: GridRow, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    guard let bits = row.bits else { return }
    if row.isFullPrecision {
      throw document.error(
        at: place, "contradictory bits: the row '\(row.key)' quantizes nothing; leave 'bits' out")
    }
    if bits.isFullPrecision {
      throw document.error(
        at: place, "contradictory bits: the row '\(row.key)' quantizes, found FP")
    }
  }

  private func checkSeeds(_ seeds: [UInt64], at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    if seeds.isEmpty {
      throw document.error(at: place, "expected at least one seed, found an empty list")
    }
    for (i, seed) in seeds.enumerated() where seeds[..<i].contains(seed) {
      throw document.error(at: "\(place)/\(i)", "seed \(seed) is listed twice")
    }
  }

  private func checkLabels(
    _ labels: [String: String], at place: String, in document: JSONDocument
  ) throws(JSONError) {
    for (key, label) in labels.sorted(by: { $0.key < $1.key }) {
      try checkKey(key, others: [], at: "\(place)/\(escaped(key))", in: document)
      if label.isEmpty {
        throw document.error(
          at: "\(place)/\(escaped(key))", "expected the printed name, found an empty string")
      }
    }
  }

  private func checkColumns(in document: JSONDocument) throws(JSONError) {
    for (index, column) in columns.enumerated() {
      let place = "/columns/\(index)"
      try checkKey(
        column.key, others: columns[..<index].map(\.key), at: place + "/key", in: document)
      try checkBits(of: column, at: place, in: document)
      if let model = column.model, models[model] == nil {
        throw document.error(
          at: place + "/model",
          "unknown model '\(model)'; \(suggestion(for: model, among: models.keys.sorted()))")
      }
      if let text = column.text { try checkText(text, at: place + "/text", in: document) }
      for (i, task) in column.tasks.enumerated() {
        try checkText(task, at: "\(place)/tasks/\(i)", in: document)
        if column.tasks[..<i].contains(task) {
          throw document.error(at: "\(place)/tasks/\(i)", "the task '\(task)' is listed twice")
        }
      }
      if column.metric.isOfTasks, column.tasks.isEmpty, column.notRun == nil {
        throw document.error(
          at: place,
          "the metric '\(column.metric.rawValue)' is of tasks; expected at least one in 'tasks'")
      }
      if column.metric == .perplexity, !column.tasks.isEmpty {
        throw document.error(
          at: place + "/tasks", "perplexity is of a text, not of tasks; leave 'tasks' out")
      }
      let twin = columns[..<index].first {
        $0.metric == column.metric && $0.bits == column.bits && $0.model == column.model
          && $0.text == column.text && $0.tasks == column.tasks && $0.stage == column.stage
      }
      if let twin {
        throw document.error(
          at: place, "the column '\(column.key)' measures the same as '\(twin.key)'")
      }
      try checkReason(column.notRun, at: place + "/notRun", in: document)
    }
  }

  private func checkText(_ key: String, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    guard texts[key] == nil else { return }
    throw document.error(
      at: place, "unknown text '\(key)'; \(suggestion(for: key, among: texts.keys.sorted()))")
  }

  /// Either the column or each quantizing row names the bits, never both; whichever of the two is alone
  /// among its like is the one at fault.
  private func checkBits(of column: GridColumn, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    let quantizing = rows.filter { !$0.isFullPrecision }
    guard let bits = column.bits else {
      if let row = quantizing.first(where: { $0.bits == nil }) {
        let isAlone =
          quantizing.contains { $0.bits != nil } || columns.allSatisfy { $0.bits == nil }
        throw document.error(
          at: isAlone ? self.place(of: row) : place,
          "neither the column '\(column.key)' nor the row '\(row.key)' names bits")
      }
      return
    }
    if bits.isFullPrecision, let row = quantizing.first {
      throw document.error(
        at: place + "/bits",
        "contradictory bits: the row '\(row.key)' quantizes, the column '\(column.key)' is FP; "
          + "a full-precision row fills every column by itself")
    }
    if let row = quantizing.first(where: { $0.bits != nil }) {
      let isAlone = quantizing.contains { $0.bits == nil }
      throw document.error(
        at: (isAlone ? self.place(of: row) : place) + "/bits",
        "contradictory bits: the row '\(row.key)' and the column '\(column.key)' both name bits; "
          + "only one of them may")
    }
  }

  /// The pointer of a row.
  private func place(of row: GridRow) -> String {
    "/rows/\(rows.firstIndex { $0.key == row.key } ?? 0)"
  }

  private func check(
    _ scale: GridScale, at place: String, in document: JSONDocument, against names: KnownNames
  ) throws(JSONError) {
    try checkReason(scale.notRun, at: place + "/notRun", in: document)
    // What doesn't run yet may name models and texts that aren't there yet.
    if scale.notRun == nil { try checkNames(of: scale, at: place, in: document, against: names) }
    try checkBits(of: scale, at: place + "/bits", in: document)
    for (name, windows) in [
      ("testWindows", scale.testWindows), ("developmentWindows", scale.developmentWindows),
    ] {
      if let windows, windows < 1 {
        throw document.error(
          at: place + "/" + name, "expected a positive number of windows, found \(windows)")
      }
    }
    try scale.examples?.check(at: place + "/examples", in: document)
    try checkTargets(of: scale, at: place + "/targets", in: document)
    try checkRowKeys(scale.without, at: place + "/without", among: rows.map(\.key), in: document)
    try scale.quick?.check(
      in: document, at: place + "/quick", rows: rows.map(\.key), against: names)
    for (index, override) in scale.overrides.enumerated() {
      try check(override, at: place + "/overrides/\(index)", in: document)
    }
    for (key, seeds) in scale.seeds.sorted(by: { $0.key < $1.key }) {
      guard row(key) != nil else {
        throw unknownRow(key, at: "\(place)/seeds/\(escaped(key))", in: document)
      }
      try checkSeeds(seeds, at: "\(place)/seeds/\(escaped(key))", in: document)
    }
    try checkEstimates(scale.minutes, at: place + "/minutes", in: document)
    try checkEstimates(scale.mebibytes, at: place + "/mebibytes", in: document)
  }

  /// The models and texts of a scale that runs.
  private func checkNames(
    of scale: GridScale, at place: String, in document: JSONDocument, against names: KnownNames
  ) throws(JSONError) {
    if let model = scale.model {
      guard names.mayHaveModel(model) else {
        throw document.error(
          at: place + "/model",
          "unknown model '\(model)'; \(suggestion(for: model, among: names.models))")
      }
    } else if columns.contains(where: { $0.model == nil }) {
      throw document.error(at: place, "missing required member 'model'")
    }
    if scale.protocols.isEmpty, columns.contains(where: { $0.text == nil }) {
      throw document.error(at: place, "expected at least one protocol in 'protocols'")
    }
    try checkProtocols(scale.protocols, at: place + "/protocols", in: document, against: names)
    try checkStandIns(scale, at: place, in: document, against: names)
  }

  private func checkProtocols(
    _ protocols: [String], at place: String, in document: JSONDocument, against names: KnownNames
  ) throws(JSONError) {
    for (index, id) in protocols.enumerated() {
      do { _ = try ProtocolRequest(id, datasets: names.datasets) } catch {
        throw document.error(at: "\(place)/\(index)", error.description)
      }
    }
  }

  /// What stands for the paper's bits: labels that rows or columns name, and others.
  private func checkBits(of scale: GridScale, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    let named = (rows.compactMap(\.bits) + columns.compactMap(\.bits)).map(\.description)
    for (label, bits) in scale.bits.sorted(by: { $0.key < $1.key }) {
      let place = "\(place)/\(escaped(label))"
      guard named.contains(label) else {
        throw document.error(
          at: place,
          "no row or column has the bits '\(label)'; \(suggestion(for: label, among: named))")
      }
      if bits.isFullPrecision || bits.description == label {
        throw document.error(
          at: place, "expected other bits to stand for '\(label)', found '\(bits)'")
      }
    }
  }

  /// What stands for the paper's models and texts: keys of this grid, names of this checkout.
  private func checkStandIns(
    _ scale: GridScale, at place: String, in document: JSONDocument, against names: KnownNames
  ) throws(JSONError) {
    for (key, model) in scale.models.sorted(by: { $0.key < $1.key }) {
      let place = "\(place)/models/\(escaped(key))"
      guard models[key] != nil else {
        throw document.error(
          at: place, "unknown model '\(key)'; \(suggestion(for: key, among: models.keys.sorted()))")
      }
      guard names.mayHaveModel(model) else {
        throw document.error(
          at: place, "unknown model '\(model)'; \(suggestion(for: model, among: names.models))")
      }
    }
    for (key, protocols) in scale.texts.sorted(by: { $0.key < $1.key }) {
      let place = "\(place)/texts/\(escaped(key))"
      guard texts[key] != nil else {
        throw document.error(
          at: place, "unknown text '\(key)'; \(suggestion(for: key, among: texts.keys.sorted()))")
      }
      if protocols.isEmpty {
        throw document.error(at: place, "expected at least one protocol, found an empty list")
      }
      try checkProtocols(protocols, at: place, in: document, against: names)
    }
  }

  private func check(_ override: GridOverride, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    guard let row = rows.first(where: { $0.key == override.row }) else {
      throw unknownRow(override.row, at: place + "/row", in: document)
    }
    try checkIsObject(override.options, at: place + "/options", in: document)
    guard let key = override.column else { return }
    guard columns.contains(where: { $0.key == key }) else {
      throw document.error(
        at: place + "/column",
        "unknown column '\(key)'; \(suggestion(for: key, among: columns.map(\.key)))")
    }
    if override.stage != nil {
      throw document.error(
        at: place + "/stage", "a column has its own stage; leave one of the two out")
    }
    if row.isFullPrecision {
      throw document.error(
        at: place + "/column", "one full-precision cell serves every column; leave 'column' out")
    }
  }

  private func checkEstimates(
    _ estimates: [String: Double], at place: String, in document: JSONDocument
  ) throws(JSONError) {
    for (key, value) in estimates.sorted(by: { $0.key < $1.key }) {
      guard rows.contains(where: { $0.key == key }) else {
        throw unknownRow(key, at: place + "/" + escaped(key), in: document)
      }
      guard value > 0 else {
        throw document.error(
          at: place + "/" + escaped(key), "expected a positive estimate, found \(value)")
      }
    }
  }

  private func unknownRow(_ key: String, at place: String, in document: JSONDocument) -> JSONError {
    document.error(
      at: place, "unknown row '\(key)'; \(suggestion(for: key, among: rows.map(\.key)))")
  }
}

/// A key is spelled with lowercase letters, digits and hyphens, and is there once.
private func checkKey(
  _ key: String, others: [String], at place: String, in document: JSONDocument
) throws(JSONError) {
  let isSpelledWell =
    !key.isEmpty
    && key.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
  guard isSpelledWell else {
    throw document.error(
      at: place, "a key has only lowercase letters, digits and hyphens; found '\(key)'")
  }
  if let first = others.firstIndex(of: key) {
    throw document.error(at: place, "the key '\(key)' is already taken by entry \(first)")
  }
}

func checkIsObject(_ options: JSON, at place: String, in document: JSONDocument)
  throws(JSONError)
{
  if case .object = options { return }
  throw document.error(at: place, "expected an object of options")
}

private func checkReason(_ reason: String?, at place: String, in document: JSONDocument)
  throws(JSONError)
{
  if reason == "" { throw document.error(at: place, "expected the reason, found an empty string") }
}

/// A name as RFC 6901 writes it inside a pointer.
func escaped(_ name: String) -> String {
  name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
    .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
}

extension Grid {
  /// Holds targets to perplexity columns, and to losses that there can be.
  fileprivate func checkTargets(of scale: GridScale, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    for (key, target) in scale.targets.sorted(by: { $0.key < $1.key }) {
      let place = "\(place)/\(escaped(key))"
      guard let column = column(key) else {
        throw document.error(
          at: place, "unknown column '\(key)'; \(suggestion(for: key, among: columns.map(\.key)))")
      }
      if column.metric != .perplexity {
        throw document.error(
          at: place,
          "a target is a loss on text, and the column '\(key)' is of \(column.metric.rawValue)")
      }
      if target <= 0 {
        throw document.error(at: place, "expected a loss above 0 in nats, found \(target)")
      }
    }
  }
}

/// Holds a list of rows to those that there are, each named once.
func checkRowKeys(
  _ keys: [String], at place: String, among rows: [String], in document: JSONDocument
) throws(JSONError) {
  for (index, key) in keys.enumerated() {
    guard rows.contains(key) else {
      throw document.error(
        at: "\(place)/\(index)", "unknown row '\(key)'; \(suggestion(for: key, among: rows))")
    }
    if keys[..<index].contains(key) {
      throw document.error(at: "\(place)/\(index)", "row '\(key)' is named twice")
    }
  }
}
