internal import Records
internal import System
internal import Vocabulary

extension PlanEntry {
  /// The memory that the cell should need, bytes: as estimated, else guessed from its weights.
  package var expectedBytes: Int {
    mebibytes.map { Int($0 * 1_048_576) } ?? cell.map(Self.guess) ?? 0
  }

  /// Whether a table prints the cell's times, so that nothing may run beside it.
  package var needsQuiet: Bool { point.metrics.contains { $0.aggregation == .times } }

  /// What names a training that other cells may take up; nil where none is shared.
  ///
  /// - Parameter methods: Methods whose cells share one.
  /// - Returns: The same for all cells of one training.
  package func training(sharedBy methods: Set<String>) -> String? {
    guard let cell, methods.contains(point.method.name) else { return nil }
    return "\(point.panel) \(cell.seed)"
  }

  /// Twice the weights as float32, for a cell whose memory nobody estimated.
  ///
  /// A file has two bytes a weight or four; two is taken. What can't be looked at counts as nothing: its cell fails soon.
  private static func guess(_ cell: Cell) -> Int {
    let path = cell.model.path
    guard let facts = FileStatus(of: path) else { return 0 }
    let files = facts.isFolder ? ((try? listFolder(path)) ?? []).map { "\(path)/\($0)" } : [path]
    let bytes = files.reduce(0) { sum, file in
      let isWeights = [".safetensors", ".bin", ".gguf"].contains { file.hasSuffix($0) }
      return sum + (isWeights ? FileStatus(of: file)?.bytes ?? 0 : 0)
    }
    return 4 * bytes + 128 << 20
  }
}
