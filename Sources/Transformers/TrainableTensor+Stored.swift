public import Checkpoints
import Tensors

extension TrainableTensor {
  /// All parameters as the hub's files have them: linears that the architecture joins in one tensor, and gains of
  /// norms less what it leaves out.
  ///
  /// - Parameters:
  ///   - list: What ``all(of:_:_:)`` returned.
  ///   - c: The model's configuration.
  /// - Returns: Tensors to write, in the order of `list`.
  public static func stored(_ list: [TrainableTensor], _ c: ModelConfiguration)
    -> [SafetensorsWriter.Tensor]
  {
    let naming = TensorNaming(hub: c.architecture)
    let offset = ModelFamily.describing(c.architecture).gainOffset
    var gains: Set = [naming.finalGain]
    /// The tensor that a linear lies in, and the linears below the first.
    var homes: [String: String] = [:]
    var others: Set<String> = []
    for block in 0..<c.blocks {
      gains.formUnion(c.norms.map { naming.gain($0, block: block) })
      for kind in c.linears {
        let id = LinearID(block: block, kind: kind)
        for (own, ending) in [(naming.weight(id), "weight"), (naming.bias(id), "bias")] {
          guard let joined = naming.joined(id, ending) else { continue }
          homes[own] = joined.name
          if joined.linears.first != kind { others.insert(own) }
        }
      }
    }
    return list.compactMap { tensor in
      var (name, shape, values) = (tensor.name, tensor.shape, tensor.value.elements)
      if others.contains(name) { return nil }
      if gains.contains(name), offset != 0 { values = values.map { $0 - offset } }
      if let home = homes[name] {
        name = home
        // The list has the linears of a block in the order in which they lie below each other.
        for other in list where others.contains(other.name) && homes[other.name] == home {
          shape[0] += other.shape[0]
          values += other.value.elements
        }
      }
      return (name, shape, values)
    }
  }
}
