/// What a cell's numbers are taken on.
///
/// A text and a task are read, cut and scored by different code, and fine-tuning trains on examples: none says
/// anything of the others.
public enum Material: String, Codable, Sendable, Hashable {
  /// Windows of a text alone: perplexity.
  case text
  /// Examples of tasks, beside a text, with nothing trained on them.
  case zeroShot = "zero-shot"
  /// Examples of a task that the method also trains on.
  case fineTuning = "fine-tuning"

  /// What a cell under this protocol is scored on.
  public init(of settings: EvaluationProtocol) {
    let tasks = settings.tasks ?? []
    self =
      tasks.isEmpty ? .text : tasks.contains { $0.use == .fineTuning } ? .fineTuning : .zeroShot
  }
}

/// What a certificate speaks for: a method on an architecture, scored on one kind of material.
public struct Lineage: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The method's name.
  public let method: String
  /// The architecture's name.
  public let architecture: String
  /// What its cells are scored on.
  public let material: Material

  /// A lineage from its parts.
  public init(method: String, architecture: String, material: Material) {
    self.method = method
    self.architecture = architecture
    self.material = material
  }

  /// The lineage of a cell whose model is of `architecture`.
  public init(of cell: Cell, on architecture: String) {
    self.init(
      method: cell.method.name, architecture: architecture,
      material: Material(of: cell.protocolSettings))
  }

  /// By method, then architecture, then material.
  public static func < (a: Lineage, b: Lineage) -> Bool {
    (a.method, a.architecture, a.material.rawValue)
      < (b.method, b.architecture, b.material.rawValue)
  }

  /// `method 'rtn' on llama (text)`.
  public var description: String { "method '\(method)' on \(architecture) (\(material.rawValue))" }
}
