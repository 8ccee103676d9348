internal import Checkpoints
internal import Digests
package import JSONText
internal import Records
internal import System
internal import Tokenizers
internal import Transformers

/// The tokenizer of a source, as each form wants it.
package struct TokenizerFiles {
  private let path: String
  private let file: GGUFFile?
  private let vocabulary: ByteLevelVocabulary?

  /// The tokenizer of the model at `path`; nothing of it need be readable until it is written.
  ///
  /// - Throws: What reading it throws.
  package init(_ path: String) throws {
    self.path = path
    file = FileStatus(of: path)?.isFolder == true ? nil : try GGUFFile(path)
    vocabulary = try file.map { try ByteLevelVocabulary($0) } ?? ByteLevelVocabulary(folder: path)
  }

  /// Members of a `config.json` that is written anew: ids of marks.
  package var marks: [JSON.Member] {
    [("bos", "bos_token_id"), ("eos", "eos_token_id"), ("padding", "pad_token_id")].compactMap {
      mark, member in
      vocabulary?.marks[mark].map { JSON.Member(member, .integer(Int64($0))) }
    }
  }

  /// Sees that the tokenizer can be written in a form.
  ///
  /// - Throws: ``ExportError/tokenizer(_:path:_:)``.
  package func check(_ form: ExportForm) throws(ExportError) {
    guard vocabulary == nil, form == .gguf || file != nil else { return }
    let isCopied = form == .gguf && file != nil
    guard !isCopied else { return }
    throw .tokenizer(
      form, path: path,
      form == .gguf
        ? "its vocabulary isn't byte-level, and only such are written into GGUF files; --to hf copies its files"
        : "its vocabulary isn't byte-level, and only such are written as a hub's files; --to gguf copies it"
    )
  }

  /// Writes the tokenizer's files into `folder`: copies, and `tokenizer.json` where the source has none.
  ///
  /// - Throws: `FileError`, `JSONError`.
  package func write(into folder: String) throws {
    var names: [String] = []
    if file == nil {
      names = try listFolder(path).filter {
        ModelReference.holdsTokenizer($0) || $0 == "chat_template.jinja"
      }
      for name in names { try writeDurably(readFile("\(path)/\(name)"), to: "\(folder)/\(name)") }
    }
    guard let vocabulary else { return }
    if !names.contains("tokenizer.json") && !names.contains("tokenizer.model") {
      try write(vocabulary.document, to: folder + "/tokenizer.json")
      if !names.contains("tokenizer_config.json") {
        try write(vocabulary.settings, to: folder + "/tokenizer_config.json")
      }
    }
  }

  private func write(_ document: JSON, to path: String) throws {
    try writeDurably(Array(try jsonText(of: document, style: .pretty).utf8), to: path)
  }

  /// Metadata of a GGUF file: the source's own where it is one.
  ///
  /// - Throws: `CheckpointError` for metadata that can't be read.
  package func keys(count: Int) throws -> [(name: String, value: GGUFFileWriter.Value)] {
    if let vocabulary { return vocabulary.keys(count: count) }
    guard let file else { return [] }
    return try file.metadataKeys.filter { $0.hasPrefix("tokenizer.") }.compactMap { key in
      try value(key, of: file).map { (key, $0) }
    }
  }

  private func value(_ key: String, of file: GGUFFile) throws -> GGUFFileWriter.Value? {
    switch file.metadata[key] {
    case .unsigned(let number)?: return .word(UInt32(clamping: number))
    case .signed(let number)?: return .word(UInt32(clamping: number))
    case .float(let number)?: return .float(Float(number))
    case .bool(let flag)?: return .flag(flag)
    case .string(let text)?: return .text(text)
    case .array(let array)?:
      switch array.elementType {
      case .string: return .texts(try file.strings(key))
      case .float32, .float64: return .floats(try file.floats(key))
      case .bool, .array: return nil
      default: return .integers(try file.integers(key).map { Int32(clamping: $0) })
      }
    case nil: return nil
    }
  }
}
