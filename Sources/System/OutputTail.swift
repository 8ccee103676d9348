/// The end of a child's output, kept for the reason of a failure.
package struct OutputTail: Sendable {
  private var bytes: [UInt8] = []

  /// How much is kept: more than the stack trace that follows the message of a crash.
  private static let capacity = 1 << 16

  /// Nothing yet.
  package init() {}

  /// Takes in the next bytes, forgetting the oldest.
  package mutating func append(_ more: ArraySlice<UInt8>) {
    bytes.append(contentsOf: more.suffix(Self.capacity))
    if bytes.count > Self.capacity { bytes.removeFirst(bytes.count - Self.capacity) }
  }

  /// What a telling line has in it, the most telling first; the last is a crash's headline that knows
  /// no more than the signal.
  private static let marks = ["Fatal error", "Swift runtime failure", "error:", "Program crashed"]

  /// The line that says what went wrong: the words of a crash, else the last line with `error:` in it,
  /// else the last one that isn't blank; without control characters and colours, 300 characters at most.
  package var reason: String? {
    let newlines: Set<UInt8> = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let lines = bytes.split(whereSeparator: { newlines.contains($0) })
      .map { String(decoding: withoutEscapes($0), as: UTF8.self).drop { $0 == " " } }
      .filter { !$0.isEmpty && !$0.hasPrefix("Backtrace took") }
    for mark in Self.marks {
      guard let line = lines.last(where: { $0.contains(mark) }) else { continue }
      return String((mark == "error:" ? line : words(of: line, from: mark)).prefix(300))
    }
    return lines.last.map { String($0.prefix(300)) }
  }

  /// A crash's own words: without the source file that comes before them, and the frame's place and the
  /// asterisks that come behind.
  private func words(of line: Substring, from mark: String) -> Substring {
    guard let start = line.firstRange(of: mark)?.lowerBound else { return line }
    var words = line[start...]
    if mark == "Swift runtime failure", let place = words.firstRange(of: " at /") {
      words = words[..<place.lowerBound]
    }
    if words.hasSuffix(" ***") { words = words.dropLast(4) }
    return words
  }

  /// The bytes without `ESC [ … letter` sequences and other control bytes.
  private func withoutEscapes(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var kept: [UInt8] = []
    var rest = line
    while let byte = rest.popFirst() {
      if byte == 0x1b && rest.first == UInt8(ascii: "[") {
        rest = rest.dropFirst().drop { !(0x40...0x7e).contains($0) }.dropFirst()
      } else if byte >= 0x20 && byte != 0x7f {
        kept.append(byte)
      }
    }
    return kept
  }
}
