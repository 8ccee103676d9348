import MethodKit
import Methods
import Quantizers
import Tensors
import TestSupport
import Testing
import Transformers

/// The contract of rounding, held against methods that break it.
@Suite("The contract of rounding")
struct MethodRoundingTests {
  @Test("A method that leaves groups out is found out")
  func withoutGroups() {
    withKnownIssue { try checkValues(Ungrouped.self) }
  }

  @Test("A method that clips where it harms most is found out")
  func harmful() {
    withKnownIssue { try checkHarm(Clipped.self) }
  }
}

/// Round to nearest with a grid per row, whatever was asked for.
private struct Ungrouped: QuantizationMethod {
  static let card = MethodCard(
    name: "ungrouped", summary: "breaks the contract", category: .postTraining, citation: "none")
  private let base: RTN

  init(options: NoOptions, bits: QuantizationSpec) throws {
    base = try make(RTN.self, "{}", spec(bits.weightBits, bits.activationBits))
  }

  func quantize(_ context: MethodContext) throws -> QuantizedModel { try base.quantize(context) }
}

/// Grids that span less than half of each range.
private struct Clipped: QuantizationMethod {
  static let card = MethodCard(
    name: "clipped", summary: "breaks the contract", category: .postTraining, citation: "none")
  private let bits: QuantizationSpec

  init(options: NoOptions, bits: QuantizationSpec) throws { self.bits = bits }

  func quantize(_ context: MethodContext) throws -> QuantizedModel {
    let dense = try DenseParameters(source: context.source)
    let c = dense.configuration
    let linears = c.linearIDs.map { id in
      let (rows, columns) = c.shape(of: id.kind)
      let quantizer = bits.weightQuantizer()
      let clip = quantizer.map {
        ClipFractions(constant: 0.4, rows: rows, groups: $0.groups(in: columns))
      }
      return (
        id,
        dense.quantizeInPlace(
          id, smoothing: LinearSmoothing(), quantizer: quantizer, clip: clip)
      )
    }
    return QuantizedModel(
      transformer: Transformer(
        configuration: c, frame: try context.source.frame(precision: .single)),
      blocks: QuantizedBlocks(
        linears: Dictionary(uniqueKeysWithValues: linears),
        norms: dense.norms(of: 0..<c.blocks, smoothing: []),
        tokenQuantizer: bits.tokenQuantizer()))
  }
}
