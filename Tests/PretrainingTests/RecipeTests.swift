import JSONText
import Pretraining
import TestSupport
import Testing
import Transformers

@Suite struct RecipeTests {
  /// What is wrong, the replacement that makes it so, the pointer, the words.
  static let mistakes: [(old: String, new: String, pointer: String, reason: String)] = [
    (
      "\"schema\": 1", "\"schema\": 2", "/schema",
      "schema 2 isn't supported; this build reads schema 1"
    ),
    (
      "\"llama\"", "\"lama\"", "/architecture",
      "unknown value 'lama'; did you mean 'llama'?"
    ),
    (
      "\"blocks\": 2", "\"blocks\": 0", "/shape/blocks",
      "expected a count from 1 to 268435456, found 0"
    ),
    (
      "\"heads\": 4", "\"heads\": 5", "/shape/heads", "32 channels don't divide into 5 heads"
    ),
    (
      "\"heads\": 4", "\"heads\": 32", "/shape/heads",
      "rotary positions need an even head size, found 1"
    ),
    (
      "\"keyHeads\": 2,", "\"keyHeads\": 3,", "/shape/keyHeads",
      "4 query heads can't share 3 key heads evenly"
    ),
    ("\"keyHeads\": 2,", "", "/shape", "the architecture 'llama' needs the member 'keyHeads'"),
    (
      "\"llama\"", "\"opt\"", "/shape/keyHeads", "the architecture 'opt' has no 'keyHeads'"
    ),
    (
      "\"llama\"", "\"gemma3_txt\"", "/architecture",
      "unknown value 'gemma3_txt'; did you mean 'gemma3_text'?"
    ),
    (
      "\"llama\"", "\"gemma3_text\"", "/shape",
      "the architecture 'gemma3_text' needs the member 'slidingWindow'"
    ),
    (
      "\"keyHeads\": 2,", "\"keyHeads\": 2, \"slidingWindow\": 8,", "/shape/slidingWindow",
      "the architecture 'llama' has no 'slidingWindow'"
    ),
    (
      "\"keyHeads\": 2,", "\"keyHeads\": 2, \"headSize\": 7,", "/shape/headSize",
      "rotary positions need an even head size, found 7"
    ),
    (
      "\"rotaryBase\": 10000", "\"rotaryBase\": 0", "/shape/rotaryBase",
      "expected a number above 0, found 0.0"
    ),
    (
      "\"tiesHead\": true", "\"tiesHead\": true, \"positon\": 1", "/shape/positon",
      "unknown member 'positon'; did you mean 'positions'?"
    ),
    (
      "\"deviation\": 0.02", "\"deviation\": -1", "/initialisation/deviation",
      "expected a number above 0, found -1.0"
    ),
    (
      "\"scalesResiduals\": true", "\"scalesResiduals\": true, \"positions\": \"normal\"",
      "/initialisation/positions", "the architecture 'llama' has no table of positions"
    ),
    (
      "[\"train.txt\"]", "[]", "/data/train", "expected at least one file, found none"
    ),
    (
      "[\"train.txt\"]", "[\"train.text\"]", "/data/train/0",
      "expected a file called *.txt or *.ids, found 'train.text'"
    ),
    (
      "[\"train.txt\"]", "[\"a.txt\", \"b.ids\"]", "/data/train/1",
      "expected files of one kind, found 'b.ids' after 'a.txt'"
    ),
    (
      "\"windowTokens\": 32", "\"windowTokens\": 65", "/data/windowTokens",
      "expected from 2 tokens to the model's 64 positions, found 65"
    ),
    (
      "\"beginningOfSequence\": \"none\"", "\"beginningOfSequence\": \"always\"",
      "/data/beginningOfSequence", "unknown value 'always'; known: 'none', 'once'"
    ),
    (
      "\"name\": \"adamw\"", "\"name\": \"lion\"", "/training/optimizer/name",
      "unknown value 'lion'; known: 'adamw'"
    ),
    (
      "\"beta2\": 0.95", "\"beta2\": 1", "/training/optimizer/beta2",
      "expected from 0 to below 1, found 1.0"
    ),
    (
      "\"weightDecay\": 0.1", "\"weightDecay\": -0.1", "/training/optimizer/weightDecay",
      "expected a number of at least 0, found -0.1"
    ),
    (
      "\"cosine\"", "\"cosinus\"", "/training/learningRate/schedule",
      "unknown value 'cosinus'; did you mean 'cosine'?"
    ),
    (
      "\"warmupSteps\": 5", "\"warmupSteps\": 61", "/training/learningRate/warmupSteps",
      "expected from 0 to the run's 60 steps, found 61"
    ),
    (
      "\"clipNorm\": 1.0", "\"clipNorm\": 0", "/training/clipNorm",
      "expected a number above 0, found 0.0"
    ),
    (
      "\"recomputation\": \"none\"", "\"recomputation\": \"some\"", "/training/recomputation",
      "unknown value 'some'; known: 'blocks', 'none'"
    ),
    (
      "\"recomputation\": \"none\"",
      "\"recomputation\": \"none\", \"shortWindows\": [{ \"tokens\": 12, \"untilStep\": 3 }]",
      "/training/shortWindows/0/tokens",
      "expected a divisor of the window's 32 tokens from 2, found 12"
    ),
    (
      "\"recomputation\": \"none\"",
      "\"recomputation\": \"none\", \"shortWindows\": [{ \"tokens\": 8, \"untilStep\": 3 }, "
        + "{ \"tokens\": 16, \"untilStep\": 3 }]",
      "/training/shortWindows/1/untilStep",
      "expected a step after 3, where the stage before ends, found 3"
    ),
    (
      "\"recomputation\": \"none\"",
      "\"recomputation\": \"none\", \"shortWindows\": [{ \"tokens\": 8, \"untilStep\": 60 }]",
      "/training/shortWindows/0/untilStep",
      "expected a step before 60, the run's last, found 60"
    ),
    (
      "\"windows\": 6", "\"windows\": 0", "/evaluation/windows",
      "expected a count from 1 to 268435456, found 0"
    ),
  ]

