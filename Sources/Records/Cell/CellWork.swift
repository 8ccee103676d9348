internal import JSONText
internal import Vocabulary

/// How much a cell computes, phase by phase, as far as its options and texts say.
///
/// For estimates of time, by comparison with a cell that ran: only ratios mean something. What options don't say counts as 1.
package struct CellWork: Sendable, Equatable {
  /// Windows that a method looks at before it rounds.
  package var calibrated: Double
  /// Windows of block reconstruction, each pass over one of them counted.
  package var reconstructed: Double
  /// Windows or examples of all updates, each direction counted.
  package var trained: Double
  /// Windows or examples that are scored, each checkpoint counted.
  package var scored: Double

  /// The work of a cell.
  ///
  /// - Parameters:
  ///   - cell: The cell, every option written out.
  ///   - testWindows: Windows of the test text, for a cell that takes all of them.
  package init(of cell: Cell, testWindows: Int? = nil) {
    let options = cell.method.options
    func number(_ names: [String]) -> Double? { names.lazy.compactMap(options.number).first }
    let tasks = cell.protocolSettings.tasks ?? []
    calibrated = number(["calibrationWindows"]) ?? 1
    reconstructed =
      calibrated * max(1, number(["epochs", "quantizerEpochs", "initialisationEpochs"]) ?? 1)
    let steps = number(["steps", "endToEndSteps"]) ?? 0
    let batch =
      tasks.isEmpty
      ? number(["batchWindows", "endToEndBatchWindows"])
      : number(["batchExamples", "endToEndBatchWindows"])
    trained = steps * (number(["directions"]) ?? 1) * (batch ?? 1)
    let checkpoints =
      steps == 0
      ? 1 : 1 + (steps / max(1, number(["checkpointEvery"]) ?? steps)).rounded(.up)
    let settings = cell.protocolSettings
    if tasks.isEmpty {
      let test = Double(settings.testWindows ?? testWindows ?? 1)
      // With rounded activations the final weights are scored once more: the rounding floor.
      scored =
        checkpoints * (test + Double(settings.developmentWindows ?? 0))
        + (cell.bits.activations < 16 ? test : 0)
    } else {
      scored = tasks.reduce(0) { sum, task in
        sum + checkpoints * Double(task.examples.development ?? 0)
          + Double(task.examples.test ?? 1)
      }
    }
  }

  /// How many times the work of another cell one phase is; 1 where either does nothing that is counted.
  package func ratio(to other: CellWork, in phase: String) -> Double {
    let (own, others) =
      switch phase {
      case "calibrate": (calibrated, other.calibrated)
      case "quantize": (reconstructed, other.reconstructed)
      case "train": (trained, other.trained)
      case "evaluate": (scored, other.scored)
      default: (1.0, 1.0)
      }
    return own > 0 && others > 0 ? own / others : 1
  }
}

extension JSON {
  /// The number that a member has, or a member of a member, as methods that are made of another write its options.
  fileprivate func number(_ name: String) -> Double? {
    switch self[name] {
    case .integer(let value)?: return Double(value)
    case .number(let value, text: _)?: return value
    default: break
    }
    guard case .object(let members) = self else { return nil }
    return members.lazy.compactMap { member -> Double? in
      guard case .object = member.value else { return nil }
      return member.value.number(name)
    }.first
  }
}
