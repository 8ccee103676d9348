package import JSONText
package import Records
internal import System
package import Vocabulary

/// One cell without a grid: a model and a text that nobody need have prepared.
package struct SingleEvaluation: Sendable {
  /// A name of `models/`, a folder, a `.gguf` file, or an id in the hub's cache.
  package var model: String
  /// A file, or a text of `datasets/`, of which the test part is scored.
  package var text: String
  /// A file whose last tenth is for choosing, or a text of `datasets/`: what the method may look at; nil for
  /// the text's own other parts, where it has any.
  package var calibration: String?
  /// The method's name; nil for full precision without bits, round to nearest with them.
  package var method: String?
  /// Options of the method as they were asked for, by name.
  package var options: [JSON.Member]
  /// The bits.
  package var bits: BitsLabel
  /// Tokens per window; nil for ``usualWindow``, or as many as the model has positions if those are fewer.
  package var windowTokens: Int?
  /// How many windows are scored; nil for all.
  package var testWindows: Int?
  /// How many windows of the text to choose on are scored; nil for all.
  package var developmentWindows: Int?
  /// Whether a beginning of sequence opens the text; nil for what the model's manifest or files say, else none.
  package var bos: BeginningOfSequencePolicy?
  /// Master seed.
  package var seed: UInt64

  /// Records of such cells stand here in the folder of results.
  package static let table = "eval"
  /// What stands in the place of a scale: the model is the user's own.
  package static let scale = "own"
  /// Tokens per window, as the field's perplexities have them.
  package static let usualWindow = 2048
  /// The method for bits without one.
  package static let plainMethod = "rtn"

  /// An evaluation from its parts.
  package init(
    model: String, text: String, calibration: String? = nil, method: String? = nil,
    options: [JSON.Member] = [], bits: BitsLabel = .fullPrecision, windowTokens: Int? = nil,
    testWindows: Int? = nil, developmentWindows: Int? = nil,
    bos: BeginningOfSequencePolicy? = nil, seed: UInt64 = 1
  ) {
    self.model = model
    self.text = text
    self.calibration = calibration
    self.method = method
    self.options = options
    self.bits = bits
    self.windowTokens = windowTokens
    self.testWindows = testWindows
    self.developmentWindows = developmentWindows
    self.bos = bos
    self.seed = seed
  }

  /// The same model on the same text as it is.
  package var inFullPrecision: SingleEvaluation {
    SingleEvaluation(
      model: model, text: text, windowTokens: windowTokens, testWindows: testWindows, bos: bos)
  }

  /// The method that runs.
  package var methodName: String {
    method ?? (bits.isFullPrecision ? GridRow.fullPrecisionMethod : Self.plainMethod)
  }
}

extension SingleEvaluation {
  /// What an evaluation is made a cell with.
  package struct Program: Sendable {
    /// The kernel set's name, see ``BLASCore/name(processorFlags:environment:)``.
    package var blasCore: String
    /// The code of this program.
    package var science: ProgramScience
    /// The methods.
    package var methods: MethodRegistry
    /// Reads a model's configuration: its family, its positions.
    package var facts: ModelReading
    /// Seconds that a model's digest is waited for before the cell is begun without it.
    package var patience = 0.05

    /// A program from its parts.
    package init(
      blasCore: String, science: ProgramScience, methods: MethodRegistry,
      facts: @escaping ModelReading
    ) {
      self.blasCore = blasCore
      self.science = science
      self.methods = methods
      self.facts = facts
    }
  }

  /// A cell that is ready to run, and what a reader should know of how it was made.
  package struct Planned: Sendable {
    /// The cell, with its id.
    package let cell: Cell
    /// What is still to be known of its model; nil where everything is.
    package let pending: PendingModel?
    /// Who says whether a beginning of sequence opens the text.
    package let beginning: String
    /// What a reader should know of how the text is read; nil where it is read as it is.
    package let lineEnds: String?
  }

