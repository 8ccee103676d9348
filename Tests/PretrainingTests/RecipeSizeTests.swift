import JSONText
import Pretraining
import Tensors
import TestSupport
import Testing
import Transformers

/// Recipes whose counts are fine one by one and too much together.
@Suite struct RecipeSizeTests {
  static func read(
    _ replacing: [(String, String)], architecture: String = "llama", memoryBytes: Int
  ) throws -> Recipe {
    let folder = try TemporaryFolder()
    let text = RecipeFixture.recipe(architecture, replacing: replacing)
    let path = try folder.write(text, to: "recipe.json")
    return try Recipe(contentsOf: path, memoryBytes: memoryBytes, threads: 2)
  }

  /// What is replaced, the pointer, the words after "expected tensors of at most 2147483647 numbers".
  static let tensors: [(replacing: [(String, String)], pointer: String, found: String)] = [
    (
      [("\"vocabulary\": 260", "\"vocabulary\": 268435456")], "/shape/vocabulary",
      "an embedding of 268435456 × 32"
    ),
    (
      [("\"positions\": 64", "\"positions\": 67108864")], "/shape/positions",
      "positions of 67108864 × 32"
    ),
    (
      [("\"channels\": 32", "\"channels\": 1048576")], "/shape/channels",
      "an attention weight of 1048576 × 1048576"
    ),
    (
      [("\"feedForward\": 48", "\"feedForward\": 268435456")], "/shape/feedForward",
      "a feed-forward weight of 268435456 × 32"
    ),
    (
      [("\"batchWindows\": 4", "\"batchWindows\": 4194304")], "/training/batchWindows",
      "a batch's activations of 4194304 × 32 × 32"
    ),
    (
      [
        ("\"batchWindows\": 4", "\"batchWindows\": 100000"),
        ("\"feedForward\": 48", "\"feedForward\": 1024"),
      ], "/training/batchWindows", "a batch's activations of 100000 × 32 × 1024"
    ),
    // The product doesn't fit in 64 bits.
    (
      [
        ("\"batchWindows\": 4", "\"batchWindows\": 268435456"),
        ("\"positions\": 64", "\"positions\": 33554432"),
        ("\"windowTokens\": 32", "\"windowTokens\": 33554432"),
      ], "/training/batchWindows", "a batch's activations of 268435456 × 33554432 × 32"
    ),
  ]

  @Test("A tensor beyond 8 GiB is refused on any machine", arguments: tensors.indices)
  func tensorTooLarge(index: Int) throws {
    let (replacing, pointer, found) = Self.tensors[index]
    let error = #expect(throws: JSONError.self) { try Self.read(replacing, memoryBytes: .max) }
    #expect(error?.pointer == pointer)
    #expect(
      error?.reason == "expected tensors of at most 2147483647 numbers, found \(found)")
  }

  /// What is replaced, the pointer, the words after "expected a training that fits in 1024 MiB of memory".
  static let memories: [(replacing: [(String, String)], pointer: String, found: String)] = [
    (
      [("\"vocabulary\": 260", "\"vocabulary\": 4194304")], "/shape/vocabulary",
      "one of at least 3842 MiB, 3584 of them for the embedding, its gradients and moments"
    ),
    (
      [("\"channels\": 32", "\"channels\": 4096")], "/shape/channels",
      "one of at least 2795 MiB, 2689 of them for attention's weights, their gradients and moments"
    ),
    (
      [("\"feedForward\": 48", "\"feedForward\": 1048576")], "/shape/feedForward",
      "one of at least 9473 MiB, 5376 of them for the feed-forward weights, their gradients and moments"
    ),
    (
      [("\"batchWindows\": 4", "\"batchWindows\": 100000")], "/training/batchWindows",
      "one of at least 16408 MiB, 8985 of them for attention's activations"
    ),
    (
      [("\"blocks\": 2", "\"blocks\": 65536")], "/shape/blocks",
      "one of at least 29617 MiB, 8832 of them for the feed-forward weights, their gradients and "
        + "moments"
    ),
    (
      [
        ("\"positions\": 64", "\"positions\": 2097152"),
        ("\"windowTokens\": 32", "\"windowTokens\": 1048576"),
        ("\"batchWindows\": 4", "\"batchWindows\": 1"),
      ], "/data/windowTokens", "one of at least 6530 MiB, 2432 of them for attention's activations"
    ),
  ]

  @Test("A training beyond the machine's memory is refused", arguments: memories.indices)
  func memoryTooSmall(index: Int) throws {
    let (replacing, pointer, found) = Self.memories[index]
    let error = #expect(throws: JSONError.self) { try Self.read(replacing, memoryBytes: 1 << 30) }
    #expect(error?.pointer == pointer)
    #expect(
      error?.reason == "expected a training that fits in 1024 MiB of memory, found \(found)")
  }

  @Test("More blocks than any model has are refused as such")
  func blocks() throws {
    let error = #expect(throws: JSONError.self) {
      try Self.read([("\"blocks\": 2", "\"blocks\": 65537")], memoryBytes: .max)
    }
    #expect(error?.pointer == "/shape/blocks")
    #expect(error?.reason == "expected a count from 1 to 65536, found 65537")
  }

  @Test("The memory at hand decides, to the byte", arguments: ["llama", "opt"])
  func boundary(architecture: String) throws {
    let recipe = try Self.read([], architecture: architecture, memoryBytes: .max)
    let need = try TrainingMemory(recipe, threads: 2).total
    #expect(try Self.read([], architecture: architecture, memoryBytes: need) == recipe)
    #expect(throws: JSONError.self) {
      try Self.read([], architecture: architecture, memoryBytes: need - 1)
    }
    #expect((1 << 28..<1 << 46).contains(TrainingMemory.ofThisMachine))
  }

  /// Tensors of a run, counted where they are allocated, against the estimate: never above it, and two
  /// in a hundred below at most, for what is held for a moment.
  @Test(
    "The estimate is what a run allocates", arguments: FreshFamily.allCases.map(\.rawValue),
    ["none", "blocks"])
  func estimate(architecture: String, recomputation: String) async {
    await #expect(processExitsWith: .success) { [architecture, recomputation] in
      let run = try RecipeFixture(
        RecipeFixture.recipe(
          architecture,
          replacing: [
            ("\"vocabulary\": 260", "\"vocabulary\": 2048"),
            ("\"channels\": 32", "\"channels\": 128"), ("\"blocks\": 2", "\"blocks\": 5"),
            ("\"feedForward\": 48", "\"feedForward\": 320"),
            ("\"windowTokens\": 32", "\"windowTokens\": 64"),
            ("\"batchWindows\": 4", "\"batchWindows\": 16"), ("\"steps\": 60", "\"steps\": 5"),
            ("\"every\": 15, \"windows\": 6", "\"every\": 1, \"windows\": 16"),
            ("\"recomputation\": \"none\"", "\"recomputation\": \"\(recomputation)\""),
          ]))
      try run.folder.write(RecipeFixture.text(bytes: 2000, seed: 2), to: "dev.txt")
      let recipe = try Recipe(contentsOf: run.folder.path("recipe.json"))
      let estimate = try TrainingMemory(recipe, threads: 1).tensorBytes
      try run.train(to: "out", steps: 1)
      let found = LiveBytes.peak
      precondition(
        estimate <= found && found <= estimate / 100 * 102,
        "estimated \(estimate) bytes, found \(found)")
    }
  }
}
