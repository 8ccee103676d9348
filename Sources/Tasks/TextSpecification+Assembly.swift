internal import JSONText
internal import Tokenizers
internal import Vocabulary

extension TextSpecification {
  /// Reads the parts and joins them: UTF-8, or whatever bytes the files hold.
  ///
  /// - Throws: ``TaskError`` when there is no part, a part can't be read or is empty, a part begins
  ///   or ends inside a UTF-8 sequence, or a line isn't what the part's form wants.
  package func assembled() throws(TaskError) -> [UInt8] {
    guard !parts.isEmpty else { throw .noParts }
    var text: [UInt8] = []
    for (number, part) in parts.enumerated() {
      let bytes = try part.text()
      switch join {
      case .wikitext2:
        if number > 0 { text.append(contentsOf: Self.separator) }
        Self.appendRows(of: bytes, to: &text)
      case .plain:
        if number > 0 { text.append(contentsOf: Self.separator) }
        Self.appendWithoutReturns(bytes, to: &text)
      }
    }
    return text
  }

  private static let newline = UInt8(ascii: "\n")
  private static let separator: [UInt8] = [newline, newline]

  private static func appendRows(of bytes: [UInt8], to text: inout [UInt8]) {
    var start = 0
    while start < bytes.count {
      if start > 0 { text.append(contentsOf: separator) }
      let end = bytes[start...].firstIndex(of: newline) ?? bytes.count
      let line = bytes[start..<end]
      let isBlank = line.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
      if !isBlank {
        text.append(contentsOf: line)
        text.append(newline)
      }
      start = end + 1
    }
  }

  private static func appendWithoutReturns(_ bytes: [UInt8], to text: inout [UInt8]) {
    text.reserveCapacity(text.count + bytes.count)
    for (index, byte) in bytes.enumerated() {
      let isPaired =
        byte == UInt8(ascii: "\r") && index + 1 < bytes.count && bytes[index + 1] == newline
      if !isPaired { text.append(byte) }
    }
  }
}

extension TextSpecification.Part {
  fileprivate func text() throws(TaskError) -> [UInt8] {
    let bytes = try bytes()
    return form == .jsonLines ? try texts(ofLines: bytes) : bytes
  }

  /// The member `text` of each line's object; a line without anything in it is left out.
  private func texts(ofLines bytes: [UInt8]) throws(TaskError) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.isEmpty {
      do throws(JSONError) {
        let document = try JSONDocument(text: Array(line), file: path)
        guard case .string(let words) = document.root["text"] else {
          throw document.error(at: "", "there is none")
        }
        text.append(contentsOf: words.utf8)
        text.append(UInt8(ascii: "\n"))
      } catch {
        throw .malformedLine(path, line: number + 1, error)
      }
    }
    return text
  }

  fileprivate func bytes() throws(TaskError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(FileReadError) {
      bytes = try fileBytes(at: path, from: from, to: to)
    } catch {
      throw .unreadable(error)
    }
    guard let first = bytes.first else { throw .emptyPart(path, from: from, to: to) }
    if from > 0, Self.isContinuation(first) { throw .cutInsideScalar(path, offset: from) }
    if let to, Self.endsInsideScalar(bytes) { throw .cutInsideScalar(path, offset: to) }
    return bytes
  }

  private static func isContinuation(_ byte: UInt8) -> Bool {
    byte & 0xC0 == 0x80
  }

  /// Whether the last lead byte announces more bytes than follow it.
  private static func endsInsideScalar(_ bytes: [UInt8]) -> Bool {
    let trailing = bytes.reversed().prefix(3).prefix { isContinuation($0) }.count
    guard trailing < bytes.count else { return false }
    switch bytes[bytes.count - 1 - trailing] {
    case 0xC2...0xDF: return trailing < 1
    case 0xE0...0xEF: return trailing < 2
    case 0xF0...0xF4: return trailing < 3
    default: return false
    }
  }
}
