public import JSONText

/// What an external program says in one line.
public enum ExternalProgramMessage: Sendable, Equatable {
  /// Who it is; always first.
  case hello(protocolVersion: Int, name: String, version: String)
  /// How far it has come.
  case progress(done: Int, total: Int)
  /// A figure for the record.
  case fact(name: String, value: Double, unit: String)
  /// A sentence for the record.
  case remark(String)
  /// Where its weights are, and the widths that it made them for; always last.
  case result(weights: String, activationBits: Int?)
  /// Why it can't do what is asked; always last.
  case failure(String)

  /// The types that a line may have.
  public enum Kind: String, CaseIterable, Sendable {
    case hello, progress, fact, remark, result, failure
  }

  /// Which type of line it is.
  public var kind: Kind {
    switch self {
    case .hello: .hello
    case .progress: .progress
    case .fact: .fact
    case .remark: .remark
    case .result: .result
    case .failure: .failure
    }
  }

  /// The longest text in a line, characters.
  public static let longestText = 500

  /// Reads one line.
  ///
  /// - Parameters:
  ///   - line: Its bytes, without the line feed.
  ///   - number: Which line it is, from 1.
  /// - Throws: ``JSONText/JSONError`` at the first value that isn't as it must be.
  public init(line: [UInt8], number: Int) throws(JSONError) {
    let document = try JSONDocument(text: line, file: "line \(number) of its output")
    guard case .string(let type)? = document.root["type"] else {
      throw document.error(
        at: "", "expected an object with a string 'type'")
    }
    guard let kind = Kind(rawValue: type) else {
      let known = Kind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw document.error(at: "/type", "unknown message '\(type)'; known: \(known)")
    }
    switch kind {
    case .hello:
      let raw = try document.decode(HelloLine.self)
      self = .hello(protocolVersion: raw.protocolVersion, name: raw.name, version: raw.version)
    case .progress:
      let raw = try document.decode(ProgressLine.self)
      guard raw.done >= 0, raw.of >= 1, raw.done <= raw.of else {
        throw document.error(
          at: "/done", "expected 0 to 'of', found \(raw.done) of \(raw.of)")
      }
      self = .progress(done: raw.done, total: raw.of)
    case .fact:
      let raw = try document.decode(FactLine.self)
      try Self.check(raw.name, "name", document, atMost: 60)
      if !raw.unit.isEmpty { try Self.check(raw.unit, "unit", document, atMost: 30) }
      self = .fact(name: raw.name, value: raw.value, unit: raw.unit)
    case .remark:
      let raw = try document.decode(RemarkLine.self)
      try Self.check(raw.text, "text", document)
      self = .remark(raw.text)
    case .result:
      let raw = try document.decode(ResultLine.self)
      try Self.check(raw.weights, "weights", document)
      self = .result(weights: raw.weights, activationBits: raw.activationBits)
    case .failure:
      let raw = try document.decode(FailureLine.self)
      try Self.check(raw.reason, "reason", document)
      self = .failure(raw.reason)
    }
  }

  private static func check(
    _ text: String, _ member: String, _ document: JSONDocument, atMost most: Int = longestText
  ) throws(JSONError) {
    guard !text.isEmpty, text.count <= most, externalProgramTextIsPlain(text) else {
      throw document.error(
        at: "/\(member)",
        "expected 1 to \(most) characters without control characters, found \(text.count)")
    }
  }

  private struct HelloLine: Decodable {
    var type: String
    var protocolVersion: Int
    var name: String
    var version: String

    enum CodingKeys: String, CodingKey {
      case type
      case protocolVersion = "protocol"
      case name, version
    }
  }

  private struct ProgressLine: Decodable {
    var type: String
    var done: Int
    var of: Int
  }

  private struct FactLine: Decodable {
    var type: String
    var name: String
    var value: Double
    var unit: String
  }

  private struct RemarkLine: Decodable {
    var type: String
    var text: String
  }

  private struct ResultLine: Decodable {
    var type: String
    var weights: String
    var activationBits: Int?
  }

  private struct FailureLine: Decodable {
    var type: String
    var reason: String
  }
}
