import Digests
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// What the committed records held when they were of schema 1, see Reference/record_scalars.py.
private struct FormerRecord: Decodable {
  var path: String
  var id: String
  var science: String
  var scalars: String
  var options: JSON
}

@Suite("Committed records after their rewriting")
struct MigratedRecordsTests {
  private static let root = CommittedTablesTests.root

  @Test("Every number and every text of the records of schema 1 is in its new place")
  func nothingIsLost() throws {
    let former = try JSONDocument(contentsOf: Vectors.path("records-schema1.json"))
      .decode([FormerRecord].self)
    var compared = 0
    for old in former {
      let path = "\(Self.root)/\(old.path)"
      // A record that a later program measured anew has other numbers.
      guard FileStatus(of: path) != nil else { continue }
      let root = try JSONDocument(contentsOf: path).root
      guard root["cell"]?["science"]?["shared"] == .string(old.science) else { continue }
      compared += 1
      #expect(try digest(of: withProtocol(root)) == old.scalars, "\(old.path)")
      let options = try #require(root["cell"]?["method"]?["options"])
      try expect(old.options, in: options, "\(old.path): options")
    }
    #expect(compared > 0)
  }

  /// Every value of `old` is in `new` too; null was another word for a default.
  private func expect(_ old: JSON, in new: JSON, _ place: String) throws {
    guard case .object(let members) = old else {
      #expect(old == .null || scalar(old) == scalar(new), "\(place)")
      return
    }
    for member in members where member.value != .null {
      let value = try #require(new[member.name], "\(place)/\(member.name)")
      try expect(member.value, in: value, "\(place)/\(member.name)")
    }
  }

  private func withProtocol(_ root: JSON) throws -> JSON {
    guard case .string(let reference)? = root["cell"]?["protocol"] else { return root }
    let settings = try JSONDocument(contentsOf: "\(Self.root)/tables/protocols/\(reference).json")
    return replacing(["cell", "protocol"], in: root, by: settings.root)
  }

  private func replacing(_ names: [String], in value: JSON, by new: JSON) -> JSON {
    guard let name = names.first, case .object(let members) = value else { return new }
    return .object(
      members.map {
        $0.name == name
          ? JSON.Member(name, replacing(Array(names.dropFirst()), in: $0.value, by: new)) : $0
      })
  }

  private func digest(of root: JSON) -> String {
    let lines = scalars(root, at: "").map { $0 + "\n" }.sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    return sha256Hex(of: Array(lines.joined().utf8))
  }

  /// What isn't compared, or apart.
  private static let apart = [
    "/schema", "/cell/schema", "/cell/id", "/cell/science", "/cell/method/options", "/selection",
    "/divergence",
  ]

  private func scalars(_ value: JSON, at pointer: String) -> [String] {
    if Self.apart.contains(pointer) { return [] }
    switch value {
    case .object(let members):
      return members.flatMap { scalars($0.value, at: "\(pointer)/\($0.name)") }
    case .array(let elements):
      return elements.enumerated().flatMap { scalars($1, at: "\(pointer)/\($0)") }
    default: return ["\(pointer)\t\(scalar(value))"]
    }
  }

  /// A scalar's kind and value; a number is the hex digits of its double.
  private func scalar(_ value: JSON) -> String {
    func number(_ value: Double) -> String {
      let digits = String(value.bitPattern, radix: 16)
      return "n" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    switch value {
    case .null: return "z"
    case .bool(let value): return "b\(value)"
    case .string(let value): return "s\(value)"
    case .integer(let value): return number(Double(value))
    case .number(let value, _): return number(value)
    case .array, .object: return "?"
    }
  }

  @Test("Each protocol is there once, and each is referred to")
  func protocols() throws {
    let references = try CommittedRecords.files(root: Self.root).map {
      try #require(try CommittedFile.reference(in: $0), "\($0)")
    }
    #expect(
      Set(references.map { "\($0).json" }) == Set(try listFolder("\(Self.root)/tables/protocols")))
  }

  @Test("A cell filled from a committed record has the record's id")
  func idsFromRecordsAlone() throws {
    let protocols = ProtocolFolder(root: Self.root)
    for path in try CommittedRecords.files(root: Self.root) {
      let cell = try CommittedFile.read(path, protocols: protocols).cell
      var filled = Cell(
        id: "", address: cell.address, model: cell.model, method: cell.method, bits: cell.bits,
        protocolSettings: cell.protocolSettings, seed: cell.seed, blasCore: cell.blasCore,
        science: cell.science, diagnostics: cell.diagnostics)
      filled.id = try filled.computedID
      #expect(filled.id == cell.id, "\(path)")
    }
  }
}
