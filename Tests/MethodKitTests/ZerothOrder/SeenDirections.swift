import Synchronization
import Tensors

/// Directions that note which rows of which tensors were asked for, and move nothing.
final class SeenDirections: Directions {
  private struct Row: Hashable {
    let tensor: Int
    let row: Int
    let count: Int
  }
  private let asked = Mutex<[Row: Int]>([:])

  func add(
    to w: UnsafeMutablePointer<Float>, factor: Float, count: Int, row: Int, tensor: Int
  ) {
    asked.withLock { $0[Row(tensor: tensor, row: row, count: count), default: 0] += 1 }
  }

  func fillUniforms(
    _ out: UnsafeMutablePointer<Float>, count: Int, row: Int, tensor: Int, _ purpose: NoisePurpose
  ) {
    preconditionFailure("nothing is rounded stochastically")
  }

  /// Parameters asked for.
  var elements: Int { asked.withLock { $0.keys.reduce(0) { $0 + $1.count } } }
  /// Tensors of which a row was asked for twice.
  var repeated: Set<Int> {
    asked.withLock { asked in
      let rows = Dictionary(grouping: asked.keys) { [$0.tensor, $0.row] }
      return Set(asked.filter { $0.value > 1 }.keys.map(\.tensor)).union(
        rows.values.filter { $0.count > 1 }.compactMap { $0.first?.tensor })
    }
  }
  /// All rows, as text.
  var rows: Set<String> {
    asked.withLock { Set($0.keys.map { "\($0.tensor) \($0.row) \($0.count)" }) }
  }
}
