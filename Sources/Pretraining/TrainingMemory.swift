internal import Glibc
package import JSONText
internal import Tensors
internal import Transformers

/// Memory that training a recipe takes: what ``Pretraining`` and the rooms below it allocate, buffer by
/// buffer.
///
/// A lower bound: text, tokenizer and program come on top, and so does what a step holds for a moment.
/// Sums and products stop at `Int.max`, so that no recipe is too large to be refused.
///
/// > Source: the initialisers of `FreshModel`, `TrainingState`, `TrainingPass`, `BlockTape`,
///   `GradientWorkspace`, `Workspace` and `VocabularyLoss`.
package struct TrainingMemory: Sendable {
  /// What memory is taken for.
  package enum Use: String, Sendable, CaseIterable {
    case embedding = "the embedding, its gradients and moments"
    case positions = "the positions, their gradients and moments"
    case attention = "attention's weights, their gradients and moments"
    case feedForward = "the feed-forward weights, their gradients and moments"
    case attentionActivations = "attention's activations"
    case feedForwardActivations = "the feed-forward activations"
    case scores = "attention's scores"
    case logits = "logits"
  }

  /// Bytes of each use at the moment that holds most.
  package private(set) var bytes: [Use: Int]
  /// Bytes of tensors at the moment that holds most of them.
  package let tensorBytes: Int

  /// Bytes in all.
  package var total: Int { bytes.total }

  /// The use that takes most, the first of equals.
  package var largest: (use: Use, bytes: Int) {
    Use.allCases.map { ($0, bytes[$0] ?? 0) }.reduce((.embedding, 0)) { $1.1 > $0.1 ? $1 : $0 }
  }

  /// The memory of a recipe.
  ///
  /// - Parameters:
  ///   - recipe: Its counts are at least 1, and heads divide channels.
  ///   - threads: Each has scores of its own.
  /// - Throws: ``JSONText/JSONError`` for a shape that no model of the family can have.
  package init(_ recipe: Recipe, threads: Int) throws(JSONError) {
    let sizes = try Sizes(recipe, threads: threads)
    let lasting = sizes.parameters.adding(sizes.activations)
    var most = lasting
    for moment in sizes.moments {
      let held = lasting.adding(moment)
      if held.total > most.total { most = held }
    }
    tensorBytes = most.total
    let writing = lasting.adding(sizes.writing)
    bytes = writing.total > most.total ? writing : most
  }

  /// Bytes of memory that this machine has.
  package static var ofThisMachine: Int {
    Int(sysconf(Int32(_SC_PHYS_PAGES))).timesOrMost(Int(sysconf(Int32(_SC_PAGESIZE))))
  }
}

/// Bytes by use.
private typealias Bytes = [TrainingMemory.Use: Int]

extension Bytes {
  fileprivate var total: Int { values.reduce(0) { $0.plusOrMost($1) } }

  fileprivate func adding(_ other: Bytes) -> Bytes {
    merging(other) { $0.plusOrMost($1) }
  }

  /// Adds so many pieces of float32 numbers, each rounded up to whole grains of memory.
  fileprivate mutating func add(
    _ use: TrainingMemory.Use, _ pieces: Int = 1, of elements: Int..., grain: Int = 4096
  ) {
    let bytes = elements.reduce(4) { $0.timesOrMost($1) }
    let rounded = Swift.max(grain, bytes.plusOrMost(grain - 1) / grain * grain)
    self[use] = (self[use] ?? 0).plusOrMost(rounded.timesOrMost(pieces))
  }
}

/// The numbers that a training's buffers are made of.
///
/// Legend: V vocabulary, C channels, Q channels of queries, K channels of keys, F feed-forward channels, M tokens
/// of a batch, T tokens of a window; a development batch has no more than `evaluated`.
private struct Sizes {
  let model: ModelConfiguration
  let keepsAll: Bool
  let v: Int
  let c: Int
  let q: Int
  let k: Int
  let f: Int
  let m: Int
  let t: Int
  let evaluated: Int
  let threads: Int
  let backwardThreads: Int

  init(_ recipe: Recipe, threads: Int) throws(JSONError) {
    model = try recipe.modelConfiguration()
    keepsAll = recipe.training.recomputation == .none
    (v, c, f) = (model.vocabularySize, model.channels, model.feedForward)
    q = model.heads.timesOrMost(model.headSize)
    k = model.keyHeads.timesOrMost(model.headSize)
    (m, t) = (recipe.stepTokens, recipe.data.windowTokens)
    evaluated = min(recipe.evaluation.windows, recipe.training.batchWindows).timesOrMost(t)
    self.threads = threads
    backwardThreads = min(threads, recipe.training.batchWindows.timesOrMost(model.keyHeads))
  }

  /// So many tensors of so many elements each; weights of linears share a buffer, others have their own.
  private typealias Tensors = (use: TrainingMemory.Use, number: Int, elements: Int, areLinear: Bool)

