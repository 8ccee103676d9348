import JSONText
public import Vocabulary

/// The description of an architecture, or of a family of one: everything that is particular to it.
///
/// Names and shapes of tensors, the members of its configuration, its parts. Checks of files, synthetic
/// weights, fresh models, training, memory models and decoding follow from it; forward and backward are
/// ``BlockPass``, which puts the parts together. Keys of random numbers belong to kinds of tensors and are the
/// same for all: ``LinearKind/key``, ``NormKind/key``.
///
/// > Source: the configuration and modeling classes of transformers 5.
struct ModelFamily: Sendable {
  /// The hub's `model_type`.
  let name: String
  /// The architecture as manifests and records call it; families of one arithmetic share it.
  let architecture: Architecture
  /// What it is made of.
  let parts: ModelParts
  /// What its tensors are called on the hub.
  let names: TensorNames
  /// Members of a configuration that are read.
  let members: [String]
  /// Members whose other values change numbers in a way that isn't computed here.
  var fixed: [(name: String, value: JSON)] = []
  /// What the hub's files leave out of every gain of a norm.
  var gainOffset: Float = 0
  /// How GGUF files hold it; nil where they aren't read.
  var gguf: GGUFForm?
  /// How a model without weights is configured.
  let fresh: FreshForm
  /// Reads a configuration whose members were all accounted for.
  let configuration:
    @Sendable (ModelFamily, ConfigurationReader) throws(JSONError) -> ModelConfiguration

  /// All that are read.
  ///
  /// The registry: a family is its file and its line here. The first of an architecture speaks for it.
  static let all: [ModelFamily] = [
    .llama,
    .mistral,
    .qwen2,
    .opt,
    .qwen3,
    .gemma3,
    .phi3,
    .smolLM3,
  ]

  /// The family of a `model_type`.
  static func named(_ name: String) -> ModelFamily? { all.first { $0.name == name } }

  /// What describes an architecture.
  ///
  /// - Precondition: Somebody does: every ``ModelConfiguration`` is made by a family.
  static func describing(_ architecture: Architecture) -> ModelFamily {
    guard let family = all.first(where: { $0.architecture == architecture }) else {
      preconditionFailure("nothing describes \(architecture.rawValue)")
    }
    return family
  }
}

extension Architecture {
  /// All that are described, by name.
  public static var described: [Architecture] {
    ModelFamily.all.reduce(into: []) {
      if !$0.contains($1.architecture) { $0.append($1.architecture) }
    }
  }

  /// What it is made of; nil where nothing describes it.
  public var parts: ModelParts? { ModelFamily.all.first { $0.architecture == self }?.parts }
}
