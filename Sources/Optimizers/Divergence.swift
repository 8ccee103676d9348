/// An error that is a result: some number stopped being finite, and the run ends there as diverged.
///
/// Whoever runs a method asks for nothing else; an error of another kind is a failure.
public protocol Divergence: Error, CustomStringConvertible {
  /// Where it began.
  var place: DivergencePlace { get }
}

/// Where numbers stopped being finite, as far as it is known.
public struct DivergencePlace: Sendable, Equatable {
  /// The update, from 0; of a score, how many were done; nil where nothing was trained.
  public var step: Int?
  /// The block that was trained alone, from 0.
  public var block: Int?
  /// The trained tensor.
  public var tensor: String?
  /// The split whose score it is.
  public var split: String?
  /// The task, where an example's loss it is.
  public var task: String?
  /// The window or example, from 0.
  public var number: Int?

  /// A place from what is known of it.
  public init(
    step: Int? = nil, block: Int? = nil, tensor: String? = nil, split: String? = nil,
    task: String? = nil, number: Int? = nil
  ) {
    self.step = step
    self.block = block
    self.tensor = tensor
    self.split = split
    self.task = task
    self.number = number
  }
}

extension ZerothOrderError: Divergence {
  /// The step, and the tensor where it is one that isn't finite.
  public var place: DivergencePlace {
    switch self {
    case .notFinite(let step, _, _): DivergencePlace(step: step)
    case .weightNotFinite(let step, let tensor): DivergencePlace(step: step, tensor: tensor)
    }
  }
}
