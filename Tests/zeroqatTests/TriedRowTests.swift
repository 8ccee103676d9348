import Harness
import System
import TestSupport
import Testing

/// A row that somebody tries alone stands beside the committed ones.
@Suite("A row tried alone")
struct TriedRowTests {
  @Test("Committed rows are kept on the page, marked; what was run here isn't")
  func page() throws {
    let program = try BuiltProgram()
    let options = ["sample", "--blas-core", "haswell"] + program.place
    #expect(try program(program.run).status == 0)
    #expect(try program(["publish"] + options).status == 0)
    try removeTree(program.sample.results)
    #expect(try program(program.run + ["--filter", "row=sq"]).status == 0)
    let page = try program(["render"] + options).output
    #expect(
      page.contains(
        """
        | RTN | – | 29.96 ± 0.00<sup>1</sup> | – | 29.96 ± 0.00<sup>1</sup> |
        | SQ | – | 29.96 ± 0.00 | – | 29.96 ± 0.00 |
        """), "\(page)")
    #expect(page.contains("<sup>1</sup> the committed record; not measured again here"))
    // With another text they are of other cells, and aren't shown.
    try program.sample.folder.write(
      SampleCheckout.dataset.replacing("\"from\": 41", with: "\"from\": 40"),
      to: "datasets/verse/manifest.json")
    #expect(!(try program(["render"] + options)).output.contains("committed record"))
  }
}
