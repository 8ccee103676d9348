import Checkpoints
import Digests
import System
import Tensors
package import Transformers

/// The model that an external program gets: a folder in the hub's layout.
package struct ExternalModelFolder {
  /// The folder.
  package let path: String
  private let digests: [String: String]

  /// Files beside the weights that come along where they are there.
  private static let others = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "vocab.json",
    "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
  ]

  /// Writes the model of `source` into the new folder `path`.
  ///
  /// The files are copied as they are; where channels are made outliers, the weights are written anew in float32,
  /// and read again to see that they are the cell's to the last bit.
  ///
  /// - Throws: ``ExternalProgramMisfit`` for a model that isn't in the hub's layout; `FileError`, `CheckpointError`.
  package init(_ source: ModelSource, at path: String) throws {
    self.path = path
    let origin = source.checkpoint.path
    let folder = FileStatus(of: origin)?.isFolder == true ? origin : parent(of: origin)
    guard !(source.checkpoint is GGUFFile), !(source.checkpoint is SyntheticCheckpoint),
      isReadable(folder + "/config.json")
    else {
      throw ExternalProgramMisfit(
        description:
          "external programs get models in the hub's layout, with config.json and weights; "
          + "'\(origin)' isn't one")
    }
    try makeFolder(path)
    for name in try listFolder(folder) {
      let isWeights =
        name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json")
        || name.hasPrefix("pytorch_model")
      let isOther = Self.others.contains(name)
      guard isOther || isWeights && source.outliers == nil else { continue }
      try Self.copy("\(folder)/\(name)", to: "\(path)/\(name)")
    }
    if source.outliers != nil {
      try Self.writeScaled(source, to: path + "/model.safetensors")
      try Self.check(ModelSource(path: path), equals: source)
    }
    var digests: [String: String] = [:]
    for name in try listFolder(path) { digests[name] = try sha256Hex(ofFile: "\(path)/\(name)") }
    self.digests = digests
  }

  /// What became of the folder since it was written: `'config.json' was written to`; nil where nothing did.
  ///
  /// - Throws: `FileError` where it can't be read.
  package func change() throws -> String? {
    let names = try listFolder(path)
    for name in digests.keys.sorted() where !names.contains(name) { return "'\(name)' was removed" }
    for name in names {
      guard let digest = digests[name] else { return "'\(name)' was added" }
      let file = "\(path)/\(name)"
      guard FileStatus(of: file)?.isRegular == true, try sha256Hex(ofFile: file) == digest else {
        return "'\(name)' was written to"
      }
    }
    return nil
  }

  private static func copy(_ from: String, to path: String) throws {
    let file = try OpenFile(from, for: .reading)
    let copy = try ReplacementFile(of: path)
    try file.read { bytes throws(FileError) in try copy.append(Array(bytes)) }
    try copy.replace()
  }

  /// Writes all tensors in float32, with the channels scaled that are to be outliers.
  private static func writeScaled(_ source: ModelSource, to path: String) throws {
    let places = try ExternalLinearPlaces(source)
    let c = source.configuration
    var changed: [String: [Float]] = [:]
    func put(_ values: [Float], at place: ExternalLinearPlaces.Place, of width: Int) throws {
      var tensor = try changed[place.tensor] ?? source.checkpoint.read(place.tensor)
      let start = place.rows.lowerBound * width
      tensor.replaceSubrange(start..<start + values.count, with: values)
      changed[place.tensor] = tensor
    }
    for id in c.linearIDs {
      guard let place = places.linears[id] else { continue }
      let (outputs, inputs) = c.shape(of: id.kind)
      let matrix = Matrix(rows: outputs, columns: inputs)
      try source.read(id, into: matrix)
      try put(matrix.elements, at: place, of: inputs)
    }
    for block in 0..<c.blocks {
      for (kind, own) in zip(c.norms, places.norms[block]) {
        let (gain, bias) = try source.norm(kind, block: block)
        for (place, values) in zip(own, [gain, bias].compactMap(\.self)) {
          try put(values, at: place, of: 1)
        }
      }
    }
    let tensors = source.checkpoint.tensors.filter { !$0.type.isInteger }
    try SafetensorsWriter.write(
      tensors.map { ($0.name, $0.shape, try changed[$0.name] ?? source.checkpoint.read($0.name)) },
      metadata: ["format": "pt"], to: path)
  }

  private static func check(_ copy: ModelSource, equals source: ModelSource) throws {
    let c = source.configuration
    var isSame = true
    for id in c.linearIDs {
      let (outputs, inputs) = c.shape(of: id.kind)
      let matrices = (0..<2).map { _ in Matrix(rows: outputs, columns: inputs) }
      try source.read(id, into: matrices[0])
      try copy.read(id, into: matrices[1])
      isSame = isSame && matrices[0].elements == matrices[1].elements
    }
    for block in 0..<c.blocks {
      for kind in c.norms {
        let (one, other) = try (source.norm(kind, block: block), copy.norm(kind, block: block))
        isSame = isSame && one.gain == other.gain && one.bias == other.bias
      }
    }
    guard isSame else {
      throw ExternalProgramMisfit(
        description: "the outlier channels of this model can't be written in the hub's layout")
    }
  }
}
