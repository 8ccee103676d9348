internal import JSONText

extension TokenizerJSON {
  /// `normalizer` of a vocabulary of scalars.
  private static func steps(_ document: JSONDocument) throws(JSONError) -> [NormalizationStep] {
    let pointer = "/normalizer"
    var steps: [NormalizationStep] = []
    for part in flattened(document.root["normalizer"], "normalizers") {
      switch part["type"] {
      case .string("Prepend")?:
        try checkMembers(of: part, ["type", "prepend"], at: pointer, document)
        guard case .string(let text)? = part["prepend"] else {
          throw document.error(at: pointer, "expected a Prepend with a text 'prepend'")
        }
        steps.append(.prepend(Array(text.utf8)))
      case .string("Replace")?:
        try checkMembers(of: part, ["type", "pattern", "content"], at: pointer, document)
        guard case .string(let text)? = part["pattern"]?["String"], !text.isEmpty,
          case .string(let content)? = part["content"]
        else {
          throw document.error(
            at: pointer, "expected a Replace of a text by 'content', found \(name(of: part))")
        }
        steps.append(.replace(Array(text.utf8), by: Array(content.utf8)))
      case .string("NFC")?:
        steps.append(.compose)
      default:
        throw document.error(
          at: pointer, "expected none, Prepend, Replace or NFC, found \(name(of: part))")
      }
    }
    return steps
  }

  /// Sees that normalizers and cuts are few, go together, and make no text much longer than it is.
  private static func check(
    _ steps: [NormalizationStep], _ cuts: [CutStep], _ document: JSONDocument
  ) throws(JSONError) {
    // The package asks where the normalized text began, which only steps that keep each scalar's place leave alone.
    let first = cuts.contains { cut in
      if case .metaspace(_, .first, _) = cut { true } else { false }
    }
    guard !first || steps.allSatisfy({ $0.keepsPlaces }) else {
      throw document.error(
        at: "/normalizer",
        "expected none, or a Replace of one scalar by one, beside a Metaspace with 'prepend_scheme' first"
      )
    }
    let limit = 256
    guard steps.count <= 16, cuts.count <= 16 else {
      throw document.error(
        at: "",
        "expected at most 16 normalizers and 16 pre-tokenizers, found \(steps.count) and "
          + "\(cuts.count)")
    }
    var growth = 1
    for step in steps {
      switch step {
      case .prepend(let text): growth *= min(1 + text.count, limit + 1)
      case .replace(let wanted, let other):
        growth *= min(max(1, (other.count + wanted.count - 1) / wanted.count), limit + 1)
      case .compose: growth *= 2
      }
      growth = min(growth, limit + 1)
    }
    for case .metaspace(let mark, _, _) in cuts {
      growth = min(growth * (1 + mark.count), limit + 1)
    }
    guard growth <= limit else {
      throw document.error(
        at: "",
        "expected normalizers and pre-tokenizers that make no text more than \(limit) times "
          + "as long")
    }
  }

  /// What is done to text before merging, where the vocabulary is one of scalars.
  static func scalarForm(_ document: JSONDocument) throws(JSONError) -> Form {
    let (steps, cuts) = (try steps(document), try cuts(document))
    try check(steps, cuts, document)
    return .scalars(steps: steps, cuts: cuts)
  }

  /// `pre_tokenizer` of a vocabulary of scalars.
  private static func cuts(_ document: JSONDocument) throws(JSONError) -> [CutStep] {
    let pointer = "/pre_tokenizer"
    var cuts: [CutStep] = []
    for part in flattened(document.root["pre_tokenizer"], "pretokenizers") {
      switch part["type"] {
      case .string("Metaspace")?:
        cuts.append(try metaspace(part, document))
      case .string("Split")?:
        try checkMembers(
          of: part, ["type", "pattern", "behavior", "invert"], at: pointer, document)
        guard case .string(let text)? = part["pattern"]?["String"], !text.isEmpty,
          part["invert"] ?? .bool(false) == .bool(false),
          let side = CutStep.Side.allCases.first(where: { part["behavior"] == .string($0.rawValue) }
          )
        else {
          throw document.error(
            at: pointer,
            "expected a Split at a text that isn't inverted, with one of the behaviors "
              + CutStep.Side.allCases.map(\.rawValue).joined(separator: ", ")
              + "; found \(name(of: part))")
        }
        cuts.append(.split(Array(text.utf8), side))
      default:
        throw document.error(
          at: pointer, "expected none, Metaspace or Split, found \(name(of: part))")
      }
    }
    return cuts
  }

