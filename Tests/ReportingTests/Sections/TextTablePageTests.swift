import JSONText
import Records
import Reporting
import Testing

@Suite struct TextTablePageTests {
  static func table(_ ours: TextTable.Content) -> TextTable {
    TextTable(
      table: "words", title: "Kinds of *methods*", ours: ours,
      paper: PaperReference(id: "arXiv:2509.00031", version: "v2", title: "T", model: "all models"),
      captionNote: "Only one row was seen.", columns: ["Type", "Efficiency"],
      rows: [
        TextTableRow(label: "GPTQ", cells: ["WO", nil], source: "notes", confidence: .secondary)
      ])
  }

  static let methods = [
    MethodSummary(
      name: "rtn", summary: "round to nearest", category: "PTQ", target: "WA", trainsOnText: false,
      trainsOnTasks: false, cost: "weights alone", citation: "common baseline"),
    MethodSummary(
      name: "zeroqat", summary: "forward passes only", category: "ZO-QAT", target: "WA",
      trainsOnText: true, trainsOnTasks: true, cost: "forward passes, every step",
      citation: "arXiv:2509.00031"),
    MethodSummary(
      name: "dummy", summary: "nothing", category: "diagnostic", target: "–", trainsOnText: false,
      trainsOnTasks: false, cost: "weights alone", citation: "none", isDiagnostic: true),
  ]

  @Test func methodsStandBelowThePapersRows() throws {
    let page = TextTablePage(
      table: Self.table(.methods), methods: Self.methods, hyperparameters: nil)
    try expectSnapshot(page.markdown, "words.md")
    #expect(!page.markdown.contains("dummy"))
  }

  @Test func hyperparametersAreShownScaleByScale() throws {
    let text = """
      {
        "schema": 1,
        "scales": {
          "small": [{ "method": "rtn", "minutes": 1 }],
          "tiny": [
            { "method": "zeroqat", "options": { "steps": 300, "learningRate": 1e-4, "clipGamma": null } },
            {
              "method": "zeroqat", "bits": "W2A16", "model": "tiny-opt", "stage": "pretraining",
              "options": { "epsilon": 3e-3, "initialisation": "blocks", "sign": true }
            }
          ]
        }
      }
      """
    let settings = try JSONDocument(text: Array(text.utf8), file: "hyperparameters.json")
      .decode(Hyperparameters.self)
    let page = TextTablePage(
      table: Self.table(.hyperparameters), methods: Self.methods, hyperparameters: settings)
    try expectSnapshot(page.markdown, "settings.md")
    let none = TextTablePage(
      table: Self.table(.hyperparameters), methods: [], hyperparameters: nil)
    #expect(none.markdown.contains("Nothing is set for all tables"))
  }
}
