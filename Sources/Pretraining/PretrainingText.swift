import Digests
import Glibc
import Tasks
import Tokenizers
import Transformers
import Vocabulary

/// The windows that a recipe trains and is judged on.
struct PretrainingText {
  /// Windows to learn from.
  let training: TokenWindows<TrainingSplit>
  /// Windows for the development loss.
  let development: TokenWindows<DevelopmentSplit>
  /// SHA-256 of both token streams.
  let digest: String
  /// What the reader should know of the text.
  let notes: [String]

  /// Reads and encodes the files of `recipe`.
  ///
  /// - Parameters:
  ///   - recipe: Whose text.
  ///   - folder: The recipe's own.
  ///   - dataFolder: Where files are looked for first.
  ///   - tokenizer: The recipe's.
  /// - Throws: ``PretrainingError``, ``Tasks/TaskError`` or ``Tokenizers/FileReadError``.
  init(_ recipe: Recipe, folder: String, dataFolder: String?, _ tokenizer: any Tokenizer) throws {
    let folders = [dataFolder, folder].compactMap { $0 }
    let vocabulary = recipe.shape.vocabulary
    guard tokenizer.vocabularySize <= vocabulary else {
      throw PretrainingError.vocabularyTooSmall(
        tokenizer: tokenizer.vocabularySize, model: vocabulary)
    }
    func stream<S: Split>(_ files: [String]) throws -> TokenStream<S> {
      let paths = try files.map { try located($0, in: folders) }
      if files[0].hasSuffix(".ids") {
        return TokenStream(ids: try paths.flatMap { try ids(in: $0, below: vocabulary) })
      }
      let text = try TextSpecification(
        parts: paths.map { TextSpecification.Part($0) }, join: .plain
      ).assembled()
      return try TokenStream(text, tokenizer, beginning: recipe.data.beginningOfSequence)
    }
    let train: TokenStream<TrainingSplit> = try stream(recipe.data.train)
    let development: TokenStream<DevelopmentSplit> = try stream(recipe.data.development)
    training = try TokenWindows(
      train, windowTokens: recipe.data.windowTokens, selection: .first)
    self.development = try TokenWindows(
      development, windowTokens: recipe.data.windowTokens, limit: recipe.evaluation.windows,
      selection: .spread)
    digest = sha256Hex(
      of: "\(sha256Hex(of: train.littleEndianBytes)) "
        + sha256Hex(of: development.littleEndianBytes))
    var notes = [
      "\(train.ids.count) tokens to train on in \(training.count) windows, "
        + "\(development.ids.count) for the development loss, \(self.development.count) windows taken"
    ]
    let dropped = train.droppedBytes + development.droppedBytes
    let replaced = train.replacedBytes + development.replacedBytes
    if dropped > 0 {
      notes.append("\(dropped) bytes of text can't be spelled by the vocabulary and were left out")
    }
    if replaced > 0 { notes.append("\(replaced) bytes of text aren't UTF-8 and were replaced") }
    self.notes = notes
  }
}

/// The first of `folders` that holds `file`.
private func located(_ file: String, in folders: [String]) throws(PretrainingError) -> String {
  let candidates = file.hasPrefix("/") ? [file] : folders.map { "\($0)/\(file)" }
  guard let path = candidates.first(where: { access($0, R_OK) == 0 }) else {
    throw .noFile(file, folders: folders)
  }
  return path
}

/// Little-endian 32-bit ids.
private func ids(in path: String, below vocabulary: Int) throws -> [Int32] {
  let bytes = try fileBytes(at: path)
  guard bytes.count % 4 == 0 else {
    throw PretrainingError.ids(
      path: path, reason: "expected 4 bytes for each token id, found \(bytes.count) bytes")
  }
  return try (0..<bytes.count / 4).map { index in
    var id: UInt32 = 0
    for place in 0..<4 { id |= UInt32(bytes[4 * index + place]) << (8 * UInt32(place)) }
    guard id < vocabulary else {
      throw PretrainingError.ids(
        path: path,
        reason: "expected ids below the vocabulary's \(vocabulary), found \(id) at token \(index)")
    }
    return Int32(id)
  }
}

/// The tokenizer in `folder`.
func recipeTokenizer(in folder: String) throws -> (tokenizer: any Tokenizer, files: [String]) {
  if access("\(folder)/vocab.json", R_OK) == 0 {
    let files = ["vocab.json", "merges.txt"]
    return (
      try ByteLevelBPE(
        vocabularyFile: "\(folder)/vocab.json", mergesFile: "\(folder)/merges.txt"), files
    )
  }
  if access("\(folder)/tokenizer.model", R_OK) == 0 {
    return (try SentencePieceBPE(modelFile: "\(folder)/tokenizer.model"), ["tokenizer.model"])
  }
  throw PretrainingError.noTokenizer(folder: folder)
}
