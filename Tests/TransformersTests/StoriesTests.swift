import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// A real trained model of 260,032 parameters, word for word.
@Suite(
  "stories260K equals an independent forward pass", .needsTestData("stories260K/stories260K.bin"))
struct StoriesTests {
  private let transformer: Transformer
  private let parameters: DenseParameters
  private let vectors: SafetensorsFile

  init() throws {
    let path = try #require(TestData.path("stories260K/stories260K.bin"))
    let file = try Llama2CFile(path)
    let source = try ModelSource(
      configuration: ModelConfiguration(llama2C: file), checkpoint: file)
    parameters = try DenseParameters(source: source)
    transformer = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
    vectors = try Vectors.safetensors("stories260k")
  }

  @Test("Greedy generation gives the same 120 tokens", arguments: [0, 1])
  func greedy(story: Int) throws {
    let expected = try vectors.readIntegers("\(story).ids")
    var ids = try vectors.readIntegers("\(story).prompt_ids")
    #expect(ids.count + 120 == expected.count)
    for _ in 0..<120 {
      let logits = try transformer.logits(ids, windowTokens: ids.count, operators: parameters)
      let last = logits.rows(ids.count - 1..<ids.count).elements
      var best = 0
      for (token, value) in last.enumerated() where value > last[best] { best = token }
      ids.append(Int32(best))
      // A wrong token makes all that follow meaningless.
      try #require(ids.last == expected[ids.count - 1], "token \(ids.count - 1) of story \(story)")
    }
  }

  @Test("Logits of the last position and the NLL of every token", arguments: [0, 1])
  func likelihood(story: Int) throws {
    let ids = try vectors.readIntegers("\(story).ids")
    let logits = try transformer.logits(ids, windowTokens: ids.count, operators: parameters)
    expectClose(
      logits.rows(ids.count - 1..<ids.count).elements, try vectors.read("\(story).logits_last"),
      .absolute(1e-4), "last logits of story \(story)")
    let nll = try transformer.negativeLogLikelihood(
      ids, windowTokens: ids.count, operators: parameters)
    #expect(nll.last == 0)
    expectClose(
      nll.dropLast().map { Float($0) }, try vectors.read("\(story).nll"), .absolute(1e-4),
      "NLL of story \(story)")
  }

  @Test("Rotating half against half instead of neighbours tells another story")
  func rotaryConvention() throws {
    var configuration = transformer.configuration
    #expect(configuration.rotaryIsInterleaved)
    configuration.rotaryIsInterleaved = false
    let other = Transformer(configuration: configuration, frame: transformer.frame)
    let ids = try vectors.readIntegers("0.ids")
    let nll = try other.negativeLogLikelihood(
      ids, windowTokens: ids.count, operators: parameters)
    let mean = nll.reduce(0, +) / Double(ids.count - 1)
    #expect(mean > 0.6, "0.490 is the mean with neighbours; found \(mean)")
  }
}
