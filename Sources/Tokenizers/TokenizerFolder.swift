internal import Glibc
internal import JSONText

/// The tokenizer of a model's folder, and how it was found.
public struct TokenizerFolder: Sendable {
  /// The tokenizer.
  public let tokenizer: any Tokenizer
  /// Kind, cut and marks, each with the file that says so; one line.
  public let description: String
  /// What a reader of the ids should know.
  public let notes: [String]

  /// Opens the tokenizer of a folder in the hub's layout; nil when there is none.
  ///
  /// `tokenizer.model` says everything itself; one with pieces that are found before anything merges, as Gemma's,
  /// one that isn't SentencePiece's, or one with other tokens gives way to a `tokenizer.json` beside it, as it does
  /// in transformers.
  /// Of byte-level files, the cut of the text is what `tokenizer.json` says; without that file, what the class in
  /// `tokenizer_config.json` or the model's type in `config.json` does; else what the merges leave possible. It is
  /// never assumed.
  ///
  /// - Throws: ``TokenizerError`` for files that can't be read, contradict each other, or use what isn't
  ///   understood here.
  public init?(_ folder: String) throws(TokenizerError) {
    func path(_ name: String) -> String { folder + "/" + name }
    func isThere(_ name: String) -> Bool { access(path(name), R_OK) == 0 }
    var files: [(name: String, document: JSONDocument)] = []
    for name in [
      "tokenizer_config.json", "special_tokens_map.json", "config.json", "generation_config.json",
    ] where isThere(name) {
      do throws(JSONError) {
        files.append((name, try JSONDocument(contentsOf: path(name))))
      } catch {
        throw .json(error)
      }
    }
    let settings = TokenizerSettings(files)
    var marks = TokenizerMarks(files)
    let hasJSON = isThere("tokenizer.json")
    var notes: [String] = []
    if isThere("tokenizer.model") {
      let file = path("tokenizer.model")
      do throws(TokenizerError) {
        let model = try SentencePieceModel(
          protobuf: SentencePieceBPE.contents(of: file), file: file)
        var isTaken = !hasJSON || !model.hasUserDefined
        if isTaken, hasJSON {
          do throws(TokenizerError) {
            let json = try TokenizerJSON(file: path("tokenizer.json"))
            if let difference = try Self.difference(of: model, from: json, marks) {
              notes.append(
                "tokenizer.model and tokenizer.json disagree (\(difference)); tokenizer.json was taken, as "
                  + "transformers takes it")
              isTaken = false
            }
          } catch {
            notes.append(
              "tokenizer.json can't be read here, so that tokenizer.model was taken alone: \(error)"
            )
          }
        }
        if isTaken {
          let tokenizer = try SentencePieceBPE(model)
          try settings.check(
            prefixSpace: tokenizer.addsSpaceInFront, has: Set(model.userDefinedTexts))
          self.init(
            tokenizer: tokenizer, description: "SentencePiece BPE, marks: tokenizer.model",
            notes: notes)
          return
        }
      } catch {
        guard hasJSON, case .malformed(file, _, _, _) = error else {
          throw error
        }
        notes.append("tokenizer.model isn't of a kind that is read here; tokenizer.json was taken")
      }
    }
    if hasJSON {
      let json = try TokenizerJSON(file: path("tokenizer.json"))
      if case .scalars = json.form { marks.complete(byClass: settings.tokenizerClass) }
      let (tokenizer, more) = try json.tokenizer(marks)
      try settings.check(
        prefixSpace: (tokenizer as? ScalarBPE)?.addsSpaceInFront ?? false,
        has: Set(try json.added().map(\.text)))
      self.init(
        tokenizer: tokenizer,
        description:
          "\(json.words), marks: \(marks.words(byCustom: json.custom, front: json.front))",
        notes: notes + more)
    } else if isThere("vocab.json") {
      try settings.check()
      let vocabulary = try ByteLevelBPE.vocabulary(
        path("vocab.json"), mergesFile: path("merges.txt"))
      let cut = try settings.cut(of: vocabulary)
      self.init(
        tokenizer: vocabulary.tokenizer(
          cut.cut, beginningOfSequence: try marks.beginning(in: vocabulary),
          endOfSequence: try marks.end(in: vocabulary)),
        description:
          "byte-level BPE, cut as \(cut.cut.words) (\(cut.source)), marks: \(marks.words())",
        notes: cut.note.map { [$0] } ?? [])
    } else {
      return nil
    }
  }

  /// Where two descriptions of one tokenizer part, in words; nil where they have the same tokens and the same front.
  private static func difference(
    of model: SentencePieceModel, from json: TokenizerJSON, _ marks: TokenizerMarks
  ) throws(TokenizerError) -> String? {
    let added = try json.added()
    let texts = try ByteLevelBPE.texts(
      json.document, at: "/model/vocab", added: added.map { ($0.text, Int($0.id)) })
    for (id, piece) in model.pieces.enumerated() where id < texts.count {
      guard !texts[id].elementsEqual(piece.text) else { continue }
      return "token \(id) is \(quoted(piece.text)) and \(quoted(Array(texts[id])))"
    }
    guard texts.count == model.pieces.count else {
      return "\(model.pieces.count) and \(texts.count) tokens"
    }
    var marks = marks
    marks.complete(byClass: nil)
    guard let other = try json.tokenizer(marks).tokenizer as? ScalarBPE else {
      return "pieces of text and bytes"
    }
    return other.addsSpaceInFront == model.addsSpaceInFront
      ? nil
      : "a space in front: \(model.addsSpaceInFront ? "yes and no" : "no and yes")"
  }

  /// The tokenizer of a `tokenizer.json` by itself; `file` names it in messages.
  ///
  /// - Throws: ``TokenizerError`` for what contradicts itself or isn't understood here.
  public init(json text: [UInt8], file: String) throws(TokenizerError) {
    let json: TokenizerJSON
    do throws(JSONError) {
      json = try TokenizerJSON(JSONDocument(text: text, file: file))
    } catch {
      throw .json(error)
    }
    let marks = TokenizerMarks([])
    let (tokenizer, notes) = try json.tokenizer(marks)
    self.init(
      tokenizer: tokenizer,
      description: "\(json.words), marks: \(marks.words(byCustom: json.custom, front: json.front))",
      notes: notes)
  }

  private init(tokenizer: any Tokenizer, description: String, notes: [String]) {
    self.tokenizer = tokenizer
    self.description = description
    self.notes = notes
  }
}
