import Checkpoints
import Digests
import JSONText
import MethodKit
import Methods
import NewMethod
import Optimizers
import Quantizers
import Tasks
import Tensors
import TestSupport
import Tokenizers
import Transformers
import Vocabulary

/// Every registered method, and the template that newcomers copy.
let methods: [any QuantizationMethod.Type] = MethodCatalog.builtIn + [NewMethod.self]

/// The method called `name`, from the registry or the examples.
func method(named name: String) -> any QuantizationMethod.Type {
  methods.first { $0.card.name == name } ?? NewMethod.self
}

/// The nine tiny reference models.
let tinyModels = [
  "opt_preln", "opt_preln_nobias", "opt_postln_proj", "llama_gqa_untied", "llama_gqa_tied",
  "llama_mha", "llama_theta500k", "llama_rope_llama3", "qwen2",
]

/// Methods that fold something into the norms before linears, which a post-norm model doesn't have.
let normFolding: Set<String> = [
  "awq", "hadamard", "omniquant", "smoothquant", "ste-qat", "zeroqat", "zeroqat-light",
  "zo-estimator", "zo-signal",
]

/// One id a byte, inside the tiny models' vocabulary.
struct ByteTokenizer: Tokenizer {
  var vocabularySize = 211
  let beginningOfSequence: Int32? = nil
  let endOfSequence: Int32? = nil
  func encode(_ text: [UInt8]) -> Encoding {
    Encoding(ids: text.map { Int32(Int($0) % vocabularySize) })
  }
  func decode(_ ids: [Int32]) -> [UInt8] { ids.map { UInt8($0) } }
}

/// Windows of 16 tokens of made-up text.
func windows<S: Split>(_ split: S.Type, count: Int, vocabulary: Int = 211) throws -> TokenWindows<S>
{
  var random = SplitMix64(seed: UInt64(S.name.utf8.count))
  let text = (0..<count * 16).map { _ in UInt8(random.next() % 211) }
  return try TokenWindows(
    TokenStream(text, ByteTokenizer(vocabularySize: vocabulary), beginning: .none),
    windowTokens: 16, selection: .first)
}

/// Runs a method on a tiny model, as the worker would, and keeps what it says.
final class Rehearsal: RunObserver {
  /// The model's folder.
  let path: String
  let context: (any RunObserver) throws -> MethodContext
  private let vocabulary: Int
  private(set) var phases: [RunPhase] = []
  private(set) var summary: TrainingSummary?
  private(set) var checkpoints: [(step: Int, meanNLL: Double)] = []
  /// Digest of the weights when each checkpoint came.
  private(set) var weights: [String] = []
  /// The checkpoint whose scores are the run's.
  private(set) var chosen: Int?
  /// Figures that were kept for the record.
  private(set) var figures: [String: Double] = [:]
  private(set) var remarks: [String] = []
  private(set) var trajectories: [TrainingTrajectory] = []
  var log: ReplayLog?
  private(set) var journalled: [Probe] = []

  init(
    model: String = Vectors.path("model/llama_gqa_untied"), seed: UInt64 = 1,
    windows count: Int = 20, vocabulary: Int = 211
  )
    throws
  {
    path = model
    self.vocabulary = vocabulary
    context = { observer in
      MethodContext(
        source: try ModelSource(path: model),
        training: try windows(TrainingSplit.self, count: count, vocabulary: vocabulary),
        development: try windows(DevelopmentSplit.self, count: 3, vocabulary: vocabulary),
        seed: seed, observer: observer)
    }
  }

  func callAsFunction(_ method: some QuantizationMethod) throws -> QuantizedModel {
    try method.quantize(context(self))
  }

  /// Mean NLL of the development text.
  func score(_ model: QuantizedModel, order: SummationOrder = .whole) throws -> Double {
    try model.score(
      windows(DevelopmentSplit.self, count: 3, vocabulary: vocabulary), order: order
    ).meanNLL ?? .nan
  }

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R {
    phases.append(phase)
    return try body()
  }

  func progress(_ done: Int, of total: Int, _ item: ProgressItem) {}
  func keep(_ name: String, _ value: Double, unit: String) { figures[name] = value }
  func remark(_ sentence: String) { remarks.append(sentence) }
  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe] {
    trajectories.append(trajectory)
    return log?.keepWholeSteps(of: trajectory.optimizer.directions) ?? []
  }

  func journal(_ probe: Probe) throws {
    journalled.append(probe)
    try log?.append(probe)
  }

  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    let scores = try model.score(
      windows(DevelopmentSplit.self, count: 3, vocabulary: vocabulary))
    checkpoints.append((step, scores.meanNLL ?? .nan))
    weights.append(digest(of: model))
    return DevelopmentScore(scores)
  }

  func choose(step: Int) { chosen = step }

  func keep(_ summary: TrainingSummary) { self.summary = summary }
}

/// A tiny LLaMA, one of whose values in block 1 is too large for float32 times an activation.
///
/// Checkpoints refuse NaN and infinity, so that activations are where they begin.
func overflowingModel() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  let original = Vectors.path("model/llama_gqa_untied")
  let checkpoint = try openCheckpoint(at: original)
  let tensors = try checkpoint.tensors.map { tensor -> SafetensorsWriter.Tensor in
    var values = try checkpoint.read(tensor.name)
    if tensor.name == "model.layers.1.self_attn.v_proj.weight" { values[3] = 3e38 }
    return (tensor.name, tensor.shape, values)
  }
  try SafetensorsWriter.write(tensors, to: folder.path("model.safetensors"))
  try folder.write(TemporaryFolder.bytes(of: original + "/config.json"), to: "config.json")
  return folder
}

/// SHA-256 over all linear weights, as in a record: what is trained, or what is multiplied.
func digest(of model: QuantizedModel) -> String {
  var hash = SHA256()
  for id in model.transformer.configuration.linearIDs {
    for value in weights(of: id, in: model) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { hash.update(bytes: $0) }
    }
  }
  return hash.finalize().hex
}

/// A linear's weights: the master weights where they are trained, else what is multiplied.
func weights(of id: LinearID, in model: QuantizedModel) -> [Float] {
  if case .live(let matrix) = model.blocks.linears[id]?.storage { return matrix.elements }
  return model.blocks.current(id).elements
}

/// A method of a type from the text of its options.
func make<M: QuantizationMethod>(_ type: M.Type, _ options: String, _ bits: QuantizationSpec) throws
  -> M
{
  let document = try JSONDocument(text: Array(options.utf8), file: "options")
  return try M(options: document.decode(M.Options.self), bits: bits)
}

/// The options of a type from their text, every default written out, for a LLaMA.
func resolved<M: QuantizationMethod>(
  _ type: M.Type, _ options: String, _ bits: QuantizationSpec
) throws -> JSON {
  let document = try JSONDocument(text: Array(options.utf8), file: "options")
  let setting = MethodSetting(bits: bits, architecture: .llama)
  return try JSON(whole: M.resolved(document.decode(M.Options.self), for: setting))
}

/// The specification that a label of the form `W4A4` or `W2A16g16` stands for.
func spec(_ weights: Int?, _ activations: Int?, group: Int? = nil) throws -> QuantizationSpec {
  try QuantizationSpec(weightBits: weights, activationBits: activations, groupSize: group)
}
