import Checkpoints
import Glibc
import JSONText
import Pretraining
import Tensors
import TestSupport
import Testing
import Transformers

/// The first update, put together again from what the state holds after it.
///
/// After one step AdamW's mean is `(1 − β₁)g`, so the state tells the gradient; its correctness is held
/// to the loss itself, the update to the formula.
@Suite struct FirstStepTests {
  typealias Tensors = [String: [Float]]

  /// A run of one step with a large ε, so that the update isn't just the gradient's sign.
  private static func recipe(
    _ architecture: String, peak: String, clipNorm: String, piece: Int = 32
  ) -> String {
    let stages =
      #""recomputation": "none", "shortWindows": [{ "tokens": \#(piece), "untilStep": 1 }]"#
    return RecipeFixture.recipe(
      architecture,
      replacing: [
        ("\"epsilon\": 1e-8", "\"epsilon\": 0.01"), ("\"clipNorm\": 1.0, ", clipNorm),
        ("\"peak\": 1e-2", "\"peak\": \(peak)"), ("\"every\": 15", "\"every\": 1"),
        ("\"recomputation\": \"none\"", piece == 32 ? "\"recomputation\": \"none\"" : stages),
      ])
  }

  private func state(
    _ fixture: RecipeFixture, _ recipe: String, _ output: String
  ) throws -> SafetensorsFile {
    try fixture.folder.write(recipe, to: "recipe.json")
    try fixture.train(to: output, steps: 1)
    return try SafetensorsFile(fixture.folder.path(output + "/state.safetensors"))
  }

  /// The gradient, from the first moments.
  private func gradient(_ file: SafetensorsFile) throws -> Tensors {
    var gradient: Tensors = [:]
    for tensor in file.tensors where tensor.name.hasPrefix("first.") {
      gradient[String(tensor.name.dropFirst(6))] = try file.read(tensor.name).map { $0 / 0.1 }
    }
    return gradient
  }

  private func norm(_ tensors: Tensors) -> Double {
    tensors.values.joined().reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  @Test("Sinusoidal positions: Vaswani's table with the mean square of the other tables")
  func sinusoidalPositions() throws {
    let fixture = try RecipeFixture()
    let recipe = Self.recipe("opt", peak: "1e-30", clipNorm: "").replacing(
      "\"scalesResiduals\": true", with: "\"scalesResiduals\": true, \"positions\": \"sinusoidal\"")
    let state = try state(fixture, recipe, "sines")
    let table = try state.read("model.decoder.embed_positions.weight")
    var squares = 0.0
    for row in 0..<66 {
      for pair in 0..<16 {
        let angle = Double(row) * exp(-Double(2 * pair) / 32 * log(10_000))
        let expected = (0.02 * 2.0.squareRoot() * sin(angle), 0.02 * 2.0.squareRoot() * cos(angle))
        let found = (Double(table[row * 32 + 2 * pair]), Double(table[row * 32 + 2 * pair + 1]))
        #expect(abs(found.0 - expected.0) < 1e-8 && abs(found.1 - expected.1) < 1e-8)
        squares += found.0 * found.0 + found.1 * found.1
      }
    }
    #expect(table.count == 66 * 32)
    #expect(abs(squares / Double(table.count) / 4e-4 - 1) < 1e-6)
  }

  @Test(
    "Gradient, clipping, decay and rate of the first step, also when it reads pieces of windows",
    arguments: [("llama", 32), ("opt", 32), ("opt", 8)])
  func firstStep(architecture: String, piece: Int) throws {
    let fixture = try RecipeFixture()
    // A vanishing rate leaves the first weights and shows the gradient.
    let plain = try state(
      fixture, Self.recipe(architecture, peak: "1e-30", clipNorm: "", piece: piece), "plain")
    let gradient = try gradient(plain)
    let length = norm(gradient)
    var weights: Tensors = [:]
    for name in gradient.keys { weights[name] = try plain.read(name) }

    // The loss of the batch, by a forward pass over the windows that the order names.
    let bytes = try TemporaryFolder.bytes(of: fixture.folder.path("train.txt"))
    var order = WindowOrder(seed: 5, count: bytes.count / 32)
    let batch = order.batch(at: 0, of: 4).flatMap { bytes[$0 * 32..<($0 + 1) * 32].map(Int32.init) }
    func loss(along step: Double) throws -> Double {
      let moved: [SafetensorsWriter.Tensor] = plain.tensors.compactMap { tensor in
        guard let values = weights[tensor.name], let slope = gradient[tensor.name] else {
          return nil
        }
        return (
          tensor.name, tensor.shape,
          zip(values, slope).map { Float(Double($0) + step * Double($1) / length) }
        )
      }
      let path = fixture.folder.path("moved.safetensors")
      try SafetensorsWriter.write(moved, to: path)
      let source = try ModelSource(
        configuration: ModelConfiguration(
          hubConfiguration: JSONDocument(contentsOf: fixture.folder.path("plain/config.json"))),
        checkpoint: SafetensorsFile(path))
      let model = Transformer(
        configuration: source.configuration, frame: try source.frame(precision: .single))
      let losses = try model.negativeLogLikelihood(
        batch, windowTokens: piece, operators: DenseParameters(source: source))
      return losses.reduce(0, +) / Double(4 * 32 / piece * (piece - 1))
    }
    // Along the gradient the loss rises by its length; along anything else by less.
    let (up, down) = (try loss(along: 0.005), try loss(along: -0.005))
    let slope = (up - down) / 0.01
    #expect(abs(slope / length - 1) < 0.01, "slope \(slope), length \(length)")
    let line = try TemporaryFolder.bytes(of: fixture.folder.path("plain/dev-loss.jsonl"))
    let record = try JSONDocument(text: line, file: "l").decode(EvaluationRecord.self)
    #expect(abs(record.trainLoss - (try loss(along: 0))) < 1e-5)

    // Clipped to 0.1, warmed up to a fifth of the peak.
    let clipped = try state(
      fixture,
      Self.recipe(architecture, peak: "1e-2", clipNorm: "\"clipNorm\": 0.1, ", piece: piece),
      "clipped")
    #expect(length > 0.2)
    #expect(abs(norm(try self.gradient(clipped)) / 0.1 - 1) < 1e-5)
    let rate = 1e-2 / 5
    for tensor in clipped.tensors {
      guard let old = weights[tensor.name], let slope = gradient[tensor.name] else { continue }
      let decay = tensor.shape.count > 1 ? 1 - rate * 0.1 : 1
      let expected = zip(old, slope).map { weight, slope in
        let g = Double(slope) * 0.1 / length
        return Float(decay * Double(weight) - rate * g / (abs(g) + 0.01))
      }
      let comparison = Comparison(
        try clipped.read(tensor.name), with: expected,
        within: .elementwise(relative: 1e-6, absolute: 1e-7))
      #expect(comparison.isWithin, "\(tensor.name): \(comparison)")
    }
  }
}
