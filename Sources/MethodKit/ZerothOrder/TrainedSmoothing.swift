import Glibc
import Quantizers
import Tensors
import Transformers

/// One of the vectors of a block's smoothing.
enum SmoothingMember: Int, Sendable, CaseIterable {
  case attentionScale, attentionShift, feedForwardScale, feedForwardShift, outputScale, outputShift,
    queryKeyScale

  /// What keys its random numbers; never to be changed.
  var key: BlockKey {
    switch self {
    case .attentionScale: .original(0, of: 7)
    case .attentionShift: .original(1, of: 7)
    case .feedForwardScale: .original(2, of: 7)
    case .feedForwardShift: .original(3, of: 7)
    case .outputScale: .original(4, of: 7)
    case .outputShift: .original(5, of: 7)
    case .queryKeyScale: .original(6, of: 7)
    }
  }

  /// The scale in whose units a shift moves; nil for scales.
  var unit: SmoothingMember? {
    switch self {
    case .attentionShift: .attentionScale
    case .feedForwardShift: .feedForwardScale
    case .outputShift: .outputScale
    case .attentionScale, .feedForwardScale, .outputScale, .queryKeyScale: nil
    }
  }
}

extension BlockSmoothing {
  subscript(member: SmoothingMember) -> [Float]? {
    get {
      switch member {
      case .attentionScale: attentionScale
      case .attentionShift: attentionShift
      case .feedForwardScale: feedForwardScale
      case .feedForwardShift: feedForwardShift
      case .outputScale: outputScale
      case .outputShift: outputShift
      case .queryKeyScale: queryKeyScale
      }
    }
    set {
      switch member {
      case .attentionScale: attentionScale = newValue
      case .attentionShift: attentionShift = newValue
      case .feedForwardScale: feedForwardScale = newValue
      case .feedForwardShift: feedForwardShift = newValue
      case .outputScale: outputScale = newValue
      case .outputShift: outputShift = newValue
      case .queryKeyScale: queryKeyScale = newValue
      }
    }
  }

  /// The smoothing that the live linears of a block carry: the inverse of ``smoothing(of:_:)``.
  init(block: Int, of blocks: QuantizedBlocks) {
    self.init()
    func linear(_ kind: LinearKind) -> LinearSmoothing? {
      blocks.linears[LinearID(block: block, kind: kind)]?.smoothing
    }
    attentionScale = linear(.query)?.columnScale?.elements
    attentionShift = linear(.query)?.columnShift?.elements
    feedForwardScale = linear(.up)?.columnScale?.elements
    feedForwardShift = linear(.up)?.columnShift?.elements
    // Given per key channel, as the value projection has them.
    outputScale = linear(.value)?.rowDivisor?.elements
    outputShift = linear(.value)?.biasShift?.elements
    queryKeyScale = linear(.key)?.rowFactor?.elements
  }
}

/// The smoothing of one block as numbers θ that training moves, 0 at the start.
///
/// `s = s₀·exp(θ)` and `δ = δ₀ + s₀·θ`: a step of θ is the same relative change of every scale, scales
/// stay positive, and shifts move in units of their channel's spread, of which s₀ is a measure.
///
/// > Source: which parameters are trained: ZeroQAT, arXiv:2509.00031v2, abstract and Eq. 4. The
///   parametrisation is ours: the paper names none.
struct TrainedSmoothing: Sendable {
  private let block: Int
  private let start: BlockSmoothing
  private let steps: [(member: SmoothingMember, theta: Matrix)]

  /// θ = 0 for every member that `start` has.
  init(_ start: BlockSmoothing, block: Int) {
    self.block = block
    self.start = start
    steps = SmoothingMember.allCases.compactMap { member in
      start[member].map { (member, Matrix(rows: 1, columns: $0.count)) }
    }
  }

  private func tensor(_ member: SmoothingMember) -> Int {
    ParameterFamily.smoothing.tensor(member.key.index(block: block))
  }

  /// The smoothing at θ + factor·z, where a perturbation is given.
  func smoothing(beside perturbation: QuantizedBlocks.Perturbation?, reach: Float) -> BlockSmoothing
  {
    var result = start
    for (member, theta) in steps {
      let moved = theta.moved(perturbation, reach: reach, tensor: tensor(member)).elements
      guard let first = start[member] else { continue }
      if let unit = member.unit {
        let units = start[unit] ?? [Float](repeating: 1, count: first.count)
        result[member] = first.indices.map { first[$0] + units[$0] * moved[$0] }
      } else {
        result[member] = zip(first, moved).map { $0 * expf($1) }
      }
    }
    return result
  }

  /// `θ ← θ + factor·z`.
  func update(factor: Float, along directions: any Directions) {
    for (member, theta) in steps {
      theta.move(directions, factor: factor, tensor: tensor(member))
    }
  }

  /// Whether every θ is a number.
  var isFinite: Bool { steps.allSatisfy { $0.theta.isFinite } }

  /// How many θ there are.
  var count: Int { steps.reduce(0) { $0 + $1.theta.columns } }
}
