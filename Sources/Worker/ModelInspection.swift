import Checkpoints
import Tokenizers
import Transformers
import Vocabulary

/// What a model's files say of it: its shape, its tensors, its tokenizer; no weight is read.
package struct ModelInspection: Sendable, Equatable, CustomStringConvertible {
  /// Lines for a reader, without a newline at the end.
  package let description: String
  /// Every tensor of the checkpoint, in the file's order.
  package let tensors: [InspectedTensor]
  private let path: String
  private let configuration: ModelConfiguration
  private let tokenizer: InspectedTokenizer
  private let notes: [String]

  /// Opens the model at `path` as a cell would, and its tokenizer.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` for a file that is cut short, contradicts itself or lacks a
  ///   tensor, ``JSONText/JSONError`` for its configuration, ``Transformers/ModelError`` for an
  ///   architecture that isn't known, ``Tokenizers/TokenizerError`` or ``WorkerError`` for its tokenizer.
  package init(path: String) throws {
    let source = try ModelSource(path: path)
    let found = try ModelTokenizer(path, source.checkpoint)
    let c = source.configuration
    self.path = path
    configuration = c
    tensors = source.account.map { InspectedTensor($0) }
    tokenizer = InspectedTokenizer(found)
    notes = source.notes + found.notes
    let parameters = tensors.reduce(0) { $0 + $1.elements }
    var lines = """
      \(c.architecture.rawValue), \(c.blocks) blocks of \(c.channels) channels, \(c.heads) heads of \
      \(c.headSize) (\(c.keyHeads) for keys), \(c.feedForward) feed-forward channels
      \(parameters) parameters in \(tensors.count) tensors, \
      \(c.linearParameters) of them in the blocks' linears
      \(c.positions) positions, vocabulary of \(c.vocabularySize), \
      \(c.tiesHead ? "tied" : "untied") head; the tokenizer has \(tokenizer.vocabularySize) ids
      \(found.description)
      """
    for note in notes { lines += "\nnote: \(note)" }
    description = lines
    guard tokenizer.vocabularySize <= c.vocabularySize else {
      throw WorkerError.vocabularyTooLarge(
        path: path, tokenizer: tokenizer.vocabularySize, model: c.vocabularySize)
    }
  }

  /// Bits that a parameter takes in the file, over all tensors.
  package var bitsPerWeight: Double {
    let elements = tensors.reduce(0) { $0 + $1.elements }
    let bytes = tensors.reduce(0) { $0 + $1.bytes }
    return elements == 0 ? 0 : Double(bytes) * 8 / Double(elements)
  }
}

extension ModelInspection {
  /// The marks and the tensors, for a reader: those of different blocks that are alike take a line together.
  ///
  /// - Parameter each: Whether each tensor has a line of its own.
  /// - Returns: Lines, without a newline at the end.
  package func details(each: Bool = false) -> String {
    var lines = [tokenizer.words, bitsInWords]
    var rows: [(key: TensorGroup, names: [InspectedTensor])] = []
    var places: [TensorGroup: Int] = [:]
    for tensor in tensors {
      let key = TensorGroup(tensor, alone: each)
      if let place = places[key] {
        rows[place].names.append(tensor)
      } else {
        places[key] = rows.count
        rows.append((key, [tensor]))
      }
    }
    let cells = rows.map { row in
      [
        row.key.name(of: row.names), row.key.type,
        "[" + row.key.shape.map { "\($0)" }.joined(separator: ", ") + "]", row.key.use,
      ]
    }
    let widths = (0..<3).map { column in cells.map { $0[column].count }.max() ?? 0 }
    for row in cells {
      var line = ""
      for (column, width) in widths.enumerated() {
        line += row[column] + String(repeating: " ", count: width - row[column].count + 2)
      }
      lines.append(line + row[3])
    }
    return lines.joined(separator: "\n")
  }

  private var bitsInWords: String {
    let hundredths = Int((bitsPerWeight * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) bits per weight in the file"
  }
}

extension ModelInspection: Encodable {
  private enum CodingKeys: String, CodingKey {
    case schema, path, architecture, blocks, channels, heads, keyHeads, headSize, feedForward,
      positions
    case vocabularySize, tiesHead, parameters, linearParameters, bitsPerWeight, tokenizer, notes,
      tensors
  }

  /// All of it as an object.
  package func encode(to encoder: any Encoder) throws {
    let c = configuration
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schema)
    try container.encode(path, forKey: .path)
    try container.encode(c.architecture.rawValue, forKey: .architecture)
    for (key, value) in [
      (.blocks, c.blocks), (.channels, c.channels), (.heads, c.heads), (.keyHeads, c.keyHeads),
      (.headSize, c.headSize), (.feedForward, c.feedForward), (.positions, c.positions),
      (.vocabularySize, c.vocabularySize),
    ] as [(CodingKeys, Int)] { try container.encode(value, forKey: key) }
    try container.encode(c.tiesHead, forKey: .tiesHead)
    try container.encode(tensors.reduce(0) { $0 + $1.elements }, forKey: .parameters)
    try container.encode(c.linearParameters, forKey: .linearParameters)
    try container.encode(bitsPerWeight, forKey: .bitsPerWeight)
    try container.encode(tokenizer, forKey: .tokenizer)
    try container.encode(notes, forKey: .notes)
    try container.encode(tensors, forKey: .tensors)
  }
}
