import JSONText
import Records
import Reporting
import Testing

/// The cells of a grid, as a table and as an object.
@Suite struct GridInspectionTests {
  private func item(
    _ id: String?, _ column: String, _ options: JSON, minutes: Double?, task: String? = nil
  ) -> GridInspection.Item {
    .init(
      id: id,
      place: CellAddress(
        table: "t", scale: "tiny", row: "rtn", column: column, seed: 1, task: task),
      bits: "W4A4", model: "toy", method: "rtn", options: options,
      state: id == nil ? "not run (too large)" : "will run", minutes: minutes,
      mebibytes: minutes.map { $0 * 10 })
  }

  private var inspection: GridInspection {
    let options = JSON.object([.init("groups", .integer(64)), .init("name", .string("a"))])
    return GridInspection(
      table: "t", scale: "tiny", budget: "full",
      items: [
        item("0123456789abcdef", "ppl", options, minutes: 1.25),
        item("fedcba9876543210", "acc", options, minutes: nil, task: "quiz"),
        item(nil, "ppl", .object([]), minutes: nil),
      ])
  }

  @Test func asATable() {
    #expect(
      "\(inspection)" == """
        t at scale tiny, budget full: 3 cells
        cell              row  column    bits  seed  min  MiB  state
        0123456789abcdef  rtn  ppl       W4A4  1     1.2  12   will run
        fedcba9876543210  rtn  acc/quiz  W4A4  1     ?    ?    will run
        –                 rtn  ppl       W4A4  1     ?    ?    not run (too large)
        in all about 1 minutes, 2 cells not counted

        rtn W4A4
          method  rtn
          groups  64
          name    "a"

        rtn W4A4
          method  rtn

        """)
  }

  @Test func asAnObject() throws {
    let text = try jsonText(of: inspection, style: .compact)
    let root = try JSONDocument(text: Array(text.utf8), file: "").root
    guard case .array(let cells)? = root["cells"] else {
      Issue.record("\(text)")
      return
    }
    #expect(cells.count == 3 && cells[2]["id"] == .null && cells[2]["minutes"] == .null)
    #expect(cells[0]["options"]?["groups"] == .integer(64))
    #expect(cells[1]["place"]?["task"] == .string("quiz"))
  }
}
