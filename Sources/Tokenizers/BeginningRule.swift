internal import Glibc
internal import JSONText

/// Whether a model's files put the mark of the beginning in front of a text, and which of them says so.
///
/// What is done is a protocol's to say; this is what transformers does by itself. Where `tokenizer.json` has a
/// post-processor, that decides, and `add_bos_token` beside it isn't looked at.
///
/// > Source: transformers 5.24, `tokenization_utils_base.py` and `tokenization_utils_tokenizers.py`: a tokenizer from
///   `tokenizer.json` is made without `add_bos_token`.
public struct BeginningRule: Sendable, Equatable {
  /// Whether they do.
  public let adds: Bool
  /// The member and the file that say so.
  public let source: String
  /// The member and the file that say otherwise, and aren't followed; nil where none does.
  public let overruled: String?

  /// A rule from its parts.
  public init(adds: Bool, source: String, overruled: String? = nil) {
    self.adds = adds
    self.source = source
    self.overruled = overruled
  }

  private static let flag = "add_bos_token in tokenizer_config.json"

  /// The rule of a folder in the hub's layout; nil where no file says anything.
  ///
  /// Of `tokenizer.json` only the post-processor is read: vocabularies are large.
  ///
  /// - Throws: ``TokenizerError`` for files that can't be read.
  public init?(folder: String) throws(TokenizerError) {
    func isThere(_ name: String) -> Bool { access("\(folder)/\(name)", R_OK) == 0 }
    do throws(JSONError) {
      var settings = TokenizerSettings([])
      if isThere("tokenizer_config.json") {
        let document = try JSONDocument(contentsOf: folder + "/tokenizer_config.json")
        settings = TokenizerSettings([("tokenizer_config.json", document)])
      }
      var front: String??
      if isThere("tokenizer.json") {
        front = .some(try Self.front(of: folder + "/tokenizer.json"))
      }
      self.init(settings, front: front, hasModel: isThere("tokenizer.model"))
    } catch {
      throw .json(error)
    }
  }

  /// The rule by what was read: `front` is the post-processor's token, nil without a `tokenizer.json`; `hasModel` whether
  /// there is a `tokenizer.model`.
  init?(_ settings: TokenizerSettings, front: String??, hasModel: Bool) {
    let flag = settings.addsBeginning
    if let front {
      let adds = front != nil
      self.init(
        adds: adds, source: "post-processor of tokenizer.json",
        overruled: flag == nil || flag == adds ? nil : Self.flag)
    } else if let flag {
      self.init(adds: flag, source: Self.flag)
    } else if hasModel {
      // Transformers 4 put one there.
      self.init(
        adds: false, source: "tokenizer.model without add_bos_token, as transformers 5 has it")
    } else {
      return nil
    }
  }

  /// The token that the post-processor of a `tokenizer.json` puts in front; nil for none.
  private static func front(of file: String) throws(JSONError) -> String? {
    if let part = try JSONDocument(contentsOf: file, member: "post_processor") {
      return try TokenizerJSON.front(part)
    }
    return try TokenizerJSON.front(JSONDocument(contentsOf: file))
  }
}
