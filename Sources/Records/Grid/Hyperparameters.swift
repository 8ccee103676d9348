package import JSONText
package import Vocabulary

/// What methods run with in every table, unless a table says otherwise: `tables/hyperparameters.json`.
///
/// One place for budgets and learning rates keeps a method the same method from table to table, so that
/// a cell that two tables show is run once. A grid's own options and overrides go over these.
package struct Hyperparameters: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// Settings at each scale, by the scale's name.
  package var scales: [String: [MethodSettings]]

  /// Hyper-parameters from their parts.
  package init(
    schema: Int = Hyperparameters.currentSchema, scales: [String: [MethodSettings]]
  ) {
    self.schema = schema
    self.scales = scales
  }

  /// The options of a method in one situation: of all settings that apply, later ones win.
  package func options(
    of method: String, bits: BitsLabel, model: String?, stage: TrainingStage, at scale: Scale
  ) -> JSON {
    settings(of: method, bits: bits, model: model, stage: stage, at: scale)
      .reduce(.object([])) { $0.overlaid(by: $1.options) }
  }

  /// Estimated minutes of a cell, by the last setting that applies and says so.
  package func minutes(
    of method: String, bits: BitsLabel, model: String?, stage: TrainingStage, at scale: Scale
  ) -> Double? {
    settings(of: method, bits: bits, model: model, stage: stage, at: scale)
      .compactMap(\.minutes).last
  }

  /// Estimated peak memory of a cell in MiB, by the last setting that applies and says so.
  package func mebibytes(
    of method: String, bits: BitsLabel, model: String?, stage: TrainingStage, at scale: Scale
  ) -> Double? {
    settings(of: method, bits: bits, model: model, stage: stage, at: scale)
      .compactMap(\.mebibytes).last
  }

  private func settings(
    of method: String, bits: BitsLabel, model: String?, stage: TrainingStage, at scale: Scale
  ) -> [MethodSettings] {
    (scales[scale.rawValue] ?? []).filter {
      $0.method == method && ($0.bits ?? bits) == bits && $0.stage ?? stage == stage
        && ($0.model == nil || $0.model == model)
    }
  }
}

/// What one method runs with in some situations.
package struct MethodSettings: Codable, Sendable, Equatable {
  /// The registry's name of the method.
  package var method: String
  /// Only at these bits; nil means at all.
  package var bits: BitsLabel?
  /// Only on this model of `models/`; nil means on all.
  package var model: String?
  /// Only in this stage; nil means in both.
  package var stage: TrainingStage?
  /// Members of the method's options.
  package var options: JSON
  /// Estimated minutes of a cell.
  package var minutes: Double?
  /// Estimated peak memory of a cell in MiB.
  package var mebibytes: Double?

  /// Settings from their parts.
  package init(
    method: String, bits: BitsLabel? = nil, model: String? = nil, stage: TrainingStage? = nil,
    options: JSON = .object([]), minutes: Double? = nil, mebibytes: Double? = nil
  ) {
    self.method = method
    self.bits = bits
    self.model = model
    self.stage = stage
    self.options = options
    self.minutes = minutes
    self.mebibytes = mebibytes
  }

  /// Reads settings; only the method must be there.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    method = try container.decode(String.self, forKey: .method)
    bits = try container.decodeIfPresent(BitsLabel.self, forKey: .bits)
    model = try container.decodeIfPresent(String.self, forKey: .model)
    stage = try container.decodeIfPresent(TrainingStage.self, forKey: .stage)
    options = try container.decodeIfPresent(JSON.self, forKey: .options) ?? .object([])
    minutes = try container.decodeIfPresent(Double.self, forKey: .minutes)
    mebibytes = try container.decodeIfPresent(Double.self, forKey: .mebibytes)
  }
}

extension Hyperparameters {
  /// Holds the file to the rules that its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one.
  package func check(in document: JSONDocument, against names: KnownNames) throws(JSONError) {
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema", "schema \(schema) isn't supported; this build reads schema 1")
    }
    for (name, settings) in scales.sorted(by: { $0.key < $1.key }) {
      let scales = Scale.allCases.map(\.rawValue)
      guard scales.contains(name) else {
        throw document.error(
          at: "/scales/\(escaped(name))",
          "unknown scale '\(name)'; \(suggestion(for: name, among: scales))")
      }
      for (index, entry) in settings.enumerated() {
        try entry.check(in: document, at: "/scales/\(name)/\(index)", against: names)
      }
    }
  }
}

extension MethodSettings {
  fileprivate func check(in document: JSONDocument, at place: String, against names: KnownNames)
    throws(JSONError)
  {
    guard names.methods.contains(method) else {
      throw document.error(
        at: place + "/method",
        "unknown method '\(method)'; \(suggestion(for: method, among: names.methods))")
    }
    if let model, !names.models.contains(model) {
      throw document.error(
        at: place + "/model",
        "unknown model '\(model)'; \(suggestion(for: model, among: names.models))")
    }
    try checkIsObject(options, at: place + "/options", in: document)
    for (name, value) in [("minutes", minutes), ("mebibytes", mebibytes)] {
      if let value, value <= 0 {
        throw document.error(
          at: "\(place)/\(name)", "expected a positive estimate, found \(value)")
      }
    }
  }
}