  /// A Metaspace in today's form, or in that with `add_prefix_space` from before 2024.
  private static func metaspace(
    _ part: JSON, _ document: JSONDocument
  ) throws(JSONError) -> CutStep {
    let pointer = "/pre_tokenizer"
    try checkMembers(
      of: part,
      ["type", "replacement", "str_rep", "prepend_scheme", "split", "add_prefix_space"],
      at: pointer, document)
    guard case .string(let mark)? = part["replacement"], mark.unicodeScalars.count == 1 else {
      throw document.error(at: pointer, "expected a Metaspace with one scalar as 'replacement'")
    }
    let names = CutStep.Front.allCases.map(\.rawValue).joined(separator: ", ")
    var front = CutStep.Front.always
    if let scheme = part["prepend_scheme"] {
      guard
        let known = CutStep.Front.allCases.first(where: { scheme == .string($0.rawValue) })
      else {
        throw document.error(
          at: pointer + "/prepend_scheme", "expected one of \(names), found another")
      }
      front = known
    }
    switch part["add_prefix_space"] {
    case nil, .bool(true)?: break
    case .bool(false)?:
      guard part["prepend_scheme"] == nil || front == .never else {
        throw document.error(
          at: pointer + "/add_prefix_space",
          "expected true, found false beside 'prepend_scheme' \(front.rawValue)")
      }
      front = .never
    default:
      throw document.error(at: pointer + "/add_prefix_space", "expected true or false")
    }
    let splits: Bool
    switch part["split"] {
    case nil: splits = true
    case .bool(let flag)?: splits = flag
    default: throw document.error(at: pointer + "/split", "expected true or false")
    }
    return .metaspace(mark: Array(mark.utf8), front: front, splits: splits)
  }

  /// The tokenizer of a vocabulary of scalars.
  func scalars(
    _ vocabulary: MergeVocabulary, _ steps: [NormalizationStep], _ cuts: [CutStep],
    _ added: [Added], _ marks: (beginning: Int32?, end: Int32?)
  ) throws(TokenizerError) -> ScalarBPE {
    let model = document.root["model"]
    let known = inVocabulary(added)
    let onlyAdded = Set(added.map(\.id)).subtracting(known)
    var unknown: Int32?
    if case .string(let text)? = model?["unk_token"] {
      guard let id = vocabulary.id(of: Array(text.utf8)), !onlyAdded.contains(id) else {
        throw .json(
          document.error(
            at: "/model/unk_token",
            "expected a token of the vocabulary, found \(quoted(Array(text.utf8)))"))
      }
      unknown = id
    }
    let merger = vocabulary.scalarMerger(
      MergeVocabulary.ScalarSettings(
        fallsBackToBytes: model?["byte_fallback"] == .bool(true), unknown: unknown,
        fusesUnknown: model?["fuse_unk"] == .bool(true),
        takesWholePieces: model?["ignore_merges"] == .bool(true))
    ) { !onlyAdded.contains($0) }
    let tokens = added.map { $0.token(marks) }
    return ScalarBPE(
      texts: decodedTexts(vocabulary, merger.byteIDs, steps, cuts, tokens),
      added: AddedTokens(tokens) { normalized($0, steps) }, steps: steps, cuts: cuts,
      merger: merger, beginningOfSequence: marks.beginning, endOfSequence: marks.end)
  }

  /// What each id decodes to: a byte, nothing for a mark, else its text with spaces for what stands for them.
  private func decodedTexts(
    _ vocabulary: MergeVocabulary, _ byteIDs: [Int32], _ steps: [NormalizationStep],
    _ cuts: [CutStep], _ added: [AddedTokens.Token]
  ) -> TokenTexts {
    let space = [UInt8(ascii: " ")]
    var mark: [UInt8]?
    for case .replace(let wanted, let other) in steps where wanted == space { mark = other }
    for case .metaspace(let other, _, _) in cuts { mark = other }
    var bytes: [Int32: UInt8] = [:]
    for (byte, id) in byteIDs.enumerated() where id >= 0 { bytes[id] = UInt8(clamping: byte) }
    let special = Set(added.lazy.filter(\.isSpecial).map(\.id))
    var texts = TokenTexts()
    for id in 0..<Int32(clamping: vocabulary.count) {
      let text = Array(vocabulary.index.texts[Int(id)])
      if let byte = bytes[id] {
        texts.append([byte])
      } else if special.contains(id) {
        texts.append([])
      } else if let mark, !mark.isEmpty {
        texts.append(replaced(mark, by: space, in: text))
      } else {
        texts.append(text)
      }
    }
    return texts
  }
}
