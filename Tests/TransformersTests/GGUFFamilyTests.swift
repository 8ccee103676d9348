import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// Every family that llama.cpp knows, as its conversions write it: the hub's model, or a refusal by key or tensor.
@Suite struct GGUFFamilyTests {
  /// A model of each, and its architecture in GGUF.
  static let models = [
    "llama_gguf": "llama", "qwen2_gguf": "qwen2", "qwen3": "qwen3", "gemma3_gguf": "gemma3",
    "phi3": "phi3", "smollm3_gguf": "smollm3",
  ]
  /// Those whose rows of Q and K lie in the order of interleaved pairs, so that sums run in another order.
  static let interleaved: Set = ["llama_gguf", "smollm3_gguf"]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func sources(_ name: String) throws -> (hub: ModelSource, gguf: ModelSource) {
    let folder = Vectors.path("model/\(name)")
    return (try ModelSource(path: folder), try ModelSource(path: folder + "/model.gguf"))
  }

  @Test("The configuration is the hub's", arguments: models.keys.sorted())
  func configurations(name: String) throws {
    let (hub, gguf) = try sources(name)
    var c = gguf.configuration
    #expect(c.rotaryIsInterleaved == Self.interleaved.contains(name))
    c.rotaryIsInterleaved = false
    if name == "llama_gguf" {
      // The hub's stretching stands as divisors there.
      #expect(c.rotaryScaling == nil && c.rotaryDivisors?.count == 4)
      let pairs = zip(c.rotaryFrequencies, hub.configuration.rotaryFrequencies)
      #expect(pairs.allSatisfy { abs($0 / $1 - 1) < 1e-6 })
      (c.rotaryScaling, c.rotaryDivisors) = (hub.configuration.rotaryScaling, nil)
    }
    #expect(c == hub.configuration)
    #expect(
      gguf.account.allSatisfy {
        $0.use != .harmless && ($0.use != .besides || $0.tensor.name == "rope_freqs.weight")
      })
  }

  @Test("Every tensor has the hub's numbers, to the last bit", arguments: models.keys.sorted())
  func tensors(name: String) throws {
    let (hub, gguf) = try sources(name)
    let (right, found) = (try ModelValues(hub), try ModelValues(gguf))
    let c = hub.configuration
    for (id, weight) in right.weights {
      let isTurned =
        Self.interleaved.contains(name) && (id.kind == .query || id.kind == .key)
      for row in 0..<weight.rows {
        // Pair i of a head is rows i and i + size/2 on the hub, 2i and 2i + 1 in the file.
        let (head, place) = (row / c.headSize * c.headSize, row % c.headSize)
        let half = c.headSize / 2
        let other = isTurned ? head + place % half * 2 + place / half : row
        let values = (0..<weight.columns).map { found.weights[id]?.row(other)[$0] }
        #expect(values == weight.rows(row..<row + 1).elements, "\(id) row \(row)")
        #expect(found.biases[id]?.elements[other] == right.biases[id]?.elements[row])
      }
    }
    for (block, norms) in right.norms.enumerated() {
      for (kind, norm) in norms.enumerated() {
        #expect(found.norms[block][kind].gain.elements == norm.gain.elements)
      }
    }
    #expect(found.embedding.elements == right.embedding.elements)
    #expect(found.head?.elements == right.head?.elements)
    #expect(found.finalGain?.elements == right.finalGain?.elements)
  }

  @Test(
    "The logits are the hub's, to the last bit where rows lie alike",
    arguments: models.keys.sorted())
  func logits(name: String) throws {
    let (hub, gguf) = try sources(name)
    let expected = try Vectors.safetensors("model/\(name)/expected")
    for (key, windowTokens) in [("input_ids", 17), ("long.input_ids", 61)] {
      let ids = try expected.readIntegers(key)
      let logits = try [hub, gguf].map { source in
        try Transformer(
          configuration: source.configuration, frame: source.frame(precision: .single)
        ).logits(
          ids, windowTokens: windowTokens, operators: DenseParameters(source: source)
        ).elements
      }
      let tolerance: Tolerance =
        name == "llama_gguf"
        ? .relativeToLargest(1e-5)
        : Self.interleaved.contains(name) ? .relativeToLargest(1e-6) : .exact
      let comparison = Comparison(logits[1], with: logits[0], within: tolerance)
      #expect(comparison.isWithin, "\(name) \(key): \(comparison)")
    }
  }

  /// A model's file with some keys or tensors changed.
  private func changed(_ name: String, _ change: (inout GGUFModel) -> Void) throws -> String {
    let file = try GGUFFile(Vectors.path("model/\(name)/model.gguf"))
    var model = GGUFModel()
    (model.keys, model.tensors) = ([], [])
    for key in file.metadataKeys {
      switch file.metadata[key] {
      case .string(let text)?: model.set(key, text)
      case .unsigned(let number)?: model.set(key, UInt32(number))
      case .float(let number)?: model.set(key, Float(number))
      default: Issue.record("\(key) of another type")
      }
    }
    for tensor in file.tensors {
      model.tensors.append((tensor.name, tensor.shape, try file.read(tensor.name)))
    }
    change(&model)
    return try folder.write(model.file, to: "m.gguf")
  }

  private func complaint(_ name: String, _ change: (inout GGUFModel) -> Void) throws -> String {
    let path = try changed(name, change)
    do {
      _ = try ModelSource(path: path)
      return "opened"
    } catch {
      return String("\(error)".dropFirst(path.count))
    }
  }

  @Test("A copy opens; a window that isn't said, and what else isn't computed, is refused by name")
  func refusals() throws {
    for name in Self.models.keys { #expect(try complaint(name) { _ in } == "opened") }
    for name in ["gemma3_gguf", "phi3"] {
      let architecture = try #require(Self.models[name])
      let text = try complaint(name) { $0.remove("\(architecture).attention.sliding_window") }
      #expect(
        text.hasPrefix(
          ": key '\(architecture).attention.sliding_window': error: there is no such key among the "
        ), "\(text)")
    }
    #expect(
      try complaint("gemma3_gguf") { $0.set("gemma3.attention.sliding_window_pattern", UInt32(0)) }
        == ": key 'gemma3.attention.sliding_window_pattern': error: expected a count of at least 1, found 0"
    )
    #expect(
      try complaint("gemma3_gguf") { $0.set("gemma3.final_logit_softcapping", Float(30)) }
        == ": key 'gemma3.final_logit_softcapping': error: expected 0.0, found 30.0: a gemma3 model of "
        + "that kind isn't computed here")
    #expect(
      try complaint("gemma3_gguf") { $0.set("gemma3.rope.freq_base_swa", Float(0)) }
        == ": key 'gemma3.rope.freq_base_swa': expected a finite number above 0, found 0.0")
    #expect(
      try complaint("gemma3_gguf") { $0.set("gemma3.block_count", UInt32(94)) }
        == ": key 'gemma3.block_count': error: expected no more than the file's 93 tensors, found 94"
    )
    #expect(
      try complaint("phi3") { $0.tensors.append(("rope_factors_long.weight", [4], [1, 2, 3, 4])) }
        == ": tensor 'rope_factors_long.weight': error: nothing in this phi3 model reads it, so numbers "
        + "would be wrong; positions for long texts (LongRoPE) aren't computed here")
    #expect(
      try complaint("phi3") { $0.set("phi3.rope.dimension_count", UInt32(6)) }
        == ": key 'phi3.rope.dimension_count': error: expected the size of a head, 8, found 6")
    #expect(
      try complaint("smollm3_gguf") { $0.tensors.append(("rope_freqs.weight", [2], [1, 2])) }
        == ": tensor 'rope_freqs.weight': error: nothing in this smollm3 model reads it, so numbers "
        + "would be wrong")
    #expect(
      try complaint("qwen3") { $0.set("qwen3.attention.sliding_window", UInt32(5)) }
        == ": key 'qwen3.attention.sliding_window': error: expected 0.0, found 5.0: a qwen3 model of that "
        + "kind isn't computed here")
    #expect(
      try complaint("qwen3") { $0.set("general.architecture", "gemma2") }
        == ": GGUF architecture \"gemma2\" is not supported; supported: \"llama\", \"qwen2\", \"qwen3\", "
        + "\"gemma3\", \"phi3\", \"smollm3\"")
  }

  @Test("Gemma 3: no window, another pattern, another base; the largest model's divisor")
  func gemma() throws {
    func configuration(_ change: (inout GGUFModel) -> Void) throws -> ModelConfiguration {
      try ModelConfiguration(gguf: GGUFFile(changed("gemma3_gguf", change)))
    }
    let plain = try configuration { _ in }
    #expect((0..<7).map { plain.reach(ofBlock: $0) } == [5, 5, 5, 5, 5, nil, 5])
    #expect(plain.windowRotaryBase == 10000 && plain.attentionScale == 0.5)
    let other = try configuration {
      $0.set("gemma3.attention.sliding_window_pattern", UInt32(2))
      $0.set("gemma3.rope.freq_base_swa", Float(250))
    }
    #expect((0..<7).map { other.reach(ofBlock: $0) } == [5, nil, 5, nil, 5, nil, 5])
    #expect(other.windowRotaryBase == 250 && other.rotaryBase == 500)
    let whole = try configuration { $0.set("gemma3.attention.sliding_window", UInt32(0)) }
    #expect(whole.slidingWindow == nil && whole.windowRotaryBase == nil)
    let largest = try configuration {
      $0.set("gemma3.block_count", UInt32(62))
      $0.set("gemma3.attention.head_count", UInt32(1))
    }
    #expect(largest.attentionDivisor == 8 && largest.headSize == 4)
  }

  @Test("Phi-3 without a window, SmolLM3's every fourth block")
  func others() throws {
    let path = try changed("phi3") { $0.set("phi3.attention.sliding_window", UInt32(0)) }
    #expect(try ModelConfiguration(gguf: GGUFFile(path)).slidingWindow == nil)
    let smollm = try sources("smollm3_gguf").gguf.configuration
    #expect(smollm.unrotatedBlocks == [3] && smollm.blocks == 5)
  }
}
