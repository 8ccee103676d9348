/// How a byte-level vocabulary's text is cut before pairs are merged; no merge crosses a cut.
public enum PreTokenizer: String, Sendable, CaseIterable {
  /// GPT-2's and OPT's pattern
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
  ///
  /// > Source: Radford et al. 2019, `encoder.py` of the released code; written by hand below, since
  /// > a regular expression engine would cost more memory than the tokenizer.
  case gpt2
  /// SmolLM's: every numeric scalar on its own first, then ``gpt2`` on each stretch between them.
  ///
  /// `tokenizer.ggml.pre` = `smollm`.
  case smollm
  /// Qwen2's pattern
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  /// over text in normalization form C.
  ///
  /// > Source: `tokenization_qwen2.py` of transformers.
  case qwen2
  /// Llama 3's pattern: ``qwen2``'s with `\p{N}{1,3}`, over text as it is.
  ///
  /// > Source: `tokenizer.py` of the meta-llama/llama3 repository.
  case llama3
  /// The pattern of Mistral's Tekken, which cuts words where small letters end, over text as it is:
  /// `[^\r\n\p{L}\p{N}]?U*S+|[^\r\n\p{L}\p{N}]?U+S*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  /// with `U` = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and `S` = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  ///
  /// > Source: `tokenizer.json` of mistralai/Mistral-Nemo-Base-2407.
  case tekken
}

extension PreTokenizer {
  /// The name that `tokenizer.ggml.pre` has for it.
  public var ggufName: String {
    switch self {
    case .gpt2: "gpt-2"
    case .smollm: "smollm"
    case .qwen2: "qwen2"
    case .llama3: "llama-bpe"
    case .tekken: "tekken"
    }
  }

  /// The cut that a name of `tokenizer.ggml.pre` stands for; some have several.
  ///
  /// > Source: the names that llama.cpp's `src/llama-vocab.cpp` reads.
  public init?(ggufName: String) {
    switch ggufName {
    case "llama3", "llama-v3": self = .llama3
    case "deepseek-r1-qwen": self = .qwen2
    case "phi-2": self = .gpt2
    default:
      guard let cut = Self.allCases.first(where: { $0.ggufName == ggufName }) else { return nil }
      self = cut
    }
  }

  /// Whether a pre-token that is a token is taken as it is, before any merge, where only the cut's name is known.
  var takesWholePieces: Bool { self == .llama3 || self == .tekken }

  /// Whose it is, for a reader.
  public var words: String {
    switch self {
    case .gpt2: "GPT-2's"
    case .smollm: "SmolLM's"
    case .qwen2: "Qwen2's"
    case .llama3: "Llama 3's"
    case .tekken: "Tekken's"
    }
  }

  /// Whether text is brought to Unicode's normalization form C before it is cut.
  var composes: Bool { self == .qwen2 }

  /// How many numeric scalars stand together at most.
  fileprivate var longestNumber: Int {
    switch self {
    case .gpt2: .max
    case .smollm, .qwen2, .tekken: 1
    case .llama3: 3
    }
  }
}

