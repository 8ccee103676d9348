internal import Checkpoints
internal import Harness
internal import JSONText
internal import MethodKit
internal import Quantizers
package import Records
internal import System
internal import Transformers
internal import Vocabulary

/// A record's model on its way into a folder.
package struct ModelExport {
  /// The record.
  package let record: RunRecord
  /// What the model is written as.
  package let form: ExportForm
  /// How a GGUF file holds its linears.
  package let type: GGUFWeightType
  /// Where the base model is on this machine.
  package let source: String
  /// What the base model is.
  package let base: ModelCard.Base

  /// An export that can be done, as far as files and the record say.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - form: What the model is written as.
  ///   - type: How a GGUF file holds its linears.
  ///   - source: Where the base model is on this machine.
  ///   - base: What the base model is.
  ///   - weightsOnly: Whether quantized activations may be left out.
  /// - Throws: ``ExportError`` for what can't be taken away, before anything is computed; what reading the model's head
  ///   throws.
  package init(
    _ record: RunRecord, as form: ExportForm, type: GGUFWeightType = .auto, from source: String,
    base: ModelCard.Base, weightsOnly: Bool = false
  ) throws {
    let (cell, bits) = (record.cell, record.cell.bits)
    guard record.status == .finished else {
      throw ExportError.unfinished(place: cell.address.place, status: record.status)
    }
    if cell.model.synthetic == true { throw ExportError.synthetic(model: cell.model.name) }
    if bits.activations < 16, !weightsOnly { throw ExportError.activations(bits) }
    self.record = record
    self.form = form
    self.type = type
    self.source = source
    self.base = base
    let c = try ModelSource(path: source).configuration
    try QuantizationSpec(
      weightBits: bits.weights < 16 ? bits.weights : nil, activationBits: nil,
      groupSize: bits.groupSize
    ).check(c)
    switch form {
    case .hf: break
    case .gptq, .compressedTensors: try PackedWeights.check(c, bits, form)
    case .gguf:
      _ = try GGUFArchitecture(c)
      _ = try GGUFWeights.type(c, bits, type)
    }
    try TokenizerFiles(source).check(form)
    if form != .gguf { _ = try configuration(of: c) }
  }

  /// Numbers outside of codes are in this type.
  private var elementType: String { form == .gptq ? "float16" : "float32" }

  private func configuration(of c: ModelConfiguration) throws -> JSON {
    try HubConfiguration.document(
      of: c, from: source, type: elementType, marks: TokenizerFiles(source).marks, for: form)
  }

  /// Writes the model, its tokenizer, a model card and a manifest into an empty folder.
  ///
  /// - Parameters:
  ///   - model: The rebuilt model.
  ///   - folder: The folder.
  /// - Throws: ``ExportError`` for weights that the form doesn't hold; what writing throws.
  package func write(_ model: PlainModel, into folder: String) throws {
    let tokenizer = try TokenizerFiles(source)
    var notes: [String] = []
    if form == .gguf {
      let weights = try GGUFWeights(model, record.cell.bits, type)
      let keys =
        [
          ("general.type", .text("model")), ("general.name", .text(title)),
          ("general.license", .text(base.licence ?? "other")),
          ("general.description", .text("zeroqat cell \(record.cell.id)")),
        ] + (try tokenizer.keys(count: model.configuration.vocabularySize))
      let cost = try weights.write(keys, to: "\(folder)/\(fileName)")
      notes = Self.words(of: cost, weights.type)
    } else {
      guard case .object(var members) = try configuration(of: model.configuration) else { return }
      let weights = HubWeights(model, try HubLayout(.object(members), in: folder))
      let file = folder + "/model.safetensors"
      if form == .hf {
        try weights.write(to: file)
        notes = ["Every number is the measured model's, in float32, to the last bit."]
      } else {
        let packed = try PackedWeights(weights, record.cell.bits, form)
        let cost = try packed.write(to: file)
        members.append(JSON.Member("quantization_config", packed.configuration(cost)))
        notes = Self.words(of: cost, form)
      }
      let text = try jsonText(of: JSON.object(members), style: .pretty)
      try writeDurably(Array(text.utf8), to: folder + "/config.json")
      try tokenizer.write(into: folder)
    }
    let card = ModelCard(record, form, base, title: title, file: fileName, notes: notes)
    try writeDurably(Array(card.description.utf8), to: folder + "/README.md")
    let digests = record.digests.filter { $0.name.hasSuffix(".final") }
    try ExportFolder.seal(
      folder,
      ExportFolder.Manifest(
        cell: record.cell.id, place: record.cell.address.place, form: form.rawValue,
        digests: Dictionary(digests.map { ($0.name, $0.text) }) { $1 }, files: [:]))
  }

  private var title: String {
    "\(record.cell.model.name), \(record.cell.bits) by \(record.cell.method.name)"
  }

  private var fileName: String {
    guard form == .gguf else { return "model.safetensors" }
    // A name from the hub has its owner in front.
    let name = record.cell.model.name.replacing("/", with: "-")
    return "\(name)-\(record.cell.bits)-\(record.cell.method.name).gguf"
  }

  private static func words(of cost: GGUFWeights.Cost, _ type: GGUFBlocks) -> [String] {
    func percent(_ share: Double) -> String { ModelCard.number(share * 100, digits: 4) + " %" }
    let tables =
      "Embedding and head are in half precision, "
      + (cost.tables == 0
        ? "which holds every number of theirs."
        : "a number changed by at most \(percent(cost.tables)) of itself.")
    switch type {
    case .f32: return ["Every number is the measured model's, in float32, to the last bit."]
    case .f16:
      return ["Weights of linears are rounded to half precision. \(tables)"]
    case .q4_0, .q4_1, .q8_0:
      return [
        "Linears are \(type.rawValue): the record's codes on its grids, whose scales (and least values) the format "
          + "rounds to half precision. No weight is moved by more than \(percent(cost.steps)) of its step. \(tables)",
        "llama.cpp rounds activations to 8 bits where it multiplies them with such blocks on a processor; its perplexity "
          + "differs for that as well.",
      ]
    }
  }

  private static func words(of cost: PackedWeights.Cost, _ form: ExportForm) -> [String] {
    let exact =
      cost.isExact
      ? "Code and scale give each weight of the measured model to the last bit"
      : "Code and scale give each weight of the measured model within four units in its last place"
    guard form == .gptq else { return ["\(exact); scales and all other numbers are in float32."] }
    return [
      "\(exact) before scales are rounded to half precision, as the format has them: by at most "
        + "\(ModelCard.number(cost.scale * 100, digits: 4)) % of themselves. All other numbers are in half precision.",
      cost.version == 2
        ? "Some zero points are 0, so that the layout is gptq_v2, which holds them as they are."
        : "Zero points are stored less 1, as the layout's first version has them.",
    ]
  }
}
