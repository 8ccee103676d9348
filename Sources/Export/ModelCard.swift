internal import Checkpoints
internal import Harness
internal import JSONText
internal import Records
internal import Vocabulary

/// What a reader of an exported model must know, as the README of its folder.
package struct ModelCard: CustomStringConvertible {
  /// The model that was quantized.
  package struct Base: Sendable, Equatable {
    /// Its name, with what a reader must know.
    package var label: String
    /// Its licence; nil where nothing here says.
    package var licence: String?

    /// A base model from its parts.
    package init(label: String, licence: String?) {
      self.label = label
      self.licence = licence
    }

    /// A model that no manifest describes, as its own file speaks of it.
    package init(at path: String, name: String) {
      label = name
      guard path.hasSuffix(".gguf"), let file = try? GGUFFile(path),
        case .string(let text)? = file.metadata["general.license"]
      else { return }
      licence = text
    }
  }

  private let record: RunRecord
  private let form: ExportForm
  private let base: Base
  private let title: String
  private let file: String
  private let notes: [String]

  init(
    _ record: RunRecord, _ form: ExportForm, _ base: Base, title: String, file: String,
    notes: [String]
  ) {
    self.record = record
    self.form = form
    self.base = base
    self.title = title
    self.file = file
    self.notes = notes
  }

  /// A number with so many digits behind the point.
  static func number(_ value: Double, digits: Int) -> String {
    let factor = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    let whole = Int((value * factor).rounded())
    let rest = String(whole % Int(factor))
    return "\(whole / Int(factor))." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// The card, Markdown with the hub's header.
  package var description: String {
    let cell = record.cell
    var lines = [
      "---", "license: \(base.licence?.lowercased() ?? "other")",
      "base_model: \(cell.model.name)", "tags: [zeroqat, \(cell.bits)]", "---", "", "# \(title)",
      "",
    ]
    if cell.bits.activations < 16 {
      lines += [
        "**This isn't the model that was measured.** Its activations were rounded to \(cell.bits.activations) bits; a "
          + "checkpoint holds weights alone, and whoever loads this one computes with full activations. The figures below "
          + "are of the rounded ones.", "",
      ]
    }
    lines += ["| | |", "| --- | --- |"]
    for (name, value) in rows { lines.append("| \(name) | \(value) |") }
    lines +=
      ["", "## What is in it", ""] + notes + [
        "", "## How to load it", "", "```", loading, "```", "",
      ]
    return lines.joined(separator: "\n")
  }

  /// The licence as the hub's header has it: an identifier, or another one's name.
  private var licence: [String] {
    guard let name = base.licence else { return ["license: other"] }
    let isIdentifier = name.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
    if isIdentifier { return ["license: \(name.lowercased())"] }
    let quoted = (try? jsonText(of: JSON.string(name), style: .compact)) ?? ""
    return ["license: other", "license_name: \(quoted)"]
  }

  private var rows: [(String, String)] {
    let cell = record.cell
    let options = (try? jsonText(of: cell.method.options, style: .compact)) ?? ""
    var rows = [
      ("base model", base.label),
      ("licence of the base model", base.licence ?? "not stated where it was read from"),
      ("record", "`\(cell.id)`, \(cell.address.place)"),
      ("bits", "\(cell.bits)"),
      ("method", "`\(cell.method.name)`, seed \(cell.seed)"),
      ("options", "`\(options)`"),
    ]
    if let updates = record.zerothOrder {
      let chosen = record.selection.map {
        "; the weights and the scores are of the checkpoint after \($0.step), chosen by development"
      }
      rows.append(("zeroth-order updates", "\(updates.steps)\(chosen ?? "")"))
    }
    let settings = cell.protocolSettings
    rows.append(
      (
        "protocol",
        "`\(settings.id)`: windows of \(settings.windowTokens) tokens that don't overlap, beginning of sequence: "
          + settings.bos.rawValue
      ))
    for score in record.scores where score.split == "test" {
      guard let value = score.value else { continue }
      let name = score.task.map { "\(score.metric) of \($0)" } ?? score.metric
      let count =
        score.windowNLL.isEmpty
        ? "\(score.outcomes?.count ?? 0) examples" : "\(score.windowNLL.count) windows"
      rows.append(("\(name), test", "\(Self.number(value, digits: 4)) (\(count))"))
    }
    rows.append(("base weights, SHA-256", "`\(cell.model.digest)`"))
    for digest in record.digests where digest.name.hasSuffix(".final") {
      let what = digest.name == "weights.final" ? "linear weights" : "other parameters"
      rows.append(("\(what) at the end of the run, SHA-256 in float32", "`\(digest.text)`"))
    }
    if let outliers = cell.model.outliers {
      rows.append(
        (
          "outlier channels",
          "\(outliers.channels.map(String.init).joined(separator: ", ")), ×\(outliers.factor): the base model's function, "
            + "in other weights"
        ))
    }
    return rows
  }

  private var loading: String {
    switch form {
    case .hf:
      """
      from transformers import AutoModelForCausalLM, AutoTokenizer
      model = AutoModelForCausalLM.from_pretrained("FOLDER", dtype="float32")
      tokenizer = AutoTokenizer.from_pretrained("FOLDER")
      """
    case .compressedTensors:
      """
      # pip install compressed-tensors
      from transformers import AutoModelForCausalLM, AutoTokenizer, CompressedTensorsConfig
      model = AutoModelForCausalLM.from_pretrained(
          "FOLDER", dtype="float32", quantization_config=CompressedTensorsConfig(dequantize=True))
      tokenizer = AutoTokenizer.from_pretrained("FOLDER")
      """
    case .gptq:
      """
      # pip install optimum gptqmodel (not tried by zeroqat)
      from transformers import AutoModelForCausalLM, AutoTokenizer
      model = AutoModelForCausalLM.from_pretrained("FOLDER")
      tokenizer = AutoTokenizer.from_pretrained("FOLDER")
      """
    case .gguf:
      """
      llama-cli -m FOLDER/\(file) -p "Once upon a time"
      """
    }
  }
}
