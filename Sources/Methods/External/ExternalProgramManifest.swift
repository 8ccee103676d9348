public import JSONText

/// What an external program says of itself in the JSON file beside it.
///
/// Read without running anything: a plan starts no program.
public struct ExternalProgramManifest: Sendable, Equatable {
  /// The version of this layout.
  public static let currentSchema = 1
  /// The version of the protocol that this program speaks.
  public static let protocolVersion = 1

  /// The method's name, lowercase words joined by hyphens.
  public let name: String
  /// The method's version.
  public let version: String
  /// One line.
  public let summary: String
  /// Author, year and where it is published, or what else it is known by.
  public let citation: String
  /// The options that it takes, in the manifest's order.
  public let rules: [ExternalProgramOptionRule]
  /// Files beside the manifest that belong to the method, as it names them.
  public let files: [String]
  /// Scenarios of `zeroqat conformance` that it is known to fail, and why.
  public let expectedFailures: [String: String]

  /// Reads the manifest in `document`.
  ///
  /// - Throws: ``JSONText/JSONError`` at the first value that isn't as it must be.
  public init(_ document: JSONDocument) throws(JSONError) {
    let raw = try document.decode(Layout.self)
    guard raw.schema == Self.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(raw.schema) isn't supported; this build reads schema \(Self.currentSchema)")
    }
    guard Self.isName(raw.name) else {
      throw document.error(
        at: "/name", "expected lowercase words joined by hyphens, found '\(raw.name)'")
    }
    for (member, text) in [
      ("version", raw.version), ("summary", raw.summary), ("citation", raw.citation),
    ] where text.isEmpty || !externalProgramTextIsPlain(text) {
      throw document.error(at: "/\(member)", "expected a line of text, found '\(text)'")
    }
    let range = raw.protocolRange
    guard range.from >= 1, range.from <= range.to else {
      throw document.error(
        at: "/protocol",
        "expected versions from 1 in order, found \(range.from) to \(range.to)")
    }
    guard (range.from...range.to).contains(Self.protocolVersion) else {
      throw document.error(
        at: "/protocol",
        "the program speaks versions \(range.from) to \(range.to) of the protocol; this build speaks "
          + "\(Self.protocolVersion)")
    }
    for (index, file) in raw.files.enumerated() {
      guard !file.isEmpty, !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
        throw document.error(
          at: "/files/\(index)", "expected a file below the manifest's folder, found '\(file)'")
      }
      if raw.files[..<index].contains(file) {
        throw document.error(at: "/files/\(index)", "the file '\(file)' is listed twice")
      }
    }
    name = raw.name
    version = raw.version
    summary = raw.summary
    citation = raw.citation
    files = raw.files
    expectedFailures = raw.expectedFailures
    rules = try ExternalProgramOptionRule.all(of: raw.options, in: document)
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
      }
  }

  /// `given` with every default written out, in the manifest's order.
  ///
  /// - Throws: ``ExternalProgramOptionError`` at the first option that isn't there or isn't as it must be.
  package func whole(_ given: JSON) throws(ExternalProgramOptionError) -> JSON {
    guard case .object(let members) = given else {
      throw ExternalProgramOptionError(
        program: name, option: "", reason: "expected an object of options")
    }
    for member in members {
      guard let rule = rules.first(where: { $0.name == member.name }) else {
        let known = rules.map(\.name)
        let hint =
          nearestName(to: member.name, in: known).map { "did you mean '\($0)'?" }
          ?? (known.isEmpty
            ? "it takes none" : "known: " + known.map { "'\($0)'" }.joined(separator: ", "))
        throw ExternalProgramOptionError(
          program: name, option: member.name, reason: "there is no such option; \(hint)")
      }
      if let reason = rule.complaint(member.value) {
        throw ExternalProgramOptionError(program: name, option: member.name, reason: reason)
      }
    }
    return .object(rules.map { JSON.Member($0.name, given[$0.name] ?? $0.standard) })
  }

  private struct Layout: Decodable {
    var schema: Int
    var name: String
    var version: String
    var summary: String
    var citation: String
    var protocolRange: Range
    var options: JSON
    var files: [String]
    var expectedFailures: [String: String]

    struct Range: Decodable {
      var from: Int
      var to: Int
    }

    enum CodingKeys: String, CodingKey {
      case schema, name, version, summary, citation
      case protocolRange = "protocol"
      case options, files, expectedFailures
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      schema = try container.decode(Int.self, forKey: .schema)
      name = try container.decode(String.self, forKey: .name)
      version = try container.decode(String.self, forKey: .version)
      summary = try container.decode(String.self, forKey: .summary)
      citation = try container.decode(String.self, forKey: .citation)
      protocolRange = try container.decode(Range.self, forKey: .protocolRange)
      options = try container.decodeIfPresent(JSON.self, forKey: .options) ?? .object([])
      files = try container.decodeIfPresent([String].self, forKey: .files) ?? []
      expectedFailures =
        try container.decodeIfPresent([String: String].self, forKey: .expectedFailures) ?? [:]
    }
  }
}

/// Whether a text has no control characters: it goes to terminals and tables.
func externalProgramTextIsPlain(_ text: String) -> Bool {
  text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
}
