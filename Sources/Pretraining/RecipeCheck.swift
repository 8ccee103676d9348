package import JSONText
import Tasks
import Tensors
import Transformers
import Vocabulary

extension Recipe {
  /// Reads a recipe and holds it to the rules that its types can't express.
  ///
  /// - Parameters:
  ///   - path: The recipe.
  ///   - memoryBytes: Memory that the training may take; by default all that this machine has.
  ///   - threads: Threads that will train.
  /// - Throws: ``JSONText/JSONError`` at the first value that is missing, unknown or breaks a rule.
  package init(
    contentsOf path: String, memoryBytes: Int = TrainingMemory.ofThisMachine,
    threads: Int = Threads.count
  ) throws(JSONError) {
    let document = try JSONDocument(contentsOf: path)
    self = try document.decode(Recipe.self)
    try RecipeCheck(document: document).check(self)
    try RecipeSizeCheck(document: document, memoryBytes: memoryBytes, threads: threads)(self)
  }
}

/// The rules, in the order of the file.
private struct RecipeCheck {
  let document: JSONDocument

  func check(_ recipe: Recipe) throws(JSONError) {
    guard recipe.schema == Recipe.currentSchema else {
      throw document.error(
        at: "/schema", "schema \(recipe.schema) isn't supported; this build reads schema 1")
    }
    try check(recipe.shape, recipe.architecture)
    try number(recipe.initialisation.deviation, "/initialisation/deviation", above: 0)
    if recipe.architecture.parts.positionOffset == nil, recipe.initialisation.positions != nil {
      throw document.error(
        at: "/initialisation/positions",
        "the architecture '\(recipe.architecture.rawValue)' has no table of positions")
    }
    try check(recipe.data, positions: recipe.shape.positions)
    try check(recipe.training)
    try check(recipe.training, windowTokens: recipe.data.windowTokens)
    try count(recipe.evaluation.every, "/evaluation/every")
    try count(recipe.evaluation.windows, "/evaluation/windows")
    try count(recipe.checkpoint.every, "/checkpoint/every")
  }

  private func check(_ shape: ModelShape, _ family: FreshFamily) throws(JSONError) {
    for (name, value) in [
      ("vocabulary", shape.vocabulary), ("channels", shape.channels), ("blocks", shape.blocks),
      ("heads", shape.heads), ("feedForward", shape.feedForward), ("positions", shape.positions),
    ] {
      try count(value, "/shape/\(name)")
    }
    // As many as the configuration that is written may have.
    guard shape.blocks <= 1 << 16 else {
      throw document.error(
        at: "/shape/blocks", "expected a count from 1 to \(1 << 16), found \(shape.blocks)")
    }
    for option in ModelShape.Option.allCases {
      let isThere = shape.has(option)
      if isThere, !(family.required + family.optional).contains(option) {
        throw document.error(
          at: "/shape/\(option)",
          "the architecture '\(family.rawValue)' has no '\(option)'")
      }
      if !isThere, family.required.contains(option) {
        throw document.error(
          at: "/shape", "the architecture '\(family.rawValue)' needs the member '\(option)'")
      }
    }
    for (name, value) in [
      ("keyHeads", shape.keyHeads), ("headSize", shape.headSize),
      ("slidingWindow", shape.slidingWindow),
    ] {
      if let value { try count(value, "/shape/\(name)") }
    }
    guard shape.headSize != nil || shape.channels % shape.heads == 0 else {
      throw document.error(
        at: "/shape/heads", "\(shape.channels) channels don't divide into \(shape.heads) heads")
    }
    if let keyHeads = shape.keyHeads, shape.heads % keyHeads != 0 {
      throw document.error(
        at: "/shape/keyHeads",
        "\(shape.heads) query heads can't share \(keyHeads) key heads evenly")
    }
    guard !family.parts.isRotary || shape.channelsPerHead % 2 == 0 else {
      throw document.error(
        at: shape.headSize == nil ? "/shape/heads" : "/shape/headSize",
        "rotary positions need an even head size, found \(shape.channelsPerHead)")
    }
    if let base = shape.rotaryBase { try number(base, "/shape/rotaryBase", above: 0) }
    if let epsilon = shape.normEpsilon { try number(epsilon, "/shape/normEpsilon", above: 0) }
  }

