internal import ArgumentParser
internal import Harness
internal import Records
internal import System
internal import Vocabulary
internal import Worker

/// `zeroqat generate MODEL --prompt TEXT`: a model's own continuation, to see it breathe.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text with the likeliest token each time, in full precision.",
    discussion: "The new text goes to standard output as it comes, what it took to standard error.")

  @Argument(
    help: """
      A folder with config.json, weights and a tokenizer, a .gguf file, a name in models/, or an id in the \
      hub's cache.
      """)
  var model: String

  @Option(help: "The text to continue.")
  var prompt: String

  @Option(help: "New tokens at most; an end of sequence ends the text before.")
  var tokens = 64

  @Option(
    help: """
      Whether a beginning of sequence opens the text: none or once. Default: as the manifest or the \
      tokenizer's files have it, else none.
      """)
  var bos: String?

  @Option(help: "Threads; the text doesn't depend on it. Default: all processors.")
  var threads: Int?

  @OptionGroup var checkout: CheckoutOption

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("expected 1 to 1024 threads, found \(threads)")
    }
    guard (1...1_000_000).contains(tokens) else {
      throw ValidationError("expected 1 to 1000000 tokens, found \(tokens)")
    }
  }

  func run() throws {
    let found = try ModelArgument(model, root: checkout.root)
    guard found.reference?.outliers == nil, found.reference?.synthetic != true else {
      throw ValidationError(
        "'\(model)' is made for tables, by a change of its weights as they are read; "
          + "name the model that it is made from")
    }
    let policy = try bos.map { try BeginningOfSequencePolicy(named: $0) }
    let begins =
      try policy.map { $0 == .once } ?? found.files.map { $0.manifest.bos == .once }
      ?? (ModelFacts(path: found.path).beginning?.adds == true)
    let continuation = try Continuation(path: found.path, threads: threads ?? onlineProcessors())
    let cost = try continuation(of: prompt, begins: begins, limit: tokens) { bytes in
      try writeToStandardOutput(bytes)
    }
    try writeToStandardOutput("\n")
    say(cost.words)
  }
}

extension Continuation.Cost {
  /// `12 tokens after a prompt of 5: 0.1 s to the first, then 29.8 a second`.
  fileprivate var words: String {
    func tenths(_ value: Double) -> String {
      let whole = Int((value * 10).rounded())
      return "\(whole / 10).\(whole % 10)"
    }
    let rest =
      tokens > 1 && secondsOfRest > 0
      ? ", then \(tenths(Double(tokens - 1) / secondsOfRest)) tokens a second" : ""
    let silent =
      unspelled > 0
      ? "; \(unspelled) of them spell nothing, being beyond the tokenizer's vocabulary" : ""
    return "\(tokens) token\(tokens == 1 ? "" : "s") after a prompt of \(promptTokens): "
      + "\(tenths(secondsToFirst)) s to the first\(rest)\(silent)"
  }
}
