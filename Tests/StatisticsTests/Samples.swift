/// What ten windows of a text might score.
enum Samples {
  static let windows = [3.21, 3.58, 2.97, 3.44, 3.09, 3.67, 3.30, 3.15, 3.51, 3.26]
  /// What differs from window to window beside a method's shift; sums to zero.
  static let wobble = [0.01, -0.02, 0.015, -0.005, 0.0, 0.02, -0.01, -0.015, 0.005, 0.0]

  static func shifted(_ shift: Double, wobble size: Double = 1) -> [Double] {
    zip(windows, wobble).map { $0 + shift + size * $1 }
  }
}