  @Test("Each mistake is named where it is", arguments: 0..<mistakes.count)
  func namesTheMistake(index: Int) throws {
    let mistake = Self.mistakes[index]
    let folder = try TemporaryFolder()
    let text = RecipeFixture.recipe(replacing: [(mistake.old, mistake.new)])
    let path = try folder.write(text, to: "recipe.json")
    let error = #expect(throws: JSONError.self) { try Recipe(contentsOf: path) }
    #expect(error?.pointer == mistake.pointer)
    #expect(error?.reason == mistake.reason)
    #expect(error?.file == path)
  }

  @Test("Files of token ids have no beginning of sequence put before them")
  func beginningOfIDs() throws {
    let folder = try TemporaryFolder()
    let text = RecipeFixture.recipe(replacing: [
      ("train.txt", "train.ids"),
      ("\"beginningOfSequence\": \"none\"", "\"beginningOfSequence\": \"once\""),
    ])
    let path = try folder.write(text, to: "recipe.json")
    let error = #expect(throws: JSONError.self) { try Recipe(contentsOf: path) }
    #expect(
      error?.reason == "expected \"none\" with files of token ids, which hold what they hold")
  }

  @Test("The recipe of every family is read", arguments: FreshFamily.allCases)
  func reads(family: FreshFamily) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(RecipeFixture.recipe(family.rawValue), to: "recipe.json")
    let recipe = try Recipe(contentsOf: path)
    #expect(recipe.architecture == family)
    #expect(recipe.shape.keyHeads == (family.rawValue == "opt" ? nil : 2))
    #expect(recipe.training.learningRate.peak == 1e-2)
  }

  @Test("A text, a tokenizer or an id that isn't there is named")
  func texts() throws {
    let run = try RecipeFixture(RecipeFixture.recipe(replacing: [("dev.txt", "other.txt")]))
    func words() throws -> String {
      let error = #expect(throws: PretrainingError.self) { try run.train(to: "out") }
      return "\(try #require(error))"
    }
    #expect(
      try words() == "there is no 'other.txt'; looked for it in '\(run.folder.path)'")
    func replace(_ pairs: [(String, String)]) throws {
      try run.folder.write(RecipeFixture.recipe(replacing: pairs), to: "recipe.json")
    }
    try replace([("\"tokenizer\": \".\"", "\"tokenizer\": \"words\"")])
    #expect(
      try words()
        == "\(run.folder.path)/words: expected vocab.json and merges.txt, or tokenizer.model")
    try replace([("\"vocabulary\": 260", "\"vocabulary\": 259")])
    #expect(try words() == "the tokenizer has 260 ids, the recipe's vocabulary only 259")
    try replace([("train.txt", "train.ids")])
    let path = try run.folder.write([1, 0, 0, 0, 4, 1, 0, 0], to: "train.ids")
    #expect(
      try words()
        == "\(path): error: expected ids below the vocabulary's 260, found 260 at token 1")
    try run.folder.write([1, 0, 0, 0, 4], to: "train.ids")
    #expect(try words() == "\(path): error: expected 4 bytes for each token id, found 5 bytes")
  }
}
