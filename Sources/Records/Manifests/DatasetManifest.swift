package import Vocabulary

/// What is known of a text or of tasks: read from `datasets/<name>/manifest.json`.
package struct DatasetManifest: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema: Int
  /// The folder's name, such as `books`; a protocol id is this, a hyphen, and the window's tokens.
  package var name: String
  /// How tables name it.
  package var label: String
  /// The licence of the text.
  package var licence: String
  /// Who published it, and where; nil where the package that carries it says enough.
  package var source: String?
  /// The package that carries it; nil when the user must bring it, or ``origins`` do.
  package var origin: PackageOrigin?
  /// Further packages, which files refer to by name; nil when there is at most one.
  package var origins: [PackageOrigin]?
  /// The model hub's id of the same text, for reference; nil when it has none.
  package var hub: String?
  /// The environment variable that names the user's folder with the files.
  package var environment: String
  /// Every file that a split may use.
  package var files: [AssetFile]
  /// How parts are joined and lines treated, see ``TextSource/join``; nil where there are tasks alone.
  package var join: TextJoin?
  /// Ways to split the text, the best first; empty where there are tasks alone.
  ///
  /// The first whose files are all there is taken.
  package var splits: [DatasetSplit]
  /// The tasks that the files hold, beside the text or alone.
  package var tasks: [DatasetTask]

  /// A manifest from its parts.
  package init(
    schema: Int = DatasetManifest.currentSchema, name: String, label: String, licence: String,
    source: String? = nil, origin: PackageOrigin? = nil, origins: [PackageOrigin]? = nil,
    hub: String? = nil, environment: String, files: [AssetFile], join: TextJoin? = nil,
    splits: [DatasetSplit] = [], tasks: [DatasetTask] = []
  ) {
    self.schema = schema
    self.name = name
    self.label = label
    self.licence = licence
    self.source = source
    self.origin = origin
    self.origins = origins
    self.hub = hub
    self.environment = environment
    self.files = files
    self.join = join
    self.splits = splits
    self.tasks = tasks
  }

  /// Reads a manifest; what belongs to texts or to tasks alone may be left out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(Int.self, forKey: .schema)
    name = try container.decode(String.self, forKey: .name)
    label = try container.decode(String.self, forKey: .label)
    licence = try container.decode(String.self, forKey: .licence)
    source = try container.decodeIfPresent(String.self, forKey: .source)
    origin = try container.decodeIfPresent(PackageOrigin.self, forKey: .origin)
    origins = try container.decodeIfPresent([PackageOrigin].self, forKey: .origins)
    hub = try container.decodeIfPresent(String.self, forKey: .hub)
    environment = try container.decode(String.self, forKey: .environment)
    files = try container.decode([AssetFile].self, forKey: .files)
    join = try container.decodeIfPresent(TextJoin.self, forKey: .join)
    splits = try container.decodeIfPresent([DatasetSplit].self, forKey: .splits) ?? []
    tasks = try container.decodeIfPresent([DatasetTask].self, forKey: .tasks) ?? []
  }

  /// The package that carries `file`; nil when the user must bring it.
  package func origin(of file: AssetFile) -> PackageOrigin? {
    guard let name = file.package else { return origin }
    return origins?.first { $0.package == name }
  }

  /// Whether every file can be fetched.
  package var isFetchable: Bool { files.allSatisfy { origin(of: $0) != nil } }
}

/// One way to cut a dataset in train, development and test.
package struct DatasetSplit: Codable, Sendable, Equatable {
  /// Its name, such as `valid-80-20`.
  package var name: String
  /// Text for calibration and training.
  package var train: [DatasetPart]
  /// The only text on which anything may be chosen.
  package var development: [DatasetPart]
  /// Only ever scored.
  package var test: [DatasetPart]

  /// A split from its parts.
  package init(
    name: String, train: [DatasetPart], development: [DatasetPart], test: [DatasetPart]
  ) {
    self.name = name
    self.train = train
    self.development = development
    self.test = test
  }
}

/// A byte range of a dataset's file.
package struct DatasetPart: Codable, Sendable, Equatable {
  /// The name of one of the manifest's files.
  package var file: String
  /// How its bytes become text: see ``TextPart/form``; nil means as they are.
  package var form: TextForm?
  /// First byte.
  package var from: Int
  /// One past the last byte; nil means the end of the file.
  package var to: Int?
  /// The right option of every example of the part, see ``TextPart/answer``.
  package var answer: Int?

  /// A part from its fields.
  package init(
    file: String, form: TextForm? = nil, from: Int = 0, to: Int? = nil, answer: Int? = nil
  ) {
    self.file = file
    self.form = form
    self.from = from
    self.to = to
    self.answer = answer
  }

  /// Reads a part; a missing range is the whole file.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    file = try container.decode(String.self, forKey: .file)
    form = try container.decodeIfPresent(TextForm.self, forKey: .form)
    from = try container.decodeIfPresent(Int.self, forKey: .from) ?? 0
    to = try container.decodeIfPresent(Int.self, forKey: .to)
    answer = try container.decodeIfPresent(Int.self, forKey: .answer)
  }
}
