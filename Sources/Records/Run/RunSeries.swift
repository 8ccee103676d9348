/// A curve that a run leaves: a figure per block, per epoch or per step.
public struct RunSeries: Codable, Sendable, Equatable {
  /// What it is, such as `block error`.
  public var name: String
  /// What counts along it: `block`, `epoch` or `step`.
  public var index: String
  /// The unit of ``y``; empty for a ratio.
  public var unit: String
  /// Where each figure stands.
  public var x: [Double]
  /// The figures, as many as ``x``; null where one isn't finite.
  public var y: [Double?]

  /// A series from its parts; what isn't finite becomes null.
  public init(_ name: String, per index: String, unit: String, x: [Double], y: [Double]) {
    self.name = name
    self.index = index
    self.unit = unit
    self.x = x
    self.y = y.map { $0.isFinite ? $0 : nil }
  }
}

/// What a cell can measure beside its score.
public enum CellDiagnostic: String, Codable, Sendable, CaseIterable {
  /// Relative error of the hidden state after each block, on development text: a ``RunSeries`` named
  /// `block error`.
  case blockErrors
}
