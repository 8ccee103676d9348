import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite struct HyperparametersTests {
  static let text = """
    {
      "schema": 1,
      "scales": {
        "tiny": [
          { "method": "train", "options": { "steps": 100, "rate": 1e-3 }, "minutes": 0.5 },
          { "method": "train", "bits": "W2A16", "options": { "rate": 1e-4 } },
          { "method": "train", "model": "tiny-b", "options": { "rate": 1e-5 }, "minutes": 2 },
          { "method": "train", "stage": "finetuning", "options": { "steps": 10 }, "mebibytes": 90 }
        ]
      }
    }
    """

  static func read(_ text: String = Self.text) throws -> (Hyperparameters, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "hyperparameters.json")
    return (try document.decode(Hyperparameters.self), document)
  }

  /// `steps` and `rate` of a situation.
  static func options(
    _ bits: BitsLabel, _ model: String?, _ stage: TrainingStage
  ) throws -> [JSON?] {
    let options = try read().0.options(
      of: "train", bits: bits, model: model, stage: stage, at: .tiny)
    return [options["steps"], options["rate"]]
  }

  @Test func laterSettingsThatApplyWin() throws {
    #expect(
      try Self.options("W4A4", "tiny-a", .pretraining) == [
        .integer(100), .number(1e-3, text: "1e-3"),
      ])
    #expect(
      try Self.options("W2A16", "tiny-a", .pretraining) == [
        .integer(100), .number(1e-4, text: "1e-4"),
      ])
    #expect(
      try Self.options("W2A16", "tiny-b", .finetuning) == [
        .integer(10), .number(1e-5, text: "1e-5"),
      ])
    let none = try Self.read().0.options(
      of: "train", bits: "W4A4", model: nil, stage: .pretraining, at: .small)
    #expect(none == .object([]))
    let other = try Self.read().0
    #expect(
      other.minutes(of: "train", bits: "W4A4", model: "tiny-b", stage: .pretraining, at: .tiny) == 2
    )
    #expect(
      other.mebibytes(of: "train", bits: "W4A4", model: nil, stage: .pretraining, at: .tiny) == nil)
    #expect(
      other.mebibytes(of: "train", bits: "W4A4", model: nil, stage: .finetuning, at: .tiny) == 90)
  }

  @Test func aGridsOwnOptionsGoOverThem() throws {
    var grid = try GridPanelTests.grid().0
    grid.hyperparameters = try Self.read().0
    grid.rows[2].options = .object([.init("steps", .integer(7))])
    grid.scales.tiny?.overrides = [
      GridOverride(
        row: "train-w4", column: "b-wiki", options: .object([.init("rate", .integer(1))]))
    ]
    func options(_ column: String) throws -> [JSON?] {
      let point = try #require(
        grid.points(at: .tiny).first {
          $0.address.row == "train-w4" && $0.address.column == column
        })
      return [point.method.options["steps"], point.method.options["rate"]]
    }
    #expect(try options("a-wiki") == [.integer(7), .number(1e-3, text: "1e-3")])
    #expect(try options("b-wiki") == [.integer(7), .integer(1)])
    grid.scales.tiny?.overrides = [
      GridOverride(
        row: "train-w4", stage: .finetuning, options: .object([.init("rate", .integer(1))])),
      GridOverride(
        row: "train-w4", stage: .pretraining, options: .object([.init("rate", .integer(2))])),
    ]
    #expect(try options("a-wiki") == [.integer(7), .integer(2)])
    let point = try #require(
      grid.points(at: .tiny).first { $0.address.row == "train-w4" && $0.address.column == "b-wiki" }
    )
    #expect(grid.estimates(of: point, at: .tiny).minutes == 2)
  }

  @Test(arguments: [
    (
      #""schema": 1"#, #""schema": 3"#, "/schema",
      "schema 3 isn't supported; this build reads schema 1"
    ),
    (#""tiny":"#, #""tini":"#, "/scales/tini", "unknown scale 'tini'; did you mean 'tiny'?"),
    (
      #""method": "train", "bits""#, #""method": "trian", "bits""#, "/scales/tiny/1/method",
      "unknown method 'trian'; did you mean 'train'?"
    ),
    (
      #""bits": "W2A16""#, #""bits": "W2""#, "/scales/tiny/1/bits",
      "bad bits label 'W2': expected 'FP' or a label such as 'W4A4' or 'W2A16g64'"
    ),
    (
      #""model": "tiny-b""#, #""model": "tiny-c""#, "/scales/tiny/2/model",
      "unknown model 'tiny-c'; did you mean 'tiny-a'?"
    ),
    (
      #"{ "steps": 10 }"#, "[]", "/scales/tiny/3/options", "expected an object of options"
    ),
    (
      #""minutes": 2"#, #""minutes": 0"#, "/scales/tiny/2/minutes",
      "expected a positive estimate, found 0.0"
    ),
  ])
  func refuses(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(replacing(piece, by: other, in: Self.text))
    let error = #expect(throws: JSONError.self) {
      let (values, document) = try Self.read(text)
      try values.check(in: document, against: GridPanelTests.names)
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }
}
