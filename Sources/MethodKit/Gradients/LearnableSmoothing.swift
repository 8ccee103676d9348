package import Quantizers
import Tensors
package import Transformers

/// The smoothing of one block as parameters that backpropagation trains: OmniQuant's LET.
///
/// > Source: OmniQuant, Shao et al. 2023, arXiv:2308.13137, eqs. 3 to 5; ZeroQAT, arXiv:2509.00031, Eq. 4.
package struct LearnableSmoothing: Sendable {
  /// A member of ``Quantizers/BlockSmoothing``.
  package enum Member: String, CaseIterable, Sendable {
    case attentionScale, attentionShift, feedForwardScale, feedForwardShift, outputScale
    case outputShift, queryKeyScale

    /// Where it is.
    package var path: WritableKeyPath<BlockSmoothing, [Float]?> {
      switch self {
      case .attentionScale: \.attentionScale
      case .attentionShift: \.attentionShift
      case .feedForwardScale: \.feedForwardScale
      case .feedForwardShift: \.feedForwardShift
      case .outputScale: \.outputScale
      case .outputShift: \.outputShift
      case .queryKeyScale: \.queryKeyScale
      }
    }

    /// Whether it divides somewhere, and so must not come near 0.
    var isScale: Bool {
      switch self {
      case .attentionScale, .feedForwardScale, .outputScale, .queryKeyScale: true
      case .attentionShift, .feedForwardShift, .outputShift: false
      }
    }
  }

  /// What is learned; absent members don't exist.
  package let members: [Member: LearnedTensor]
  /// Whether both channels of a rotary pair keep the same q/k scale, as the function demands.
  package let sharesRotaryPairs: Bool
  private let configuration: ModelConfiguration

  /// Parameters that start at `start`.
  ///
  /// DEVIATION: the official code gives each channel a q/k scale of its own although LLaMA rotates channels
  /// in pairs, which changes the function (paper dossier, section 12.3); here pairs share it unless
  /// `sharesRotaryPairs` is false.
  ///
  /// - Parameters:
  ///   - start: Present members are learned.
  ///   - configuration: The model's shape.
  ///   - sharesRotaryPairs: False for the official form.
  package init(
    _ start: BlockSmoothing, _ configuration: ModelConfiguration, sharesRotaryPairs: Bool = true
  ) {
    self.configuration = configuration
    self.sharesRotaryPairs = sharesRotaryPairs && configuration.parts.isRotary
    var members: [Member: LearnedTensor] = [:]
    for member in Member.allCases {
      if let values = start[keyPath: member.path] {
        members[member] = LearnedTensor(member.rawValue, Vector(values))
      }
    }
    self.members = members
  }

  /// The parameters, in a fixed order.
  package var tensors: [LearnedTensor] { Member.allCases.compactMap { members[$0] } }

  /// The smoothing as it is now.
  package var current: BlockSmoothing {
    var result = BlockSmoothing()
    for (member, tensor) in members { result[keyPath: member.path] = tensor.value.elements }
    return result
  }

  /// Accumulates what the backward pass of one linear found.
  func accumulate(_ gradient: LinearSmoothingGradient, of kind: LinearKind) {
    func add(_ vector: Vector?, to member: Member, perQuery: Bool = false) {
      guard let vector else { return }
      let values = vector.elements
      members[member]?.accumulate(
        perQuery ? BlockSmoothing.perKey(values, configuration) : values)
    }
    switch kind {
    case .query, .key, .value:
      add(gradient.columnScale, to: .attentionScale)
      add(gradient.columnShift, to: .attentionShift)
    case .gate, .up:
      add(gradient.columnScale, to: .feedForwardScale)
      add(gradient.columnShift, to: .feedForwardShift)
    case .output:
      add(gradient.columnScale, to: .outputScale, perQuery: true)
      add(gradient.columnShift, to: .outputShift, perQuery: true)
    case .down: break
    }
    switch kind {
    case .query: add(gradient.rowDivisor, to: .queryKeyScale, perQuery: true)
    case .key: add(gradient.rowFactor, to: .queryKeyScale)
    case .value:
      add(gradient.rowDivisor, to: .outputScale)
      add(gradient.biasShift, to: .outputShift)
    case .output, .gate, .up, .down: break
    }
  }

  /// Accumulates what the backward pass of a smoothed norm found.
  func accumulate(_ gradient: BlockSmoothing.NormGradient, of kind: NormKind) {
    let scale: Member
    let shift: Member
    switch kind {
    case .attention: (scale, shift) = (.attentionScale, .attentionShift)
    case .feedForward: (scale, shift) = (.feedForwardScale, .feedForwardShift)
    case .query, .key, .attentionOutput, .feedForwardOutput: return
    }
    gradient.scale.map { members[scale]?.accumulate($0) }
    gradient.shift.map { members[shift]?.accumulate($0) }
  }

  /// Makes the gradients respect what is shared; before an update.
  func settleGradients() {
    guard sharesRotaryPairs, let gradient = members[.queryKeyScale]?.gradient else { return }
    let c = configuration
    for head in 0..<c.keyHeads {
      for i in 0..<c.headSize / 2 {
        let first = head * c.headSize + (c.rotaryIsInterleaved ? 2 * i : i)
        let second = first + (c.rotaryIsInterleaved ? 1 : c.headSize / 2)
        // Equal gradients from equal starts: every optimizer keeps the pair equal.
        let sum = gradient.pointer[first] + gradient.pointer[second]
        gradient.pointer[first] = sum
        gradient.pointer[second] = sum
      }
    }
  }

  /// Keeps scales away from 0, with their signs; before a forward pass.
  ///
  /// > Source: OmniQuant's official code, models/transformation.py (truncate_number, 1e-2).
  func settleParameters() {
    let least: Float = 1e-2
    for (member, tensor) in members where member.isScale {
      for i in 0..<tensor.value.count where abs(tensor.value.pointer[i]) < least {
        tensor.value.pointer[i] = tensor.value.pointer[i] < 0 ? -least : least
      }
    }
  }
}

extension BlockSmoothing {
  /// Per query channel → per key channel, summed over the query heads that share it: the adjoint of
  /// repetition.
  static func perKey(_ values: [Float], _ c: ModelConfiguration) -> [Float] {
    folded(values, c) { $0 + $1 }
  }

  /// Folds the query heads of each key head.
  static func folded(
    _ values: [Float], _ c: ModelConfiguration, _ combine: (Float, Float) -> Float
  ) -> [Float] {
    let group = c.heads / c.keyHeads
    return (0..<c.keyHeads * c.headSize).map { channel in
      let (keyHead, offset) = (channel / c.headSize, channel % c.headSize)
      let first = keyHead * group
      return (first + 1..<first + group).reduce(values[first * c.headSize + offset]) {
        combine($0, values[$1 * c.headSize + offset])
      }
    }
  }
}
