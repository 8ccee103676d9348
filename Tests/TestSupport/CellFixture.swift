package import Checkpoints
import Digests
import Glibc
import Records
import Vocabulary

/// A whole cell in a temporary folder: a random LLaMA with a byte vocabulary, a text, the cell's file.
///
/// Everything that the worker reads is real, and small enough that a cell takes a fraction of a second.
package struct CellFixture: Sendable {
  /// Where everything is; its `model` folder is the checkpoint.
  package let folder: TemporaryFolder

  /// Channels, hidden channels and blocks of the model.
  private static let (channels, hidden, blocks) = (32, 64, 2)
  /// 256 bytes, `</s>`, `<s>`, `<pad>`, `<unk>`.
  package static let vocabularySize = 260

  /// A cell's variable parts, as JSON text.
  package struct Settings: Sendable {
    /// The method's name.
    package var method: String
    /// Its options, JSON.
    package var options: String
    /// Its bits.
    package var bits: String
    /// Seed.
    package var seed: UInt64 = 1
    /// Kernel set.
    package var blasCore = "inherit"
    /// Whether the cell asks for weights that are drawn.
    package var isSynthetic = false
    /// Test windows, or nil for all.
    package var testWindows: Int? = 4
    /// Policy for the beginning of a sequence.
    package var bos = "none"
    /// Id, 16 hex digits.
    package var id = "00112233445566aa"
    /// The text's file, where it isn't the fixture's.
    package var text: String?
    /// The tasks, JSON; nil for none.
    package var tasks: String?

    /// Settings of one method.
    package init(_ method: String, _ options: String = "{}", bits: String = "W4A4") {
      (self.method, self.options, self.bits) = (method, options, bits)
    }
  }

  /// The parameters of the model, by name.
  ///
  /// - Parameter seed: Of their random values.
  /// - Returns: Names, shapes and values in the hub's style.
  package static func tensors(seed: UInt64 = 4) -> [SafetensorsWriter.Tensor] {
    var random = SplitMix64(seed: seed)
    func matrix(_ name: String, _ rows: Int, _ columns: Int) -> SafetensorsWriter.Tensor {
      (
        name + ".weight", [rows, columns],
        random.normal(rows * columns, deviation: 0.6 / Float(columns).squareRoot())
      )
    }
    func norm(_ name: String) -> SafetensorsWriter.Tensor {
      (name + ".weight", [channels], random.uniform(channels, in: 0.5..<1.5))
    }
    var tensors = [matrix("model.embed_tokens", vocabularySize, channels)]
    for block in 0..<blocks {
      let own = "model.layers.\(block)."
      tensors.append(norm(own + "input_layernorm"))
      for (name, rows, columns) in [
        ("self_attn.q_proj", channels, channels), ("self_attn.k_proj", channels / 2, channels),
        ("self_attn.v_proj", channels / 2, channels), ("self_attn.o_proj", channels, channels),
        ("mlp.gate_proj", hidden, channels), ("mlp.up_proj", hidden, channels),
        ("mlp.down_proj", channels, hidden),
      ] { tensors.append(matrix(own + name, rows, columns)) }
      tensors.append(norm(own + "post_attention_layernorm"))
    }
    tensors.append(norm("model.norm"))
    tensors.append(matrix("lm_head", vocabularySize, channels))
    return tensors
  }

  /// A fixture with these parameters.
  ///
  /// - Parameter tensors: What goes to `model.safetensors`.
  /// - Throws: ``FolderError`` or a checkpoint's error when something can't be written.
  package init(tensors: [SafetensorsWriter.Tensor] = CellFixture.tensors()) throws {
    folder = try TemporaryFolder()
    for inner in ["model", "work"] {
      guard mkdir(folder.path(inner), 0o755) == 0 else {
        throw FolderError(path: folder.path(inner), code: errno)
      }
    }
    try SafetensorsWriter.write(tensors, to: folder.path("model/model.safetensors"))
    try folder.write(
      """
      {
        "model_type": "llama", "vocab_size": \(Self.vocabularySize), "hidden_size": \(Self.channels),
        "num_hidden_layers": \(Self.blocks), "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": \(Self.hidden), "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": false
      }
      """, to: "model/config.json")
    try folder.write(Self.vocabulary, to: "model/vocab.json")
    try folder.write("#version: 0.2\n", to: "model/merges.txt")
    var random = SplitMix64(seed: 77)
    let words = ["one ", "and ", "tree, ", "of ", "water. ", "sound ", "the ", "seven\n"]
    var text = ""
    while text.utf8.count < 6000 { text += words[Int(random.next() % 8)] }
    try folder.write(text, to: "text.txt")
  }

  /// Every byte in GPT-2's printable spelling, and the marks of OPT's files.
  private static let vocabulary: String = {
    var following: UInt32 = 0x100
    var members: [String] = []
    for byte in 0..<256 {
      var scalar = UInt32(byte)
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: break
      default:
        scalar = following
        following += 1
      }
      let text = Unicode.Scalar(scalar).map { String(Character($0)) } ?? ""
      let escaped = text == "\"" || text == "\\" ? "\\" + text : text
      members.append("\"\(escaped)\": \(byte)")
    }
    for (index, mark) in ["</s>", "<s>", "<pad>", "<unk>"].enumerated() {
      members.append("\"\(mark)\": \(256 + index)")
    }
    return "{" + members.joined(separator: ",\n") + "}\n"
  }()

  /// SHA-256 of the file at `path`; `none` where it can't be read.
  ///
  /// - Parameter path: The file.
  /// - Returns: Lowercase hex.
  package func digest(of path: String) -> String { (try? sha256Hex(ofFile: path)) ?? "none" }

  /// The digest of the model's files that are wanted, as a cell names it.
  package func modelDigest(_ isWanted: (String) -> Bool) -> String {
    let names = TemporaryFolder.names(in: folder.path("model")).filter(isWanted)
    return ModelReference.digest(of: names.map { ($0, digest(of: folder.path("model/\($0)"))) })
  }

  /// The cell's JSON, with digests of the files as they are now.
  ///
  /// - Parameter settings: What varies.
  /// - Returns: The text of the file that a worker reads.
  package func cell(_ settings: Settings) -> String {
    let text = settings.text ?? folder.path("text.txt")
    func source(_ from: Int, _ to: String) -> String {
      """
      { "parts": [{ "path": "\(text)", "digest": "\(digest(of: text))", "from": \(from), "to": \(to) }],
        "join": "plain" }
      """
    }
    return """
      {
        "schema": 2, "id": "\(settings.id)",
        "address": { "table": "sample", "scale": "tiny", "row": "r", "column": "c", "seed": 1 },
        "model": { "name": "fixture", "path": "\(folder.path("model"))", "digest": "\(modelDigest(ModelReference.holdsWeights))",
          "tokenizerDigest": "\(modelDigest(ModelReference.holdsTokenizer))"\(settings.isSynthetic ? ", \"synthetic\": true" : "") },
        "method": { "name": "\(settings.method)", "options": \(settings.options) },
        "bits": "\(settings.bits)",
        "protocol": {
          "id": "fixture-32", "train": \(source(0, "3000")), "development": \(source(3000, "4000")),
          "test": \(source(4000, "null")), "windowTokens": 32,
          "testWindows": \(settings.testWindows.map { "\($0)" } ?? "null"), "developmentWindows": 3,
          "bos": "\(settings.bos)"\(settings.tasks.map { ", \"tasks\": \($0)" } ?? "")
        },
        "seed": \(settings.seed), "blasCore": "\(settings.blasCore)", 
        "science": { "shared": "s", "method": "m" }
      }
      """
  }
}
