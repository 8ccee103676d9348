import JSONText
import Transformers

/// Refuses a recipe whose counts are fine one by one but make tensors that can't be had.
struct RecipeSizeCheck {
  /// The recipe's text.
  let document: JSONDocument
  /// Memory that the training may take.
  let memoryBytes: Int
  /// Threads that will train.
  let threads: Int

  /// The most numbers in one tensor, 8 GiB: no small model has a larger one, whatever the machine.
  private static let largestTensor = Int(Int32.max)

  /// A count of the recipe and where it stands.
  private typealias Member = (pointer: String, count: Int)

  /// Checks tensor by tensor, then all of them together.
  ///
  /// - Throws: ``JSONText/JSONError`` at the largest count of those that make up the tensor, or the use of
  ///   memory that takes most.
  func callAsFunction(_ recipe: Recipe) throws(JSONError) {
    let members = Members(recipe)
    for (what, factors) in members.tensors {
      var numbers = 1
      for factor in factors {
        let (product, overflow) = numbers.multipliedReportingOverflow(by: factor.count)
        numbers = overflow ? .max : product
      }
      guard numbers > Self.largestTensor else { continue }
      throw document.error(
        at: largest(of: factors).pointer,
        "expected tensors of at most \(Self.largestTensor) numbers, found \(what) of "
          + factors.map { "\($0.count)" }.joined(separator: " × "))
    }
    let memory = try TrainingMemory(recipe, threads: threads)
    guard memory.total > memoryBytes else { return }
    let (use, bytes) = memory.largest
    throw document.error(
      at: largest(of: members.behind(use)).pointer,
      "expected a training that fits in \(memoryBytes >> 20) MiB of memory, found one of at least "
        + "\(mebibytes(memory.total)) MiB, \(mebibytes(bytes)) of them for \(use.rawValue)")
  }

  private func largest(of members: [Member]) -> Member {
    members.reduce(("", 0)) { $1.count > $0.count ? $1 : $0 }
  }

  /// MiB, rounded up.
  private func mebibytes(_ bytes: Int) -> Int { bytes >> 20 + (bytes % (1 << 20) == 0 ? 0 : 1) }

  /// The counts that sizes are made of.
  private struct Members {
    let vocabulary, channels, blocks, feedForward, positions, batchWindows, windowTokens: Member
    /// What heads are as wide as together: channels, unless their size is given.
    let heads: [Member]

    init(_ recipe: Recipe) {
      let shape = recipe.shape
      vocabulary = ("/shape/vocabulary", shape.vocabulary)
      channels = ("/shape/channels", shape.channels)
      blocks = ("/shape/blocks", shape.blocks)
      feedForward = ("/shape/feedForward", shape.feedForward)
      positions = ("/shape/positions", shape.positions)
      batchWindows = ("/training/batchWindows", recipe.training.batchWindows)
      windowTokens = ("/data/windowTokens", recipe.data.windowTokens)
      heads =
        shape.headSize.map { [("/shape/heads", shape.heads), ("/shape/headSize", $0)] }
        ?? [("/shape/channels", shape.channels)]
    }

    /// The tensors that are largest of their kind, and what their sizes are the product of.
    var tensors: [(what: String, [Member])] {
      [
        ("an embedding", [vocabulary, channels]), ("positions", [positions, channels]),
        ("an attention weight", heads + [channels]),
        ("a feed-forward weight", [feedForward, channels]),
        ("a batch's activations", [batchWindows, windowTokens, channels]),
        ("a batch's activations", [batchWindows, windowTokens] + heads),
        ("a batch's activations", [batchWindows, windowTokens, feedForward]),
      ]
    }

    /// What a use of memory grows with.
    func behind(_ use: TrainingMemory.Use) -> [Member] {
      switch use {
      case .embedding: [vocabulary, channels]
      case .positions: [positions, channels]
      case .attention: [channels, blocks]
      case .feedForward: [feedForward, channels, blocks]
      case .attentionActivations: [batchWindows, windowTokens, channels, blocks]
      case .feedForwardActivations: [batchWindows, windowTokens, feedForward, blocks]
      case .scores: [windowTokens]
      case .logits: [vocabulary]
      }
    }
  }
}
