import Harness
import JSONText
import Records
import TestSupport
import Testing
import Vocabulary

@Suite("Cells hold every option")
struct ResolvedCellTests {
  /// A checkout whose row `odd` has these options; its method's `depth` is 16 where none is given.
  private func fixture(_ options: String) throws -> Fixture {
    let grid = SampleCheckout.grid().replacing(#""options": { "behave": "well" }"#, with: options)
    var fixture = Fixture(try SampleCheckout(grid: grid))
    fixture.resolveOptions = { method, bits, architecture in
      guard method.name == "odd", case .object(let members) = method.options else { return method }
      guard bits == "W4A4" || bits == "W8A8", architecture == .llama else { throw Unexpected() }
      let given = members.filter { $0.name == "depth" }
      return MethodReference(
        name: "odd",
        options: .object(given.isEmpty ? [JSON.Member("depth", .integer(16))] : given))
    }
    return fixture
  }

  private struct Unexpected: Error {}

  @Test("What a grid leaves to the method is in the cell, and its id covers it")
  func defaults() throws {
    let silent = try fixture(#""options": {}"#)
    let cell = try silent.cell("odd")
    #expect(cell.method.options == .object([JSON.Member("depth", .integer(16))]))
    #expect(try cell.id == fixture(#""options": { "depth": 16 }"#).cell("odd").id)
    #expect(try cell.id != fixture(#""options": { "depth": 17 }"#).cell("odd").id)
    var other = silent
    other.resolveOptions = { method, _, _ in method }
    #expect(try cell.id != other.cell("odd").id)
  }
}
