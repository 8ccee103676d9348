internal import JSONText

extension TokenizerJSON {
  /// Sees that the file has no members that nobody knows.
  ///
  /// How text is cut short and filled up is for a caller to
  /// say, whatever is stored.
  static func checkMembers(_ document: JSONDocument) throws(JSONError) {
    let known: Set = [
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ]
    try checkMembers(of: document.root, known, at: "", document)
    if let version = document.root["version"], version != .string("1.0") {
      throw document.error(at: "/version", "expected version \"1.0\", which this build reads")
    }
  }

  /// Sees that a part has no other members than `known` ones.
  static func checkMembers(
    of part: JSON, _ known: Set<String>, at pointer: String, _ document: JSONDocument
  ) throws(JSONError) {
    guard case .object(let members) = part else {
      throw document.error(at: pointer, "expected an object")
    }
    for member in members where !known.contains(member.name) {
      throw document.error(
        at: pointer, "'\(member.name)' isn't read, and may change ids")
    }
  }

  /// `model`: BPE without what isn't merged by rank alone.
  static func checkModel(_ document: JSONDocument, ofScalars: Bool) throws(JSONError) {
    guard case .object(let members)? = document.root["model"] else {
      throw document.error(at: "", "missing required member 'model'")
    }
    let model = document.root["model"]
    // Old files name no type; what has merges is BPE.
    if model?["type"] != nil || model?["merges"] == nil, model?["type"] != .string("BPE") {
      throw document.error(at: "/model", "expected a model of type BPE, found \(name(of: model))")
    }
    let fixed: [String: [JSON]] = [
      "dropout": [.null, .integer(0), .number(0, text: "0.0")],
      "continuing_subword_prefix": [.null, .string("")],
      "end_of_word_suffix": [.null, .string("")],
      "byte_fallback": ofScalars ? [.bool(false), .bool(true)] : [.bool(false)],
    ]
    for flag in ["ignore_merges", "fuse_unk"] {
      guard let value = model?[flag] else { continue }
      guard case .bool = value else {
        throw document.error(at: "/model/\(flag)", "expected true or false")
      }
    }
    let read: Set = ["type", "vocab", "merges", "ignore_merges", "unk_token", "fuse_unk"]
    for member in members where !read.contains(member.name) {
      let pointer = "/model" + "/" + member.name
      guard let allowed = fixed[member.name] else {
        throw document.error(at: pointer, "'\(member.name)' isn't read, and may change ids")
      }
      if allowed.contains(member.value) { continue }
      if member.name == "byte_fallback", ofScalars || member.value != .bool(true) {
        throw document.error(at: pointer, "expected true or false")
      }
      throw document.error(
        at: pointer,
        member.name == "byte_fallback"
          ? "expected false, found true: a vocabulary of bytes has nothing to fall back to"
          : "expected none, found another value, which isn't read")
    }
  }

  /// `decoder`: one of those that undo what is understood here; it changes no id.
  static func checkDecoder(_ document: JSONDocument) throws(JSONError) {
    let known = ["ByteFallback", "ByteLevel", "Fuse", "Metaspace", "Replace", "Strip"]
    for part in flattened(document.root["decoder"], "decoders")
    where !known.contains(where: { part["type"] == .string($0) }) {
      throw document.error(
        at: "/decoder",
        "expected none or \(known.joined(separator: ", ")), found \(name(of: part))")
    }
  }

  /// `post_processor`: the text of the token that it puts in front of a text; nil for none.
  ///
  /// - Throws: for one that puts several there, or the text more than once: no protocol has that.
  static func front(_ document: JSONDocument) throws(JSONError) -> String? {
    var front: String?
    func put(_ text: String) throws(JSONError) {
      if let front {
        throw document.error(
          at: "/post_processor",
          "expected at most one token in front of a text, found '\(front)' and '\(text)'")
      }
      front = text
    }
    for part in flattened(document.root["post_processor"], "processors") {
      switch part["type"] {
      case .string("ByteLevel")?: break
      case .string("TemplateProcessing")?:
        guard case .array(let pieces)? = part["single"] else {
          throw document.error(
            at: "/post_processor", "expected a TemplateProcessing with a list 'single'")
        }
        guard pieces.count(where: { $0["Sequence"] != nil }) == 1 else {
          throw document.error(
            at: "/post_processor", "expected a TemplateProcessing with the text once in 'single'")
        }
        for piece in pieces.prefix(while: { $0["Sequence"] == nil }) {
          guard case .string(let text)? = piece["SpecialToken"]?["id"] else {
            throw document.error(
              at: "/post_processor",
              "expected a SpecialToken or a Sequence in 'single' of TemplateProcessing")
          }
          try put(text)
        }
      case .string("RobertaProcessing")?, .string("BertProcessing")?:
        if case .array(let mark)? = part["cls"], case .string(let text)? = mark.first {
          try put(text)
        }
      default:
        throw document.error(
          at: "/post_processor",
          "expected none, TemplateProcessing, ByteLevel, RobertaProcessing or BertProcessing, found "
            + name(of: part))
      }
    }
    return front
  }

  /// A part, or the parts of a Sequence; none for null.
  static func flattened(_ value: JSON?, _ list: String) -> [JSON] {
    guard let value, value != .null else { return [] }
    guard value["type"] == .string("Sequence"), case .array(let parts)? = value[list] else {
      return [value]
    }
    return parts.flatMap { flattened($0, list) }
  }

  /// What a part is called, with its pattern where it has one.
  static func name(of part: JSON?) -> String {
    guard case .string(let type)? = part?["type"] else { return "a part without a type" }
    guard case .string(let pattern)? = part?["pattern"]?["Regex"] else { return type }
    return "\(type) by \(pattern)"
  }
}
