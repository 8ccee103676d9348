/// The name of one part of a split model: `NAME-00002-of-00003.gguf`.
///
/// > Source: the naming convention in the ggml project's description of the format.
package struct GGUFPartName: Sendable, Equatable {
  /// Everything before the numbers, with the folder.
  package let stem: String
  /// Which part, from 1.
  package let number: Int
  /// How many parts.
  package let count: Int

  /// The parts of a path; nil where it isn't the name of a part.
  package init?(_ path: String) {
    guard path.hasSuffix(".gguf") else { return nil }
    let fields = path.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count > 3, fields[fields.count - 2] == "of",
      let number = Self.number(fields[fields.count - 3]),
      let count = Self.number(fields[fields.count - 1]), number >= 1, number <= count
    else { return nil }
    // `-00001-of-00003.gguf`
    stem = String(path.dropLast(20))
    self.number = number
    self.count = count
  }

  /// The path of another part.
  package func path(of number: Int) -> String {
    "\(stem)-\(Self.digits(number))-of-\(Self.digits(count)).gguf"
  }

  /// How the file of part `number` of `count` ends.
  package static func ending(_ number: Int, of count: Int) -> String {
    "-\(digits(number))-of-\(digits(count)).gguf"
  }

  private static func number(_ digits: Substring) -> Int? {
    guard digits.utf8.count == 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int(digits)
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
  }

  /// All files that the one at `path` stands for: itself, or every part where it is the first of a split model.
  package static func files(of path: String) -> [String] {
    guard let first = GGUFPartName(path), first.number == 1, first.count > 1 else { return [path] }
    return (1...first.count).map { first.path(of: $0) }
  }
}