  private func check(_ data: Recipe.Text, positions: Int) throws(JSONError) {
    for (name, files) in [("train", data.train), ("development", data.development)] {
      guard !files.isEmpty else {
        throw document.error(at: "/data/\(name)", "expected at least one file, found none")
      }
      let isEncoded = files[0].hasSuffix(".ids")
      for (index, file) in files.enumerated() {
        guard file.hasSuffix(".txt") || file.hasSuffix(".ids") else {
          throw document.error(
            at: "/data/\(name)/\(index)", "expected a file called *.txt or *.ids, found '\(file)'")
        }
        guard file.hasSuffix(".ids") == isEncoded else {
          throw document.error(
            at: "/data/\(name)/\(index)",
            "expected files of one kind, found '\(file)' after '\(files[0])'")
        }
      }
      if isEncoded, data.beginningOfSequence != .none {
        throw document.error(
          at: "/data/beginningOfSequence",
          "expected \"none\" with files of token ids, which hold what they hold")
      }
    }
    guard (2...positions).contains(data.windowTokens) else {
      throw document.error(
        at: "/data/windowTokens",
        "expected from 2 tokens to the model's \(positions) positions, found \(data.windowTokens)")
    }
  }

  private func check(_ training: Recipe.Training) throws(JSONError) {
    try count(training.steps, "/training/steps")
    try count(training.batchWindows, "/training/batchWindows")
    let optimizer = training.optimizer
    for (name, value) in [("beta1", optimizer.beta1), ("beta2", optimizer.beta2)] {
      guard value >= 0, value < 1 else {
        throw document.error(
          at: "/training/optimizer/\(name)", "expected from 0 to below 1, found \(value)")
      }
    }
    try number(optimizer.epsilon, "/training/optimizer/epsilon", above: 0)
    try number(optimizer.weightDecay, "/training/optimizer/weightDecay")
    let rate = training.learningRate
    try number(rate.peak, "/training/learningRate/peak", above: 0)
    try number(rate.final, "/training/learningRate/final")
    guard (0...training.steps).contains(rate.warmupSteps) else {
      throw document.error(
        at: "/training/learningRate/warmupSteps",
        "expected from 0 to the run's \(training.steps) steps, found \(rate.warmupSteps)")
    }
    if let clip = training.clipNorm { try number(clip, "/training/clipNorm", above: 0) }
  }

  private func check(
    _ training: Recipe.Training, windowTokens: Int
  ) throws(JSONError) {
    var before = 0
    for (index, stage) in (training.shortWindows ?? []).enumerated() {
      let pointer = "/training/shortWindows/\(index)"
      guard stage.tokens >= 2, windowTokens % stage.tokens == 0 else {
        throw document.error(
          at: pointer + "/tokens",
          "expected a divisor of the window's \(windowTokens) tokens from 2, found \(stage.tokens)")
      }
      guard stage.untilStep > before else {
        throw document.error(
          at: pointer + "/untilStep",
          "expected a step after \(before), where the stage before ends, found \(stage.untilStep)")
      }
      // A stage that outlasts the run, or ends with it, would leave the whole windows unread.
      guard stage.untilStep < training.steps else {
        throw document.error(
          at: pointer + "/untilStep",
          "expected a step before \(training.steps), the run's last, found \(stage.untilStep)")
      }
      before = stage.untilStep
    }
  }

  private func count(_ value: Int, _ pointer: String) throws(JSONError) {
    guard (1...(1 << 28)).contains(value) else {
      throw document.error(at: pointer, "expected a count from 1 to 268435456, found \(value)")
    }
  }

  private func number(
    _ value: Double, _ pointer: String, above least: Double? = nil
  ) throws(JSONError) {
    guard value.isFinite, least.map({ value > $0 }) ?? (value >= 0) else {
      throw document.error(
        at: pointer, "expected a number \(least == nil ? "of at least" : "above") 0, found \(value)"
      )
    }
  }
}