/// Walks over a text and yields the byte ranges of its pre-tokens, in order, without gaps.
package struct PreTokens: Sequence, IteratorProtocol {
  let text: [UInt8]
  private let isDigitAlone: Bool
  private let takesMarks: Bool
  private let mindsCase: Bool
  private let longestNumber: Int
  private let ascii = ScalarClass.ascii
  private var position = 0

  /// The pre-tokens of `text`.
  ///
  /// Bytes that aren't UTF-8 are kept and count as neither letter, number nor space.
  package init(_ text: [UInt8], _ rule: PreTokenizer) {
    self.text = text
    isDigitAlone = rule == .smollm
    takesMarks = rule == .qwen2 || rule == .llama3
    mindsCase = rule == .tekken
    longestNumber = rule.longestNumber
  }

  /// The next range, or nil at the end of the text.
  package mutating func next() -> Range<Int>? {
    guard position < text.count else { return nil }
    let start = position
    if mindsCase {
      position = endByCase(from: start)
    } else {
      position = takesMarks ? endTakingMarks(from: start) : end(from: start)
    }
    return start..<position
  }

  /// Where the pre-token that starts at `start` ends.
  private func end(from start: Int) -> Int {
    let first = scalar(at: start)
    let second = start + first.length
    if text[start] == UInt8(ascii: "'"), let end = endOfContraction(from: start) { return end }
    switch first.class {
    case .number where isDigitAlone:
      return second
    case .letter, .number, .other:
      return endOfRun(of: first.class, from: second)
    case .space:
      // ` ?\p{L}+` and its kin: only U+0020 joins what follows.
      if text[start] == UInt8(ascii: " "), second < text.count {
        let next = scalar(at: second).class
        if next != .space && !(next == .number && isDigitAlone) {
          return endOfRun(of: next, from: second)
        }
      }
      return endOfSpaces(from: start)
    }
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `start`, in lower case only.
  private func endOfContraction(from start: Int) -> Int? {
    guard start + 1 < text.count else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < text.count && text[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < text.count && text[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default:
      return nil
    }
  }

  /// The end of the run of scalars of one class that goes on at `start`.
  private func endOfRun(of wanted: ScalarClass, from start: Int) -> Int {
    var end = start
    while end < text.count {
      let next = scalar(at: end)
      guard next.class == wanted else { break }
      end += next.length
    }
    return end
  }

  /// `\s+(?!\S)|\s+`: all spaces, but the last is left to what follows, if there are two or more.
  private func endOfSpaces(from start: Int) -> Int {
    var end = start
    var last = start
    while end < text.count {
      let next = scalar(at: end)
      if next.class != .space {
        // A number that stands alone ends the stretch, as the end of the text does.
        let isEndOfStretch = next.class == .number && isDigitAlone
        return isEndOfStretch || last == start ? end : last
      }
      last = end
      end += next.length
    }
    return end
  }

  /// Class and length of the scalar at `index`.
  func scalar(at index: Int) -> (class: ScalarClass, length: Int) {
    let byte = text[index]
    if byte < 0x80 { return (ascii[Int(byte)], 1) }
    let decoded = decodedScalar(in: text, at: index)
    guard decoded.isWellFormed, let scalar = Unicode.Scalar(decoded.value) else {
      return (.other, 1)
    }
    return (ScalarClass(scalar), decoded.length)
  }

  /// Where the pre-token that starts at `start` ends under ``PreTokenizer/qwen2`` and ``PreTokenizer/llama3``.
  private func endTakingMarks(from start: Int) -> Int {
    let first = scalar(at: start)
    let second = start + first.length
    if text[start] == UInt8(ascii: "'"), let end = endOfAnyContraction(from: second) { return end }
    let isLineEnd = isLineEnd(at: start)
    let next = second < text.count ? scalar(at: second).class : nil
    switch first.class {
    case .letter:
      return endOfRun(of: .letter, from: second)
    case .number:
      return endOfNumber(from: start)
    // `[^\r\n\p{L}\p{N}]?\p{L}+`: any mark or space joins the letters behind it.
    case .other:
      if next == .letter { return endOfRun(of: .letter, from: second) }
      return endOfLines(from: endOfRun(of: .other, from: second))
    case .space:
      if next == .letter, !isLineEnd { return endOfRun(of: .letter, from: second) }
      if text[start] == UInt8(ascii: " "), next == .other {
        return endOfLines(from: endOfRun(of: .other, from: second))
      }
      return endOfSpacesOrLines(from: start)
    }
  }

  /// As ``endOfContraction(from:)`` in either case, for what stands behind the apostrophe at `start`.
  private func endOfAnyContraction(from start: Int) -> Int? {
    guard start < text.count else { return nil }
    func lower(_ index: Int) -> UInt8? { index < text.count ? text[index] | 0x20 : nil }
    // U+017F is an s when case doesn't count.
    if start + 1 < text.count, text[start] == 0xC5, text[start + 1] == 0xBF { return start + 2 }
    switch (lower(start), lower(start + 1)) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _),
      (UInt8(ascii: "d"), _):
      return start + 1
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return start + 2
    default:
      return nil
    }
  }

  private func endOfNumber(from start: Int) -> Int {
    var (end, count) = (start, 0)
    while end < text.count, count < longestNumber {
      let next = scalar(at: end)
      guard next.class == .number else { break }
      end += next.length
      count += 1
    }
    return end
  }

  func isLineEnd(at index: Int) -> Bool {
    text[index] == UInt8(ascii: "\n") || text[index] == UInt8(ascii: "\r")
  }

  /// `[\r\n]*`.
  private func endOfLines(from start: Int) -> Int {
    var end = start
    while end < text.count, isLineEnd(at: end) { end += 1 }
    return end
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line end of the spaces, else as ``endOfSpaces(from:)``.
  func endOfSpacesOrLines(from start: Int) -> Int {
    var end = start
    var lines: Int?
    while end < text.count {
      let next = scalar(at: end)
      guard next.class == .space else { break }
      if isLineEnd(at: end) { lines = end + 1 }
      end += next.length
    }
    return lines ?? endOfSpaces(from: start)
  }
}
