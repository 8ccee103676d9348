import Harness
import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite struct CellIdentityTests {
  static let sample: Cell = {
    func source(_ name: String) -> TextSource {
      TextSource(
        parts: [TextPart(path: "/t/\(name)", digest: "d\(name)", from: 0, to: 90)], join: .plain)
    }
    return Cell(
      id: "", address: CellAddress(table: "t", scale: "small", row: "r", column: "c", seed: 1),
      model: ModelReference(name: "m", path: "/m", digest: "md", tokenizerDigest: "td"),
      method: MethodReference(
        name: "rtn",
        options: .object([
          .init("a", .integer(1)), .init("b", .string("x")),
          .init(
            "nested", .object([.init("p", .bool(true)), .init("q", .number(0.5, text: "0.5"))])),
        ])), bits: "W4A4",
      protocolSettings: EvaluationProtocol(
        id: "verse-8", train: source("a"), development: source("b"), test: source("c"),
        windowTokens: 8, testWindows: 2, developmentWindows: nil, bos: .none),
      seed: 1, blasCore: "Haswell",
      science: ScienceDigests(shared: "s", method: "m"))
  }()

  /// Every input that can change a number, changed by as little as can be.
  static let changes: [(String, @Sendable (inout Cell) -> Void)] = [
    ("schema", { $0.schema = 3 }),
    ("model name", { $0.model.name = "n" }),
    ("model digest", { $0.model.digest = "me" }),
    ("tokenizer digest", { $0.model.tokenizerDigest = "tc" }),
    ("method name", { $0.method.name = "rtm" }),
    ("option value", { $0.method.options = option("a", .integer(2)) }),
    ("option name", { $0.method.options = option("c", .integer(1)) }),
    ("option kind", { $0.method.options = option("a", .string("1")) }),
    ("text option", { $0.method.options = option("b", .string("y")) }),
    (
      "nested option",
      {
        $0.method.options = option(
          "nested",
          .object([.init("p", .bool(false)), .init("q", .number(0.5, text: "0.5"))]))
      }
    ),
    (
      "nested number",
      {
        $0.method.options = option(
          "nested",
          .object([.init("p", .bool(true)), .init("q", .number(0.6, text: "0.6"))]))
      }
    ),
    ("no options", { $0.method.options = .object([]) }),
    ("bits", { $0.bits = "W4A5" }),
    ("group", { $0.bits = "W4A4g64" }),
    ("protocol id", { $0.protocolSettings.id = "verse-9" }),
    ("train digest", { $0.protocolSettings.train.parts[0].digest = "db" }),
    ("development digest", { $0.protocolSettings.development.parts[0].digest = "da" }),
    ("test digest", { $0.protocolSettings.test.parts[0].digest = "dd" }),
    ("first byte", { $0.protocolSettings.test.parts[0].from = 1 }),
    ("last byte", { $0.protocolSettings.train.parts[0].to = 91 }),
    ("open end", { $0.protocolSettings.train.parts[0].to = nil }),
    ("one more part", { $0.protocolSettings.test.parts += $0.protocolSettings.train.parts }),
    ("join", { $0.protocolSettings.development.join = .wikitext2 }),
    ("window", { $0.protocolSettings.windowTokens = 9 }),
    ("test windows", { $0.protocolSettings.testWindows = 3 }),
    ("all test windows", { $0.protocolSettings.testWindows = nil }),
    ("development windows", { $0.protocolSettings.developmentWindows = 1 }),
    ("bos", { $0.protocolSettings.bos = .once }),
    ("seed", { $0.seed = 2 }),
    ("kernels", { $0.blasCore = "SkylakeX" }),
    ("shared science", { $0.science.shared = "t" }),
    ("method's science", { $0.science.method = "t" }),
  ]

  private static func option(_ name: String, _ value: JSON) -> JSON {
    guard case .object(var members) = sample.method.options else { return .null }
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index].value = value
    } else {
      members[0].name = name
    }
    return .object(members)
  }

  @Test func everyInputChangesTheID() throws {
    #expect(Self.changes.count >= 20)
    var seen = [try Self.sample.computedID: "nothing"]
    for (name, change) in Self.changes {
      var cell = Self.sample
      change(&cell)
      let id = try cell.computedID
      #expect(seen[id] == nil, "\(name) gives the id of \(seen[id] ?? "")")
      seen[id] = name
    }
    #expect(seen.keys.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test func placesDoNot() throws {
    var cell = Self.sample
    cell.id = "something"
    cell.address = CellAddress(table: "u", scale: "paper", row: "x", column: "y", seed: 9)
    cell.model.path = "/elsewhere"
    cell.protocolSettings.train.parts[0].path = "/a"
    cell.protocolSettings.development.parts[0].path = "/b"
    cell.protocolSettings.test.parts[0].path = "/c"
    #expect(try cell.computedID == Self.sample.computedID)
    #expect(try cell.differences(from: Self.sample).isEmpty)
  }

  @Test func orderOfKeysDoesNot() throws {
    guard case .object(let members) = Self.sample.method.options,
      case .object(let inner)? = Self.sample.method.options["nested"]
    else {
      Issue.record("the sample's options are an object")
      return
    }
    var cell = Self.sample
    cell.method.options = .object(
      members.reversed().map {
        $0.name == "nested" ? JSON.Member("nested", .object(inner.reversed())) : $0
      })
    #expect(cell.method.options != Self.sample.method.options)
    #expect(try cell.computedID == Self.sample.computedID)
  }

  @Test func differencesNameTheMember() throws {
    var cell = Self.sample
    cell.science.shared = "t"
    cell.protocolSettings.test.parts[0].digest = "dd"
    cell.method.options = .object([.init("a", .integer(2)), .init("b", .string("x"))])
    #expect(
      try cell.differences(from: Self.sample) == [
        "/method/options/a", "/method/options/nested", "/protocol/test/parts/0/digest",
        "/science/shared",
      ])
  }
}
