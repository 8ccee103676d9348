import Tensors

/// Angles of the rotary positions of a window, for every block of a model.
public struct BlockRotations: Sendable {
  private let whole: RotaryTable
  /// Of the blocks with a window, where those have frequencies of their own.
  private let windowed: RotaryTable?
  private let configuration: ModelConfiguration

  /// The angles of `positions` positions; empty tables where the model rotates nothing.
  init(_ c: ModelConfiguration, positions: Int) {
    configuration = c
    whole = RotaryTable(
      frequencies: c.parts.isRotary ? c.rotaryFrequencies : [], positions: positions,
      factor: c.rotaryAmplitude)
    windowed = c.windowRotaryFrequencies.map {
      RotaryTable(frequencies: $0, positions: positions)
    }
  }

  private init(_ all: BlockRotations, at positions: [Int]) {
    configuration = all.configuration
    let isRotary = configuration.parts.isRotary
    whole = isRotary ? all.whole.at(positions) : all.whole
    windowed = all.windowed.map { $0.at(positions) }
  }

  /// The angles of some positions, a row for each.
  func at(_ positions: [Int]) -> BlockRotations { BlockRotations(self, at: positions) }

  /// The angles of a block; nil where it rotates nothing.
  func table(ofBlock block: Int) -> RotaryTable? {
    guard configuration.parts.isRotary, !configuration.unrotatedBlocks.contains(block) else {
      return nil
    }
    guard let windowed, configuration.reach(ofBlock: block) != nil else { return whole }
    return windowed
  }
}
