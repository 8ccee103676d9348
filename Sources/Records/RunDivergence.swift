/// Where a run's numbers stopped being finite, as far as it is known.
public struct RunDivergence: Codable, Sendable, Equatable {
  /// The update, from 0; of a score, how many were done; null where nothing was trained.
  public var step: Int?
  /// The block that was trained alone, from 0.
  public var block: Int?
  /// The trained tensor.
  public var tensor: String?
  /// The split whose score it is: `test` or `development`.
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
