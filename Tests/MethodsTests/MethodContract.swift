import Digests
import JSONText
import MethodKit
import Quantizers
import TestSupport
import Testing
import Transformers

/// What every method promises, found out from its card and its options alone.
///
/// A registered method is covered without a word here. `checkMethod` is all a newcomer's own test needs.
func checkMethod<M: QuantizationMethod>(_ type: M.Type) throws {
  try checkCard(type)
  try checkOptions(type)
  try checkBits(type)
  try checkRepetition(type)
  try checkRefusals(type)
  try checkModels(type)
  guard !isFullPrecision(type) else { return }
  try checkValues(type)
  try checkHarm(type)
}

/// Members that a method can't do without, as its options say, with values of a short training or else those
/// that stand in its defaults.
private func members<M: QuantizationMethod>(for type: M.Type) -> [(name: String, value: String)] {
  let training = [("steps", "3"), ("learningRate", "1e-4"), ("epsilon", "1e-3")]
  switch M.card.name {
  case "zo-estimator":
    let model = training.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
    return [("estimator", "\"spsa\""), ("model", "{\(model)}")]
  case "zo-signal":
    let model = training.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
    return [("epsilons", "[1e-3]"), ("directions", "2"), ("model", "{\(model)}")]
  // Less than by default, to be quick.
  case "omniquant": return [("epochs", "2")]
  case "llm-qat": return [("generatedWindows", "8"), ("batchWindows", "4")]
  default:
    let defaults = try? JSON(whole: M.Options.defaults)
    return M.Options.required.map { name in
      let value = defaults?[name].flatMap { try? jsonText(of: $0, style: .compact) }
      return (name, training.first { $0.0 == name }?.1 ?? value ?? "1")
    }
  }
}

/// Options with which a method runs, one of them as given; the rest is its own by default.
func options<M: QuantizationMethod>(for type: M.Type, _ name: String = "", _ value: String = "")
  -> String
{
  var all = members(for: type).filter { $0.name != name }
  if !name.isEmpty { all.append((name, value)) }
  return "{" + all.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}"
}

/// Whether a method refuses to quantize.
private func isFullPrecision<M: QuantizationMethod>(_ type: M.Type) -> Bool {
  M.card.category == .fullPrecision || M.card.name == "mezo"
}

/// Registered methods that draw nothing at random.
private let drawNothing: Set = [
  "full-precision", "rtn", "rtn-mse", "smoothquant", "gptq", "awq", "hadamard", "omniquant",
  "efficientqat", "ste-qat", "zo-signal", "dummy",
]

/// Whether a method trains by probes.
private func probes<M: QuantizationMethod>(_ type: M.Type) -> Bool {
  [.zerothOrder, .zerothOrderTuning].contains(M.card.category)
}

/// Bits that fit the method.
func bits<M: QuantizationMethod>(for type: M.Type) throws -> QuantizationSpec {
  isFullPrecision(type) ? .none : try spec(4, 4)
}

private func checkCard<M: QuantizationMethod>(_ type: M.Type) throws {
  let card = M.card
  let words = card.name.split(separator: "-", omittingEmptySubsequences: false)
  #expect(
    words.allSatisfy { word in
      !word.isEmpty && word.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
    }, "the name '\(card.name)' isn't lowercase words joined by hyphens")
  #expect(methods.count { $0.card.name == card.name } == 1, "'\(card.name)' is taken")
  #expect(!card.summary.isEmpty && !card.summary.hasSuffix(".") && card.summary.utf8.count <= 80)
  #expect(!card.summary.contains("\n") && !card.citation.isEmpty && !card.citation.contains("\n"))
}

private func checkOptions<M: QuantizationMethod>(_ type: M.Type) throws {
  let names = try optionNames(of: type)
  #expect(Set(names).count == names.count)
  let bits = try bits(for: type)
  _ = try make(type, options(for: type), bits)
  let whole = try resolved(type, options(for: type), bits)
  #expect(
    try resolved(type, jsonText(of: whole, style: .pretty), bits) == whole,
    "resolved options of '\(M.card.name)' change when they are resolved again")
  #expect(throws: JSONError.self, "'\(M.card.name)' took an option that nobody has") {
    try make(type, options(for: type, "zzzzzzzzzz", "1"), bits)
  }
  for name in names {
    let typo = String(name.dropLast()) + "q"
    let unknown = #expect(throws: JSONError.self) {
      try make(type, options(for: type, typo, "1"), bits)
    }
    #expect(unknown?.pointer == "/\(typo)")
    #expect(
      unknown?.reason.contains("did you mean '\(name)'?") == true, "\(unknown?.reason ?? "")")
    // No option may be an object or a list that isn't one; an empty object lacks what it needs.
    let own = members(for: type).first { $0.name == name }?.value ?? ""
    for wrong in ["{}", "[]"] where !(own.hasPrefix("[") && wrong == "[]") {
      // But for options of another method, which may all have defaults.
      if wrong == "{}", case .object? = whole[name], own.isEmpty { continue }
      let mistyped = #expect(throws: JSONError.self, "'\(name)': \(wrong)") {
        try make(type, options(for: type, name, wrong), bits)
      }
      #expect(mistyped?.pointer.hasPrefix("/\(name)") == true, "\(mistyped?.pointer ?? "")")
    }
  }
}

