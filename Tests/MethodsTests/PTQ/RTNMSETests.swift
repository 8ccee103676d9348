import MethodKit
import Methods
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("Round to nearest on spans of least squared error")
struct RTNMSETests {
  private let search = RangeSearch()

  @Test("21 factors, 1/40 apart, from a half to 1 itself")
  func candidates() {
    #expect(search.factors == (20...40).map { Float(Double($0) / 40) })
    #expect(RangeSearch(from: 0.3, count: 2).factors == [0.3, 1])
  }

  // In 2 bits a range of −1…2 has the grid {−s, 0, s, 2s}. Eight weights of 3/4 beside the two ends lose
  // 5(1 − s)² + 8(s − 3/4)², least at s = 11/13: of the factors 0.85 (0.1925; 0.825 has 0.198, 0.875 0.203,
  // 1 has 0.5). Whole numbers lose nothing at 1 alone. Both in one row of one grid: 14(1 − s)² + 8(s − 3/4)²
  // as long as s rounds to itself, least at 10/11: 0.9 (0.32; 0.925 has 0.3225).
  @Test("The factors are those of a calculation by hand, group by group and row by row")
  func byHand() {
    let shrunk: [Float] = [-1, 2] + [Float](repeating: 0.75, count: 8)
    let whole: [Float] = [-1, 2, 0, 1, 0, 1, 0, 1, 0, 1]
    let weight = Matrix(rows: 2, columns: 20, elements: shrunk + whole + whole + shrunk)
    func spans(group: Int?) -> ClipFractions {
      search.fractions(of: weight, WeightQuantizer(bits: 2, groupSize: group))
    }
    #expect(spans(group: 10).up.elements == [0.85, 1, 1, 0.85])
    #expect(spans(group: 10).low.elements == [0.85, 1, 1, 0.85])
    #expect(spans(group: nil).up.elements == [0.9, 0.9])
    #expect(spans(group: nil).low.elements == [0.9, 0.9])
  }

  @Test("Of equals it is the first, and 1 where no error is finite")
  func ties() {
    let weight = Matrix(rows: 2, columns: 2, elements: [0, 0, .nan, 1])
    let spans = search.fractions(of: weight, WeightQuantizer(bits: 4, groupSize: nil))
    #expect(spans.up.elements == [0.5, 1])
  }

  @Test("Logits give those fractions, and none above that of the most")
  func logits() {
    let shrunk: [Float] = [-1, 2] + [Float](repeating: 0.75, count: 8)
    let whole: [Float] = [-1, 2, 0, 1, 0, 1, 0, 1, 0, 1]
    let weight = Matrix(rows: 2, columns: 10, elements: shrunk + whole)
    let logits = search.logits(of: weight, WeightQuantizer(bits: 2, groupSize: nil), most: 3)
    // ln(0.85/0.15), and 3 where the fraction is 1.
    #expect(abs(logits.up.elements[0] - 1.734_601) < 1e-5 && logits.up.elements[1] == 3)
    #expect(logits.low.elements == logits.up.elements)
    #expect(abs(logits.fractions.up.elements[0] - 0.85) < 1e-6)
  }

  @Test(
    "A model gets each group's best factor, and no group loses more than in plain rounding",
    arguments: tinyModels, [(4, nil), (2, 4), (3, nil), (2, nil), (6, nil)] as [(Int, Int?)])
  func model(name: String, grid: (Int, Int?)) throws {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(name)"))
    let bits = try spec(grid.0, nil, group: grid.1)
    let result = try rehearsal(make(RTNMSE.self, "{}", bits))
    let plain = try rehearsal(make(RTN.self, "{}", bits))
    let dense = try DenseParameters(source: ModelSource(path: rehearsal.path))
    let quantizer = WeightQuantizer(bits: grid.0, groupSize: grid.1)
    var (gained, lost) = (0, 0)
    for id in result.transformer.configuration.linearIDs {
      let weight = dense.matrix(id)
      let original = weight.elements
      let (mine, theirs) = (
        result.blocks.current(id).elements, plain.blocks.current(id).elements
      )
      let size = grid.1 ?? weight.columns
      for start in stride(from: 0, to: original.count, by: size) {
        func error(_ rounded: [Float]) -> Double {
          (start..<start + size).reduce(0) { sum, index in
            let change = Double(rounded[index]) - Double(original[index])
            return sum + change * change
          }
        }
        let (own, other) = (error(mine), error(theirs))
        gained += own < other ? 1 : 0
        lost += own <= other ? 0 : 1
      }
      quantizer.fakeQuantize(
        weight, clip: search.fractions(of: weight, quantizer))
      #expect(mine == weight.elements, "\(name) \(id)")
      #expect(result.blocks.linears[id]?.bias?.elements == dense.bias(id)?.elements)
    }
    #expect(gained > 0, "nothing was shrunk")
    #expect(lost == 0, "groups that lose more than in plain rounding")
  }

  @Test("Activations are rounded as RTN rounds them")
  func activations() throws {
    for options in ["{}", #"{"minimumScale": 0.05}"#] {
      let result = try Rehearsal()(make(RTNMSE.self, options, spec(4, 4)))
      let plain = try Rehearsal()(make(RTN.self, options, spec(4, 4)))
      let own = try #require(result.blocks.tokenQuantizer as? TokenQuantizer)
      #expect(own == plain.blocks.tokenQuantizer as? TokenQuantizer)
    }
  }

  @Test(
    "Values that make no sense are refused",
    arguments: [
      (
        #"{"smallestFactor": 0}"#,
        "option 'smallestFactor': expected a number above 0 and below 1, found 0.0"
      ),
      (
        #"{"smallestFactor": 1}"#,
        "option 'smallestFactor': expected a number above 0 and below 1, found 1.0"
      ),
      (#"{"factors": 1}"#, "option 'factors': expected from 2 to 1000, found 1"),
      (
        #"{"minimumScale": 0}"#, "option 'minimumScale': expected a number above 0, found 0.0"
      ),
    ])
  func refusals(text: String, words: String) throws {
    let error = #expect(throws: MethodError.self) { try make(RTNMSE.self, text, spec(4, 4)) }
    #expect(error?.description == words)
  }

  @Test("Without weight bits there is nothing to search")
  func weightBits() throws {
    let error = #expect(throws: MethodError.self) { try make(RTNMSE.self, "{}", spec(nil, 4)) }
    #expect(error?.description == "method 'rtn-mse' takes weights of 8 bits or less, found W16A4")
  }
}
