import Quantizers
import Tensors
package import Transformers

/// What reconstruction block by block takes, as ``BlockReconstruction`` and ``QuantizerLearning`` allocate it.
extension MemoryLedger {
  /// The streams of calibration windows and storage for training one block.
  package mutating func holdReconstruction(
    _ s: MemoryShape, windows: Int, _ settings: BlockReconstruction.Settings, keepsRaw: Bool
  ) {
    let c = s.configuration
    let tokens = s.calibrationTokens(windows)
    moment { $0.holdStream(s, tokens: tokens) }
    hold(.activations, settings.isAugmented ? 3 : 2, of: tokens, c.channels)
    // The table of a model that embeds nothing.
    hold(.frame, of: 0)
    holdRotary(s)
    holdWorkspace(c, tokens: s.windowTokens)
    let rows = min(settings.batchWindows.timesOrMost(s.windowTokens), tokens)
    holdTape(c, tokens: rows, keepsRaw: keepsRaw)
    holdGradientWorkspace(c, tokens: rows)
    hold(.activations, 2, of: rows, c.channels)
  }

  /// A block in full precision running over a stream, with what is noted of its linears' inputs.
  package mutating func observe(_ s: MemoryShape) {
    let c = s.configuration
    moment {
      for channels in [c.channels, c.heads.timesOrMost(c.headSize), c.channels, c.feedForward] {
        // Maxima, midpoints, least and most of a window, and how many there were.
        $0.hold(.vectors, 4, of: channels)
        $0.hold(.vectors, of: 1)
      }
      $0.attend(s, windows: 1)
    }
  }

  /// Learning clipping and smoothing of the block whose weights are held already.
  package mutating func learn(_ s: MemoryShape, _ learning: QuantizerLearning) {
    let c = s.configuration
    let quantizer = learning.bits.weightQuantizer()
    let members = learning.smoothing.map(SmoothingMembers.init)
    observe(s)
    moment {
      $0.holdLearnerPanels(c)
      if let quantizer, learning.clipGamma != nil {
        for kind in c.linears {
          let (rows, columns) = c.shape(of: kind)
          $0.holdClipping(1, rows: rows, columns: columns, quantizer)
          $0.holdTrained(2, of: rows, quantizer.groups(in: columns))
        }
      }
      for channels in members?.channels(c) ?? [] {
        $0.hold(.vectors, of: channels)
        $0.holdTrained(of: channels)
      }
      $0.passBack(s, windows: learning.settings.batchWindows, grids: 0, groups: 0)
      $0.attend(s, windows: learning.settings.batchWindows)
      for kind in c.linears {
        // A linear's backward pass: its smoothing, then fractions and their gradients, or those of the smoothing.
        $0.moment { ledger in
          ledger.holdSmoothing(c, members, of: kind)
          if let quantizer {
            let (rows, columns) = c.shape(of: kind)
            let fractions = learning.clipGamma == nil ? 1 : 2
            ledger.moment { $0.holdClipping(fractions, rows: rows, columns: columns, quantizer) }
          }
          ledger.moment { $0.holdSmoothing(c, members, of: kind) }
        }
      }
    }
  }

  /// What a linear of that kind takes for its smoothing, in so many blocks.
  package mutating func holdSmoothing(
    _ c: ModelConfiguration, blocks: Int = 1, _ members: SmoothingMembers?, of kind: LinearKind
  ) {
    for channels in members?.vectors(of: kind, c) ?? [] { hold(.vectors, blocks, of: channels) }
  }

  /// The streams of calibration windows that smoothing is found from, and a block running over them.
  package mutating func calibrate(_ s: MemoryShape, windows: Int, blockWeights: Bool) {
    let c = s.configuration
    let tokens = s.calibrationTokens(windows)
    moment {
      $0.holdStream(s, tokens: tokens)
      $0.hold(.frame, of: 0)
      $0.holdRotary(s)
      let batch = min(windows, QuantizedModel.scoredWindows(windowTokens: s.windowTokens))
      $0.holdWorkspace(c, tokens: batch.timesOrMost(s.windowTokens))
      if blockWeights {
        $0.holdDense(c, blocks: 1)
        $0.holdNorms(c, blocks: 1)
      }
      for channels in [c.channels, c.channels, c.heads.timesOrMost(c.headSize), c.feedForward] {
        $0.hold(.vectors, of: channels)
      }
      $0.attend(s, windows: batch)
      let rest = batch > 0 ? windows % batch : 0
      if rest > 0 {
        $0.holdWorkspace(c, tokens: rest.timesOrMost(s.windowTokens))
        $0.attend(s, windows: rest)
      }
    }
  }
}

/// Which parts of a block's smoothing there are.
package struct SmoothingMembers: Sendable {
  /// Whether there are scales between V and the output projection.
  package var output = false
  /// Whether there are shifts.
  package var shifts = false
  /// Whether there are scales between Q and K.
  package var queryKey = false

  /// Scales in front of attention and feed-forward part alone: what calibration finds.
  package init() {}

  /// The members that learning starts from.
  package init(_ start: SmoothingStart) {
    (output, shifts, queryKey) = (true, start.shifts, start.scalesQueryKey)
  }

  /// Channels of each member of a block.
  func channels(_ c: ModelConfiguration) -> [Int] {
    let keys = c.keyHeads.timesOrMost(c.headSize)
    var result = [c.channels, c.channels]
    if output { result.append(keys) }
    if shifts { result += [c.channels, c.channels, keys] }
    if queryKey { result.append(keys) }
    return result
  }

  /// Lengths of the vectors that the smoothing of a linear is.
  func vectors(of kind: LinearKind, _ c: ModelConfiguration) -> [Int] {
    let (outputs, inputs) = c.shape(of: kind)
    switch kind {
    case .query, .key:
      return [inputs] + (shifts ? [inputs] : []) + (queryKey ? [outputs] : [])
    case .value:
      return [inputs] + (shifts ? [inputs, outputs] : []) + (output ? [outputs] : [])
    case .output: return (output ? [inputs] : []) + (shifts ? [inputs] : [])
    case .gate, .up: return [inputs] + (shifts ? [inputs] : [])
    case .down: return []
    }
  }
}
