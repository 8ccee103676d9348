import MethodKit
import Quantizers
import Tensors
import Transformers

/// GPTQ over all blocks of a model: inputs collected, weights rounded in place, outputs passed on.
///
/// > Source: Frantar et al. 2022, arXiv:2210.17323, section 3; official code, opt.py and llama.py.
struct GPTQPass {
  /// How a weight is rounded.
  let rounding: GPTQRounding
  /// Whether inputs are collected anew after Q, K and V, after the output projection, after gate and up.
  let isTrueSequential: Bool
  /// The method's name, for refusals.
  let method: String

  private static let together: [[LinearKind]] = [LinearKind.allCases]
  private static let inTurn: [[LinearKind]] = [
    [.query, .key, .value], [.output], [.gate, .up], [.down],
  ]

  /// Rounds every linear.
  ///
  /// - Parameters:
  ///   - calibration: At the first block.
  ///   - c: The model's shape.
  ///   - operators: The blocks, which multiply by the very weights that are rounded.
  ///   - observer: Hears how far it is, and about dampings that had to be raised.
  ///   - weight: The weight of a linear.
  /// - Throws: ``MethodKit/MethodError`` when no damping makes a Hessian positive definite.
  func run(
    _ calibration: Calibration, _ c: ModelConfiguration, operators: some BlockOperators,
    _ observer: any RunObserver, weight: (LinearID) -> Matrix
  ) throws {
    var (loss, raised) = (0.0, 0)
    for block in 0..<c.blocks {
      for kinds in isTrueSequential ? Self.inTurn : Self.together {
        let hessians = observer.during(.calibrate) {
          inputHessians(
            of: kinds.filter { c.linears.contains($0) }, block, calibration, c, operators)
        }
        try observer.during(.quantize) {
          for (linears, hessian) in hessians {
            let factor = try factor(of: hessian, linears, block)
            if factor.raises > 0 {
              raised += 1
              observer.remark(
                "GPTQ's damping was raised to \(factor.damping) for the input of \(names(linears)) in "
                  + "block \(block), whose Hessian could not be factorised with \(rounding.damping)"
              )
            }
            for kind in linears {
              loss += rounding.round(weight(LinearID(block: block, kind: kind)), factor).loss
            }
          }
        }
      }
      observer.during(.calibrate) { calibration.propagate(block: block, operators: operators) }
      observer.progress(block + 1, of: c.blocks, .blockRounded)
    }
    observer.keep("GPTQ: Hessians whose damping was raised", Double(raised), unit: "1")
    observer.keep("GPTQ: sum of losses", loss, unit: "1")
  }

  /// The Hessian of each input that some of `kinds` see, with those that share it.
  private func inputHessians(
    of kinds: [LinearKind], _ block: Int, _ calibration: Calibration, _ c: ModelConfiguration,
    _ operators: some BlockOperators
  ) -> [(linears: [LinearKind], hessian: InputHessian)] {
    let groups = [[.query, .key, .value], [.output], [.gate, .up], [.down]] as [[LinearKind]]
    let wanted = groups.map { $0.filter { kinds.contains($0) } }.filter { !$0.isEmpty }
      .map { (linears: $0, hessian: InputHessian(columns: c.shape(of: $0[0]).inputs)) }
    let windowTokens = calibration.windowTokens
    calibration.propagate(block: block, operators: operators, isAdvancing: false) { linears, x, _ in
      for (kinds, hessian) in wanted where linears.contains(kinds[0]) {
        hessian.add(x, sequences: x.rows / windowTokens)
      }
    }
    return wanted
  }

  private func factor(of hessian: InputHessian, _ linears: [LinearKind], _ block: Int) throws
    -> GPTQRounding.Factor
  {
    do {
      return try rounding.factor(of: hessian.matrix)
    } catch {
      throw MethodError.model(
        method: method,
        reason:
          "the Hessian of the input of \(names(linears)) in block \(block) can't be factorised "
          + "at any damping up to \(GPTQRounding.escalation.last ?? rounding.damping): \(error)")
    }
  }

  private func names(_ linears: [LinearKind]) -> String {
    linears.map(\.name).joined(separator: ", ")
  }
}
