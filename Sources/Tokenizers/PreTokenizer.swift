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
}

/// Walks over a text and yields the byte ranges of its pre-tokens, in order, without gaps.
package struct PreTokens: Sequence, IteratorProtocol {
  private let text: [UInt8]
  private let isDigitAlone: Bool
  private let ascii = ScalarClass.ascii
  private var position = 0

  /// The pre-tokens of `text`.
  ///
  /// Bytes that aren't UTF-8 are kept and count as neither letter, number nor space.
  package init(_ text: [UInt8], _ rule: PreTokenizer) {
    self.text = text
    isDigitAlone = rule == .smollm
  }

  /// The next range, or nil at the end of the text.
  package mutating func next() -> Range<Int>? {
    guard position < text.count else { return nil }
    let start = position
    position = end(from: start)
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
  private func scalar(at index: Int) -> (class: ScalarClass, length: Int) {
    let byte = text[index]
    if byte < 0x80 { return (ascii[Int(byte)], 1) }
    let decoded = decodedScalar(in: text, at: index)
    guard decoded.isWellFormed, let scalar = Unicode.Scalar(decoded.value) else {
      return (.other, 1)
    }
    return (ScalarClass(scalar), decoded.length)
  }
}
