import Checkpoints
import Optimizers
import Tensors
import Transformers

/// What a run holds between two steps; with it, stopping and going on changes no bit.
struct TrainingState {
  /// Updates done.
  var step = 0
  /// Sum of the batch losses since the last evaluation, nats.
  var lossSum = 0.0
  /// How many they are.
  var lossCount = 0
  /// Evaluations so far.
  var evaluations: [EvaluationRecord] = []
  /// Both moments of every tensor.
  let moments: [AdamW.Moments]

  /// The state before the first step.
  init(_ tensors: [TrainableTensor]) {
    moments = tensors.map { AdamW.Moments(count: $0.value.count) }
  }

  /// What the run is bound to: recipe, text, kernel set.
  typealias Binding = [(key: String, value: String)]

  /// Reads the state at `path` into `tensors` and into this.
  ///
  /// - Throws: ``PretrainingError`` for another run's state, ``Checkpoints/CheckpointError``.
  mutating func read(
    from path: String, _ tensors: [TrainableTensor], binding: Binding
  ) throws {
    let file = try SafetensorsFile(path)
    for (key, expected) in binding {
      let found = file.metadata[key] ?? "not there"
      guard found == expected else {
        throw PretrainingError.otherRun(path: path, what: key, expected: expected, found: found)
      }
    }
    func value<T: LosslessStringConvertible>(_ key: String) throws -> T {
      guard let value = file.metadata[key].flatMap({ T($0) }) else {
        throw PretrainingError.badState(path: path, key: key)
      }
      return value
    }
    step = try value("step")
    lossSum = try value("lossSum")
    lossCount = try value("lossCount")
    let lines: String = try value("evaluations")
    evaluations = try lines.split(separator: "\n").map { line in
      guard let record = EvaluationRecord(line: String(line)) else {
        throw PretrainingError.badState(path: path, key: "evaluations")
      }
      return record
    }
    for (tensor, moments) in zip(tensors, moments) {
      for (prefix, vector) in [
        ("", tensor.value), ("first.", moments.first), ("second.", moments.second),
      ] {
        _ = try file.requireTensor(prefix + tensor.name, shape: tensor.shape)
        for (index, value) in try file.read(prefix + tensor.name).enumerated() {
          vector.pointer[index] = value
        }
      }
    }
  }

  /// Writes the state to `path`, whole or not at all.
  func write(to path: String, _ tensors: [TrainableTensor], binding: Binding) throws {
    var metadata = Dictionary(uniqueKeysWithValues: binding.map { ($0.key, $0.value) })
    metadata["step"] = "\(step)"
    metadata["lossSum"] = "\(lossSum)"
    metadata["lossCount"] = "\(lossCount)"
    metadata["evaluations"] = try evaluations.map { try $0.line() + "\n" }.joined()
    var list = tensors.map { ($0.name, $0.shape, $0.value.elements) }
    for (tensor, moments) in zip(tensors, moments) {
      list.append(("first.\(tensor.name)", tensor.shape, moments.first.elements))
      list.append(("second.\(tensor.name)", tensor.shape, moments.second.elements))
    }
    try SafetensorsWriter.write(list, metadata: metadata, to: path)
  }
}
