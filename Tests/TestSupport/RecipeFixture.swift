/// A recipe of 32 channels and two blocks over a byte vocabulary, with a text that can be learned.
package struct RecipeFixture: Sendable {
  /// Where recipe, tokenizer and texts are.
  package let folder: TemporaryFolder

  /// The recipe's text.
  ///
  /// - Parameters:
  ///   - architecture: A family by name.
  ///   - replacing: Pieces of it that are replaced by others.
  /// - Returns: JSON.
  package static func recipe(_ architecture: String = "llama", replacing: [(String, String)] = [])
    -> String
  {
    let own =
      architecture == "opt"
      ? ""
      : #""keyHeads": 2, "rotaryBase": 10000, "normEpsilon": 1e-5,"#
        + (architecture == "gemma3_text" ? #" "slidingWindow": 8,"# : "")
    var text = """
      {
        "schema": 1, "name": "small", "architecture": "\(architecture)",
        "shape": {
          "vocabulary": 260, "channels": 32, "blocks": 2, "heads": 4, \(own)
          "feedForward": 48, "positions": 64, "tiesHead": true
        },
        "initialisation": { "seed": 1, "deviation": 0.02, "scalesResiduals": true },
        "data": {
          "tokenizer": ".", "train": ["train.txt"], "development": ["dev.txt"], "windowTokens": 32,
          "beginningOfSequence": "none"
        },
        "training": {
          "steps": 60, "batchWindows": 4, "seed": 5,
          "optimizer": {
            "name": "adamw", "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1,
            "decaysVectors": false
          },
          "learningRate": { "peak": 1e-2, "schedule": "cosine", "warmupSteps": 5, "final": 1e-3 },
          "clipNorm": 1.0, "recomputation": "none"
        },
        "evaluation": { "every": 15, "windows": 6 }, "checkpoint": { "every": 20 }
      }
      """
    for (old, new) in replacing {
      precondition(text.contains(old), "the recipe has no \(old)")
      text = text.replacing(old, with: new)
    }
    return text
  }

  /// Writes recipe, tokenizer and texts.
  package init(_ recipe: String = RecipeFixture.recipe()) throws {
    let tokenizer = try CellFixture()
    folder = try TemporaryFolder()
    for name in ["vocab.json", "merges.txt"] {
      let bytes = try TemporaryFolder.bytes(of: tokenizer.folder.path("model/\(name)"))
      try folder.write(bytes, to: name)
    }
    try folder.write(recipe, to: "recipe.json")
    try folder.write(Self.text(bytes: 6000, seed: 1), to: "train.txt")
    try folder.write(Self.text(bytes: 400, seed: 2), to: "dev.txt")
  }

  /// Words in random order.
  package static func text(bytes: Int, seed: UInt64) -> String {
    let words = ["one ", "and ", "tree, ", "of ", "water. ", "sound ", "the ", "seven\n"]
    var (random, text) = (SplitMix64(seed: seed), "")
    while text.utf8.count < bytes { text += words[Int(random.next() % 8)] }
    return text
  }

  /// The bytes of everything in the folder `output`, by name.
  package func files(in output: String) throws -> [String: [UInt8]] {
    let path = folder.path(output)
    return Dictionary(
      uniqueKeysWithValues: try TemporaryFolder.names(in: path).map {
        ($0, try TemporaryFolder.bytes(of: "\(path)/\($0)"))
      })
  }
}
