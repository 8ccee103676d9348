package import Vocabulary

/// What is known of a checkpoint: read from `models/<name>/manifest.json`.
package struct ModelManifest: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// The folder's name, such as `smollm2-135m-instruct`.
  package var name: String
  /// How tables name it, with everything that a reader must know (`dequantized Q4_1`).
  package var label: String
  /// The family that the model is of.
  package var architecture: Architecture
  /// Number of parameters; nil when unknown.
  package var parameters: Int?
  /// SPDX id, or the licence's name.
  package var licence: String
  /// The package that carries it; nil when the user must bring it.
  package var origin: PackageOrigin?
  /// The model hub's id, for reference; nil when it has none.
  package var hub: String?
  /// The environment variable that names the user's own copy: the file, or the folder.
  package var environment: String
  /// The checkpoint's files; empty for a folder in the hub's layout, whatever its files.
  package var files: [AssetFile]
  /// Whether the files lie beside the manifest, in the repository; nil means no.
  package var committed: Bool?
  /// Whether weights are drawn from the configuration's seed, for memory and time alone; nil means no.
  package var synthetic: Bool?
  /// What makes another model of another manifest's files; nil for a model with files of its own.
  package var variant: ModelVariant?
  /// Whether one BOS token opens the stream.
  package var bos: BeginningOfSequencePolicy
  /// Full-precision perplexities that are known from elsewhere.
  package var anchors: [Anchor]

  /// A manifest from its parts.
  package init(
    schema: Int = ModelManifest.currentSchema, name: String, label: String,
    architecture: Architecture,
    parameters: Int? = nil, licence: String, origin: PackageOrigin? = nil, hub: String? = nil,
    environment: String, files: [AssetFile] = [], committed: Bool? = nil,
    synthetic: Bool? = nil, variant: ModelVariant? = nil, bos: BeginningOfSequencePolicy,
    anchors: [Anchor] = []
  ) {
    self.schema = schema
    self.name = name
    self.label = label
    self.architecture = architecture
    self.parameters = parameters
    self.licence = licence
    self.origin = origin
    self.hub = hub
    self.environment = environment
    self.files = files
    self.committed = committed
    self.synthetic = synthetic
    self.variant = variant
    self.bos = bos
    self.anchors = anchors
  }

  /// The anchor for a protocol scored on that many test windows (nil: all), if there is one.
  package func anchor(for protocolID: String, testWindows: Int?) -> Anchor? {
    anchors.first { $0.protocolID == protocolID && $0.testWindows == testWindows }
  }
}

/// A model made from the weights of another when it is loaded.
package struct ModelVariant: Codable, Sendable, Equatable {
  /// The folder in `models/` with the weights.
  package var of: String
  /// The channels that are made outliers.
  package var outliers: OutlierChannels

  /// A variant from its parts.
  package init(of: String, outliers: OutlierChannels) {
    self.of = of
    self.outliers = outliers
  }
}

/// A full-precision perplexity that a sound run must meet before anything quantized is believed.
package struct Anchor: Codable, Sendable, Equatable {
  /// Protocol id, such as `wikitext2-2048`.
  package var protocolID: String
  /// How many test windows it is for; nil means all.
  package var testWindows: Int?
  /// The perplexity.
  package var perplexity: Double
  /// How far off ours may be, as a share of it.
  package var relativeTolerance: Double
  /// Where the number is from.
  package var source: String

  /// An anchor from its parts.
  package init(
    protocolID: String, testWindows: Int?, perplexity: Double, relativeTolerance: Double,
    source: String
  ) {
    self.protocolID = protocolID
    self.testWindows = testWindows
    self.perplexity = perplexity
    self.relativeTolerance = relativeTolerance
    self.source = source
  }

  /// Whether `measured` is within the tolerance; never for a value that isn't finite.
  package func isMet(by measured: Double) -> Bool {
    (measured - perplexity).magnitude <= relativeTolerance * perplexity
  }

  enum CodingKeys: String, CodingKey {
    case protocolID = "protocol"
    case testWindows, perplexity, relativeTolerance, source
  }
}