  /// The cell with its id.
  ///
  /// - Parameters:
  ///   - catalog: Models and texts with a manifest.
  ///   - base: The folder that relative paths are seen from.
  ///   - program: Methods, and who reads models.
  ///   - locator: Finds files, and remembers their digests.
  /// - Returns: The cell.
  /// - Throws: ``SingleEvaluationError``, ``ModelPlaceError``, ``HarnessError``, what `program.facts` throws,
  ///   or `FileError` for files that can't be read.
  package func planned(
    _ catalog: Catalog, from base: String, _ program: Program, locator: inout AssetLocator
  ) throws -> Planned {
    // What costs nothing to look at comes first: a slip is told before gigabytes are digested.
    guard program.methods.names.contains(methodName),
      let science = program.science.digests(of: methodName)
    else {
      throw SingleEvaluationError.unknownMethod(
        methodName, suggestion: suggestion(for: methodName, among: program.methods.names))
    }
    let isUnquantized = program.methods.unquantized.contains(methodName)
    guard isUnquantized == bits.isFullPrecision else {
      throw SingleEvaluationError.contradictoryBits(method: methodName, bits: bits)
    }
    let place = try ModelPlace(model, from: base, catalog.site, models: catalog.models)
    let described = try place.described(catalog, &locator)
    let path = try described?.present().path ?? place.path
    // Such a cell leaves nothing behind when it is interrupted: the id may come when it ends.
    let isTextless = program.methods.withoutText.contains(methodName)
    let pending =
      described == nil && isTextless ? try PendingModel(at: path, locator) : nil
    let facts = try program.facts(path)
    if let misfit = GroupMisfit(bits, on: facts.linears) {
      throw SingleEvaluationError.groups(bits: bits, misfit)
    }
    let tokens = windowTokens ?? min(Self.usualWindow, facts.positions)
    guard tokens <= facts.positions else {
      throw SingleEvaluationError.windowTooLong(tokens, positions: facts.positions)
    }
    let resolved = try options(program.methods, facts.architecture)
    let (bos, beginning) = beginning(of: described?.manifest, facts)
    let settings = try EvaluationText.own(
      self, windowTokens: tokens, bos: bos, catalog, from: base, &locator,
      looksAtText: !isTextless)
    let lineEnds = try EvaluationText.lineEnds(of: self, from: base, catalog)
    var cell = Cell(
      id: "",
      address: CellAddress(
        table: Self.table, scale: Self.scale, row: methodName, column: bits.description, seed: seed),
      model: try described?.present()
        ?? (pending == nil
          ? ModelReference(at: path, name: place.name, locator: &locator)
          : ModelReference(pendingAt: path, name: place.name, locator: &locator)),
      method: resolved, bits: bits, protocolSettings: settings, seed: seed,
      blasCore: program.blasCore, science: science)
    guard let pending else {
      cell.id = try cell.computedID
      return Planned(cell: cell, pending: nil, beginning: beginning, lineEnds: lineEnds)
    }
    guard pending.digests.isDone(within: program.patience) else {
      return Planned(
        cell: try pending.begun(cell), pending: pending, beginning: beginning, lineEnds: lineEnds)
    }
    locator.keep(try pending.digests.files())
    return Planned(
      cell: try pending.completed(cell), pending: nil, beginning: beginning, lineEnds: lineEnds)
  }

  /// Whether a beginning of sequence opens the text, and who says so.
  private func beginning(of manifest: ModelManifest?, _ facts: ModelFacts)
    -> (BeginningOfSequencePolicy, String)
  {
    if let bos { return (bos, "--bos") }
    if let manifest { return (manifest.bos, "manifest of \(manifest.name)") }
    guard let found = facts.beginning else { return (.none, "no file asks for one") }
    return (found.policy, found.words)
  }

  /// The method with every option written out.
  private func options(_ methods: MethodRegistry, _ architecture: Architecture) throws
    -> MethodReference
  {
    for (index, option) in options.enumerated()
    where options[..<index].contains(where: { $0.name == option.name }) {
      throw SingleEvaluationError.option(
        method: methodName, reason: "'\(option.name)' is given twice")
    }
    let reference = MethodReference(name: methodName, options: .object(options))
    do {
      try methods.check(reference, bits)
      return try methods.resolve(reference, bits, architecture)
    } catch let error as JSONError {
      // The place is one in a text that nobody wrote.
      let place = error.reason.hasPrefix("unknown member") ? "" : error.pointer.dropFirst() + ": "
      throw SingleEvaluationError.option(method: methodName, reason: place + error.reason)
    }
  }
}

extension ModelPlace {
  /// The files of a model that a manifest describes; nil for another.
  fileprivate func described(_ catalog: Catalog, _ locator: inout AssetLocator) throws
    -> ModelFiles?
  {
    guard case .described(let name) = self else { return nil }
    return try ModelFiles(of: name, catalog: catalog, locator: &locator)
  }

  /// What a cell calls the model.
  package var name: String {
    switch self {
    case .described(let name), .undescribed(_, let name): name
    }
  }

  /// Where a model is that no manifest describes; empty for another.
  var path: String {
    if case .undescribed(let path, _) = self { path } else { "" }
  }
}
