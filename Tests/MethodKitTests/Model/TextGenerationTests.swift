import Checkpoints
import MethodKit
import Tensors
import TestSupport
import Testing
import Transformers

@Suite("Text that a model writes")
struct TextGenerationTests {
  private let dense: DenseParameters
  private let model: Transformer

  init() throws {
    let source = try ModelSource(path: Vectors.path("model/llama_gqa_untied"))
    dense = try DenseParameters(source: source)
    model = Transformer(
      configuration: source.configuration, frame: try source.frame(precision: .single))
  }

  private func written(
    _ count: Int, seed: UInt64 = 1, temperature: Double = 1, tokens: Int = 12
  ) throws -> [[Int32]] {
    let ids = try TextGeneration(model, seed: seed, temperature: temperature).windows(
      count, tokens: tokens, operators: dense)
    return (0..<count).map { Array(ids[$0 * tokens..<($0 + 1) * tokens]) }
  }

  /// The likeliest successor of each position of a window.
  private func successors(_ window: [Int32]) throws -> [Int32] {
    let logits = try model.logits(window, windowTokens: window.count, operators: dense)
    return (0..<window.count).map { row in
      let scores = logits.rows(row..<row + 1).elements
      return Int32(scores.firstIndex(of: scores.max() ?? 0) ?? -1)
    }
  }

  @Test("The first 3 to 5 successors are the likeliest, later ones mostly aren't")
  func greedyThenDrawn() throws {
    var (same, all) = (0, 0)
    for (index, window) in try written(12).enumerated() {
      let likeliest = try successors(window)
      let greedy = 3 + index % 3
      for position in 0..<greedy { #expect(window[position + 1] == likeliest[position]) }
      for position in greedy..<11 {
        same += window[position + 1] == likeliest[position] ? 1 : 0
        all += 1
      }
    }
    #expect(same < all / 2, "\(same) of \(all)")
  }

  @Test("A draw is a function of seed, window and position: batches and lengths don't matter")
  func repeatable() throws {
    let forty = try written(40)
    #expect(try written(40) == forty)
    #expect(try written(3) == Array(forty.prefix(3)))
    #expect(try written(3, tokens: 7) == forty.prefix(3).map { Array($0.prefix(7)) })
    #expect(try written(40, seed: 2) != forty)
    #expect(Set(forty.map { $0[0] }).count > 25, "windows start differently")
    #expect(forty.joined().allSatisfy { (0..<211).contains($0) })
  }

  @Test("Near temperature 0 everything is the likeliest")
  func cold() throws {
    for window in try written(4, temperature: 1e-6) {
      #expect(Array(window.dropFirst()) == Array(try successors(window).dropLast()))
    }
  }

  @Test("Tokens are drawn as often as the model says")
  func frequencies() throws {
    // The sixth token is drawn in windows 0 and 1 of three. By each window's own probabilities the number
    // of draws among the 20 likeliest has a known mean and deviation.
    var (hits, mean, variance) = (0.0, 0.0, 0.0)
    for (index, window) in try written(600, tokens: 6).enumerated() where index % 3 != 2 {
      let logits = try model.logits(window, windowTokens: 6, operators: dense)
      let scores = logits.rows(4..<5).elements
      let largest = scores.max() ?? 0
      let weights = scores.map { Double(exponential($0 - largest)) }
      let order = weights.indices.sorted { weights[$0] > weights[$1] }.prefix(20)
      let p = order.reduce(0.0) { $0 + weights[$1] } / weights.reduce(0, +)
      hits += order.contains(Int(window[5])) ? 1 : 0
      mean += p
      variance += p * (1 - p)
    }
    #expect(variance > 40)
    #expect(abs(hits - mean) < 4 * variance.squareRoot(), "\(hits), \(mean), \(variance)")
  }
}
