import Glibc
import MethodKit
import Methods
import Quantizers
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers
import Vocabulary

/// A method hands over few values where few bits were asked for, and groups where groups were.
func checkValues<M: QuantizationMethod>(_ type: M.Type) throws {
  for width in BitWidths.weights {
    let plain = try Rounded(type, spec(width, nil))
    let grouped = try Rounded(type, spec(width, nil, group: Rounded.groupSize))
    guard width < 5 else { continue }
    // A row of the smallest linear has 48 weights, and a group 4: wider codes could hold them all.
    #expect(
      plain.valuesInARow <= 1 << width,
      "'\(M.card.name)' at W\(width): \(plain.valuesInARow) values in a row")
    #expect(
      grouped.valuesInAGroup <= 1 << width && grouped.valuesInARow > 1 << width,
      """
      '\(M.card.name)' at W\(width)g\(Rounded.groupSize): \(grouped.valuesInAGroup) values in a group, \
      \(grouped.valuesInARow) in a row
      """)
  }
}

/// A method does no more harm than plain rounding, whatever else it does.
///
/// At few bits: of 8, what is lost is small beside what three steps of training change on purpose.
func checkHarm<M: QuantizationMethod>(_ type: M.Type) throws {
  // A model of random weights has no outliers to smooth away and nothing to learn from random text, so that
  // a good method is level with round to nearest here, and one that trains a little off.
  let trains = ![.postTraining, .diagnostic].contains(M.card.category)
  let bound = trains ? 2.2 : 1.3
  for bits in [try spec(3, nil), try spec(2, nil, group: Rounded.groupSize), try spec(4, 4)] {
    let (own, rounding) = (try harm(of: type, bits), try harm(of: RTN.self, bits))
    #expect(
      own <= bound * rounding,
      "'\(M.card.name)' at \(bits): \(own / rounding) times the error of round to nearest")
  }
}

/// The linears of a tiny model as a method leaves them.
private struct Rounded {
  /// Divides the inputs of every linear of the tiny models.
  static let groupSize = 4
  private(set) var valuesInARow = 0
  private(set) var valuesInAGroup = 0

  init<M: QuantizationMethod>(_ type: M.Type, _ bits: QuantizationSpec) throws {
    let model = try Rehearsal()(make(type, options(for: type), bits))
    for id in model.transformer.configuration.linearIDs {
      let matrix = model.blocks.current(id)
      let elements = matrix.elements
      for row in 0..<matrix.rows {
        let values = elements[row * matrix.columns..<(row + 1) * matrix.columns]
        valuesInARow = max(valuesInARow, Set(values).count)
        for start in stride(from: values.startIndex, to: values.endIndex, by: Self.groupSize) {
          let group = Set(values[start..<start + Self.groupSize])
          valuesInAGroup = max(valuesInAGroup, group.count)
        }
      }
    }
  }
}

/// Root of the mean squared difference between the losses of single tokens in this model and in full
/// precision: the same whatever a method folds into norms or rotates.
private func harm<M: QuantizationMethod>(of type: M.Type, _ bits: QuantizationSpec) throws -> Double
{
  var (sum, count) = (0.0, 0)
  for name in ["llama_gqa_untied", "opt_preln"] {
    func losses<N: QuantizationMethod>(_ method: N) throws -> [Double] {
      let model = try Rehearsal(model: Vectors.path("model/\(name)"))(method)
      let text = try windows(TestSplit.self, count: 24)
      let all = try model.transformer.negativeLogLikelihood(
        (0..<text.count).flatMap { Array(text[$0]) }, windowTokens: text.windowTokens,
        operators: model.blocks)
      // The last token of a window has no target.
      return all.indices.filter { $0 % text.windowTokens != text.windowTokens - 1 }.map { all[$0] }
    }
    let own = try losses(make(type, options(for: type), bits))
    let plain = try losses(make(FullPrecision.self, "{}", .none))
    for (a, b) in zip(own, plain) { sum += (a - b) * (a - b) }
    count += own.count
  }
  return (sum / Double(count)).squareRoot()
}