  private var tensors: [Tensors] {
    let vectors = model.parts.normVectors
    var list: [Tensors] = [(.embedding, model.tiesHead ? 1 : 2, v.timesOrMost(c), false)]
    if model.positionRows > 0 {
      list.append((.positions, 1, model.positionRows.timesOrMost(c), false))
    }
    for kind in model.linears {
      let use: TrainingMemory.Use = kind.isOfAttention ? .attention : .feedForward
      let (outputs, inputs) = model.shape(of: kind)
      list.append((use, model.blocks, outputs.timesOrMost(inputs), true))
      if model.hasBias(kind) { list.append((use, model.blocks, outputs, false)) }
    }
    for kind in model.norms {
      list.append(
        (.attention, vectors.timesOrMost(model.blocks), model.channels(of: kind), false))
    }
    if model.hasFinalNorm { list.append((.attention, vectors, c, false)) }
    return list
  }

  /// Values, gradients and both moments.
  var parameters: Bytes {
    var bytes: Bytes = [:]
    for (use, number, elements, areLinear) in tensors {
      let twice = number.timesOrMost(2)
      bytes.add(use, twice, of: elements, grain: areLinear ? 4 : 4096)
      bytes.add(use, twice, of: elements)
    }
    return bytes
  }

  /// What writing the state takes: values and both moments, copied to arrays.
  var writing: Bytes {
    var bytes: Bytes = [:]
    for (use, number, elements, _) in tensors {
      bytes.add(use, number.timesOrMost(3), of: elements, grain: 4)
    }
    return bytes
  }

  /// Matrices as wide as the hidden channels: the up projection's, and the gate's.
  private var wide: Int { model.parts.isGated ? 2 : 1 }

  /// What every step writes to: tapes, streams, gradients of activations, a chunk of logits.
  var activations: Bytes {
    var bytes: Bytes = [:]
    let parts = model.parts
    let tapes = keepsAll ? model.blocks : 1
    // Norm's output, stream and result are C wide; query and attended Q; key and value K.
    bytes.add(.attentionActivations, tapes.timesOrMost(3), of: m, c)
    bytes.add(.attentionActivations, tapes.timesOrMost(2), of: m, q)
    bytes.add(.attentionActivations, tapes.timesOrMost(2), of: m, k)
    bytes.add(.feedForwardActivations, tapes.timesOrMost(2), of: m, c)
    bytes.add(.feedForwardActivations, tapes.timesOrMost(parts.isGated ? 3 : 1), of: m, f)
    // What norms of heads and of a half's output read: on every tape, and as gradients.
    if parts.hasHeadNorms {
      bytes.add(.attentionActivations, tapes.plusOrMost(1), of: m, q)
      bytes.add(.attentionActivations, tapes.plusOrMost(1), of: m, k)
    }
    if parts.hasOutputNorms {
      bytes.add(.attentionActivations, tapes.plusOrMost(1), of: m, c)
      bytes.add(.feedForwardActivations, tapes, of: m, c)
    }
    // Streams between blocks, and two gradients of the stream.
    bytes.add(.attentionActivations, (keepsAll ? 1 : model.blocks + 1) + 2, of: m, c)
    bytes.add(.attentionActivations, of: m, c)
    bytes.add(.attentionActivations, 2, of: m, q)
    bytes.add(.attentionActivations, 2, of: m, k)
    bytes.add(.feedForwardActivations, wide, of: m, f)
    bytes.add(.logits, of: min(m, 1024, max(16, (1 << 22) / v)), v)
    return bytes
  }

  /// What else is held at the moments that hold most: while gradients go back through attention, and
  /// while the development loss passes attention and the head.
  var moments: [Bytes] {
    var backward: Bytes = [:]
    backward.add(.scores, backwardThreads, of: 2, min(128, t), t)
    var attention: Bytes = [:]
    // A workspace of a whole batch (norm's output, query, attended; key and value), and the stream.
    attention.add(.attentionActivations, q == c ? 1 : 2, of: m, c)
    attention.add(.attentionActivations, 2, of: m, q)
    attention.add(.attentionActivations, 2, of: m, k)
    attention.add(.feedForwardActivations, wide, of: m, f)
    attention.add(.attentionActivations, of: evaluated, c)
    // The head reads what the final norm made of the stream, which is gone by then.
    var head = attention
    attention.add(.scores, threads, of: min(128, t), t)
    let tile = LossTiles.tokens(of: evaluated)
    head.add(.logits, threads, of: min(tile, evaluated), min(LossTiles.vocabulary, v))
    return [backward, attention, head]
  }
}

extension LinearKind {
  /// Whether the linear belongs to attention.
  fileprivate var isOfAttention: Bool {
    switch self {
    case .query, .key, .value, .output: true
    case .gate, .up, .down: false
    }
  }
}
