import Checkpoints
import Glibc
import JSONText
import Pretraining
import Tasks
import Tensors
import TestSupport
import Testing
import Transformers

@Suite struct PretrainingTests {
  static let outputs = [
    "config.json", "dev-loss.jsonl", "merges.txt", "model.safetensors", "state.safetensors",
    "vocab.json",
  ]

  @Test(
    "Twice, on one thread and on two, with one tape and with many: the same bytes",
    arguments: ["llama", "opt"])
  func isDeterministic(architecture: String) throws {
    let before = Threads.count
    defer { Threads.count = before }
    let run = try RecipeFixture(RecipeFixture.recipe(architecture))
    Threads.count = 1
    try run.train(to: "first")
    try run.train(to: "second")
    Threads.count = 2
    try run.train(to: "threads")
    let first = try run.files(in: "first")
    #expect(first.keys.sorted() == Self.outputs)
    #expect(try run.files(in: "second") == first)
    #expect(try run.files(in: "threads") == first)
    try run.folder.write(
      RecipeFixture.recipe(
        architecture, replacing: [(#""recomputation": "none""#, #""recomputation": "blocks""#)]),
      to: "recipe.json")
    try run.train(to: "recomputed")
    #expect(try run.files(in: "recomputed")["model.safetensors"] == first["model.safetensors"])
  }

  @Test("Stopped anywhere and taken up again: the bytes of an undisturbed run")
  func resumes() throws {
    let run = try RecipeFixture()
    try run.train(to: "whole")
    let whole = try run.files(in: "whole")
    // Steps beside evaluations (15) and checkpoints (20), on them, and beyond the end.
    for stop in [1, 17, 20, 45, 60, 61] {
      let output = "stopped-\(stop)"
      try run.train(to: output, steps: stop)
      try run.train(to: output)
      #expect(try run.files(in: output) == whole, "stopped at \(stop)")
    }
  }

  @Test(
    "A run that was killed goes on from its last state, and lines written after it are replaced")
  func resumesAfterAKill() throws {
    let run = try RecipeFixture()
    try run.train(to: "whole")
    try run.train(to: "killed", steps: 20)
    let state = try TemporaryFolder.bytes(of: run.folder.path("killed/state.safetensors"))
    try run.train(to: "killed", steps: 35)
    // As a kill at step 35 leaves it: a line for step 30, a state of step 20, no model.
    try run.folder.write(state, to: "killed/state.safetensors")
    unlink(run.folder.path("killed/model.safetensors"))
    let lines = try run.train(to: "killed")
    #expect(lines.contains("going on from step 20"))
    #expect(try run.files(in: "killed") == run.files(in: "whole"))
  }

  @Test("Stopping early keeps the schedule: a prefix of the evaluations")
  func stopsEarly() throws {
    let run = try RecipeFixture()
    try run.train(to: "whole")
    try run.train(to: "part", steps: 31)
    let whole = try evaluations(run, "whole")
    #expect(whole.map(\.step) == [15, 30, 45, 60])
    #expect(whole.map(\.tokens) == [15, 30, 45, 60].map { $0 * 4 * 32 })
    #expect(try evaluations(run, "part") == Array(whole.prefix(2)))
    // Cosine from 1e-2 after 5 steps to 1e-3: at the last step, t = 54/55.
    let t = 54.0 / 55
    #expect(abs(whole[3].learningRate - (1e-3 + 9e-3 * (1 + cos(.pi * t)) / 2)) < 1e-15)
  }

  @Test("The loss falls below the entropy of single tokens", arguments: ["llama", "opt"])
  func learns(architecture: String) throws {
    let run = try RecipeFixture(
      RecipeFixture.recipe(architecture, replacing: [("\"steps\": 60", "\"steps\": 180")]))
    try run.train(to: "out")
    var counts: [UInt8: Double] = [:]
    let text = RecipeFixture.text(bytes: 6000, seed: 1)
    for byte in text.utf8 { counts[byte, default: 0] += 1 }
    let total = Double(text.utf8.count)
    let entropy = -counts.values.reduce(0) { $0 + $1 / total * log($1 / total) }
    let records = try evaluations(run, "out")
    let (first, last) = (try #require(records.first), try #require(records.last))
    // Entropy of the words themselves: three bits a word of 5.1 bytes, 0.41 nats a byte.
    #expect(last.devLoss < 0.6 * entropy, "entropy \(entropy), \(last)")
    #expect(last.devLoss < first.devLoss && last.devLoss > 0.35)
  }

  @Test(
    "The model opens as any model; its logits are the trained ones, rounded",
    arguments: ["llama", "opt"])
  func modelOpens(architecture: String) throws {
    let run = try RecipeFixture(RecipeFixture.recipe(architecture))
    try run.train(to: "out")
    let half = try ModelSource(path: run.folder.path("out"))
    #expect(half.checkpoint.tensors.allSatisfy { $0.type == .f16 })
    // The state holds the optimizer's moments as well, which no model reads.
    let state = try SafetensorsFile(run.folder.path("out/state.safetensors"))
    let names = Set(half.checkpoint.tensors.map(\.name))
    try SafetensorsWriter.write(
      try state.tensors.filter { names.contains($0.name) }.map {
        ($0.name, $0.shape, try state.read($0.name))
      }, to: run.folder.path("single.safetensors"))
    let single = try ModelSource(
      configuration: half.configuration,
      checkpoint: SafetensorsFile(run.folder.path("single.safetensors")))
    let tokens = RecipeFixture.text(bytes: 64, seed: 3).utf8.prefix(64).map { Int32($0) }
    func logits(_ source: ModelSource) throws -> [Float] {
      let model = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      return try model.logits(
        tokens, windowTokens: 32, operators: DenseParameters(source: source)
      ).elements
    }
    // A weight's own rounding is 2⁻¹¹ of it; a dozen layers add up.
    let comparison = Comparison(
      try logits(half), with: try logits(single), within: .relativeToLargest(4e-3))
    #expect(comparison.isWithin, "\(comparison)")
    #expect(try logits(half) != logits(single))
  }

  @Test("First weights: normals of the recipe's deviation, smaller where they write to the stream")
  func initialisation() throws {
    // One step with a vanishing rate leaves them.
    let run = try RecipeFixture(
      RecipeFixture.recipe(
        "opt",
        replacing: [
          ("\"peak\": 1e-2", "\"peak\": 1e-30"), ("\"final\": 1e-3", "\"final\": 0"),
          ("\"weightDecay\": 0.1", "\"weightDecay\": 0"),
        ]))
    try run.train(to: "out", steps: 1)
    let file = try SafetensorsFile(run.folder.path("out/state.safetensors"))
    var seen: Set<[UInt32]> = []
    for tensor in file.tensors where !tensor.name.contains("first.") {
      let values = try file.read(tensor.name)
      if tensor.name.hasPrefix("second.") { continue }
      if tensor.shape.count == 1 {
        let expected: Float = tensor.name.hasSuffix("norm.weight") ? 1 : 0
        #expect(values.allSatisfy { abs($0 - expected) < 1e-20 }, "\(tensor.name)")
        continue
      }
      let isResidual = tensor.name.contains("out_proj") || tensor.name.contains("fc2")
      let expected = isResidual ? 0.02 / 2 : 0.02
      let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
      let square = values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
      // Five standard errors.
      let count = Double(values.count)
      #expect(abs(mean) < 5 * expected / count.squareRoot(), "\(tensor.name): \(mean)")
      #expect(
        abs(square.squareRoot() / expected - 1) < 5 / (2 * count).squareRoot(), "\(tensor.name)")
      #expect(seen.insert(values.prefix(8).map(\.bitPattern)).inserted, "\(tensor.name) again")
    }
    #expect(seen.count == 2 + 2 * 6)
  }

  @Test("Token ids in a file train the same model as their text")
  func idsOrText() throws {
    let run = try RecipeFixture()
    try run.train(to: "text", steps: 5)
    for name in ["train", "dev"] {
      let text = try TemporaryFolder.bytes(of: run.folder.path("\(name).txt"))
      // The fixture's vocabulary has each byte's value as its id.
      try run.folder.write(text.flatMap { [$0, 0, 0, 0] }, to: "\(name).ids")
    }
    try run.folder.write(
      RecipeFixture.recipe(replacing: [("train.txt", "train.ids"), ("dev.txt", "dev.ids")]),
      to: "recipe.json")
    try run.train(to: "ids", steps: 5)
    #expect(
      try run.files(in: "ids")["model.safetensors"]
        == run.files(in: "text")["model.safetensors"])
  }

  @Test("Texts are looked for in the data folder first, and their lines end in LF alone")
  func dataFolder() throws {
    let run = try RecipeFixture()
    try run.train(to: "out", steps: 2)
    let other = try TemporaryFolder()
    let text = RecipeFixture.text(bytes: 6000, seed: 1).replacing("\n", with: "\r\n")
    try other.write(text, to: "train.txt")
    try run.folder.write("of no use", to: "train.txt")
    var training = try Pretraining(
      recipe: run.folder.path("recipe.json"), to: run.folder.path("elsewhere"),
      dataFolder: other.path
    ) { _ in }
    try training.run(steps: 2)
    #expect(try run.files(in: "elsewhere") == run.files(in: "out"))
  }

  @Test("Divergence is an error, and what was written before stays")
  func diverges() throws {
    let run = try RecipeFixture(
      RecipeFixture.recipe(replacing: [("\"every\": 20", "\"every\": 1")]))
    try run.folder.write(
      RecipeFixture.recipe(
        replacing: [
          ("\"every\": 20", "\"every\": 1"), ("\"clipNorm\": 1.0, ", ""),
          ("\"peak\": 1e-2", "\"peak\": 1e30"), ("\"warmupSteps\": 5", "\"warmupSteps\": 60"),
        ]), to: "recipe.json")
    let error = #expect(throws: PretrainingError.self) { try run.train(to: "out") }
    #expect(error?.isDivergence == true)
    #expect(
      "\(try #require(error))".hasPrefix("training diverged at step 2: the loss is "),
      "\(String(describing: error))")
    #expect(try SafetensorsFile(run.folder.path("out/state.safetensors")).metadata["step"] == "1")
  }

  @Test("Another recipe's, text's or kernel set's state is refused")
  func otherState() throws {
    let run = try RecipeFixture()
    try run.train(to: "out", steps: 1)
    let path = run.folder.path("out/state.safetensors")
    try run.folder.write(RecipeFixture.text(bytes: 6000, seed: 9), to: "train.txt")
    let text = #expect(throws: PretrainingError.self) { try run.train(to: "out") }
    #expect(
      "\(try #require(text))".hasPrefix("\(path): the state belongs to another run: its text is "))
    try run.folder.write(
      RecipeFixture.recipe(replacing: [("\"steps\": 60", "\"steps\": 61")]), to: "recipe.json")
    let recipe = #expect(throws: PretrainingError.self) { try run.train(to: "out") }
    let words = "\(try #require(recipe))"
    #expect(words.hasPrefix("\(path): the state belongs to another run: its recipe is "))
    #expect(words.hasSuffix("; remove it, or give another folder"))
  }

  private func evaluations(_ run: RecipeFixture, _ output: String) throws -> [EvaluationRecord] {
    let text = try TemporaryFolder.bytes(of: run.folder.path("\(output)/dev-loss.jsonl"))
    return try text.split(separator: UInt8(ascii: "\n")).map {
      try JSONDocument(text: Array($0), file: "dev-loss.jsonl").decode(EvaluationRecord.self)
    }
  }
}