private func checkBits<M: QuantizationMethod>(_ type: M.Type) throws {
  let contradiction = isFullPrecision(type) ? try spec(4, 4) : .none
  let error = #expect(throws: MethodError.self) {
    try make(type, options(for: type), contradiction)
  }
  guard case .bits(let method, let expected, let found) = error else {
    Issue.record(
      "expected contradictory bits to be refused as such, found \(String(describing: error))")
    return
  }
  #expect(method == M.card.name && !expected.isEmpty && found == contradiction.description)
}

private func checkRepetition<M: QuantizationMethod>(_ type: M.Type) throws {
  let method = try make(type, options(for: type), bits(for: type))
  // Written out, every default must be the value that the method takes without it.
  let whole = try resolved(type, options(for: type), bits(for: type))
  let same = try make(type, jsonText(of: whole, style: .pretty), bits(for: type))
  func run(_ method: M, seed: UInt64) throws -> (
    weights: String, score: Double, rehearsal: Rehearsal
  ) {
    let rehearsal = try Rehearsal(seed: seed)
    let model = try rehearsal(method)
    return (digest(of: model), try rehearsal.score(model), rehearsal)
  }
  let file = Vectors.path("model/llama_gqa_untied/model.safetensors")
  let before = try sha256Hex(ofFile: file)
  let (first, second) = (try run(method, seed: 1), try run(same, seed: 1))
  let other = try run(method, seed: 2)
  #expect(
    first.weights == second.weights && first.score == second.score,
    "not repeatable, or another with its defaults written out")
  #expect(first.score.isFinite)
  // Directions are drawn, and so is the text that LLM-QAT writes; whatever else is drawn follows the seed.
  if probes(type) || M.card.name == "llm-qat" {
    #expect(first.weights != other.weights, "seeds 1 and 2")
  } else if drawNothing.contains(M.card.name) {
    #expect(first.weights == other.weights, "seeds 1 and 2")
  }
  #expect(try sha256Hex(ofFile: file) == before, "the checkpoint was written to")
  // Everything is measured: something was loaded, and quantized unless nothing is.
  #expect(first.rehearsal.phases.contains(.load))
  if M.card.category != .diagnostic {
    let trains = probes(type) || M.card.category == .firstOrder
    #expect(first.rehearsal.phases.contains(.train) == trains)
  }
  #expect((first.rehearsal.summary != nil) == probes(type))
}

private func checkRefusals<M: QuantizationMethod>(_ type: M.Type) throws {
  guard !isFullPrecision(type) else { return }
  // 48 inputs: the first linear says which sizes would do.
  for (size, nearest) in [(5, "4 and 6"), (96, "48"), (7, "6 and 8")] {
    let error = #expect(throws: QuantizationError.self) {
      try Rehearsal()(make(type, options(for: type), spec(4, nil, group: size)))
    }
    #expect(
      error?.description == "the group size \(size) does not divide the 48 inputs of q_proj; "
        + "nearest that do: \(nearest)")
  }
  guard try optionNames(of: type).contains("calibrationWindows") else { return }
  let short = #expect(throws: MethodError.self) {
    try Rehearsal()(
      make(type, options(for: type, "calibrationWindows", "21"), bits(for: type)))
  }
  #expect(
    short?.description
      == "option 'calibrationWindows': expected at most the 20 windows of training text, found 21")
  #expect(throws: MethodError.self) {
    try make(type, options(for: type, "calibrationWindows", "0"), bits(for: type))
  }
}

private func checkModels<M: QuantizationMethod>(_ type: M.Type) throws {
  let method = try make(type, options(for: type), bits(for: type))
  for name in tinyModels {
    let rehearsal = try Rehearsal(model: Vectors.path("model/\(name)"))
    let model: QuantizedModel
    do {
      model = try rehearsal(method)
    } catch let MethodError.model(refuser, reason) {
      // What folds into norms can't do it in a post-norm model, and says so; all else runs. A study names
      // the method that it is made of.
      #expect(name == "opt_postln_proj", "\(name): \(reason)")
      #expect(refuser == M.card.name || M.card.category == .diagnostic)
      #expect(reason.hasSuffix("; this model is post-norm"), "\(reason)")
      continue
    }
    let c = model.transformer.configuration
    #expect(Set(model.blocks.linears.keys) == Set(c.linearIDs), "\(name)")
    #expect(model.blocks.norms.count == c.blocks && model.blocks.norms.allSatisfy { $0.count == 2 })
    // A model of random weights knows nothing: about ln 211.
    let score = try rehearsal.score(model)
    #expect(score > 3 && score < 20, "\(name): \(score)")
    #expect(model.blocks.perturbation == nil, "\(name) is handed over perturbed")
  }
}
