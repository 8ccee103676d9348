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

  /// The line that says what went wrong: the last one with `error:` in it, else the last one that
  /// isn't blank; without control characters and colours, 300 characters at most.
  package var reason: String? {
    let newlines: Set<UInt8> = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    var last: String?
    for line in bytes.split(whereSeparator: { newlines.contains($0) }).reversed() {
      let text = String(decoding: withoutEscapes(line), as: UTF8.self)
      let trimmed = String(text.drop { $0 == " " }.prefix(300))
      if trimmed.contains("error:") { return trimmed }
      if last == nil, !trimmed.isEmpty { last = trimmed }
    }
    return last
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
