import JSONText

/// The rotary positions of a configuration.
struct RotaryMembers {
  var base: Double?
  var scaling: RotaryScaling?
}

extension ConfigurationReader {
  /// `rope_theta` with `rope_scaling` (transformers up to 4) or `rope_parameters` (from 5 on).
  ///
  /// Both spellings may be there, and `type` beside `rope_type`, where they say the same.
  ///
  /// > Source: `modeling_rope_utils.py` of transformers 5.
  ///
  /// - Parameters:
  ///   - positions: Longest sequence.
  ///   - newer: Path of the newer spelling.
  /// - Returns: What the members that are there say.
  /// - Throws: ``JSONText/JSONError`` at one that contradicts another, or isn't supported.
  func rotary(positions: Int, newer: String = "rope_parameters") throws(JSONError) -> RotaryMembers
  {
    let old = try scaling("rope_scaling", positions)
    let new = try scaling(newer, positions)
    if let old, let new, old != new {
      throw document.error(
        at: "/\(newer)", "expected what 'rope_scaling' says too, found other positions")
    }
    var known = try optionalNumber("rope_theta").map { ("rope_theta", $0) }
    for parent in ["rope_scaling", newer] {
      let member = "\(parent)/rope_theta"
      guard let inner = try optionalNumber(member) else { continue }
      if let known, known.1 != inner {
        throw document.error(
          at: "/\(member)", "expected \(known.1), as '\(known.0)' says, found \(inner)")
      }
      known = (member, inner)
    }
    return RotaryMembers(base: known?.1, scaling: (old ?? nil) ?? (new ?? nil))
  }

  /// The base that a member with plain rotary positions names; nil where it names none.
  func plainRotaryBase(in member: String) throws(JSONError) -> Double? {
    for name in ["rope_type", "type"] {
      guard let kind = try optionalText("\(member)/\(name)"), kind != "default" else { continue }
      throw document.error(
        at: "/\(member)/\(name)", "expected \"default\", found \"\(kind)\"")
    }
    _ = try scaling(member, 1)
    return try optionalNumber("\(member)/rope_theta")
  }

  /// Nil without the member; nil inside for plain positions.
  private func scaling(_ parent: String, _ positions: Int) throws(JSONError) -> RotaryScaling?? {
    guard let value = value(parent) else { return nil }
    guard case .object(let members) = value else {
      throw document.error(at: "/\(parent)", "expected an object")
    }
    let newer = try optionalText("\(parent)/rope_type")
    let older = try optionalText("\(parent)/type")
    if let newer, let older, newer != older {
      throw document.error(
        at: "/\(parent)/type", "expected \"\(newer)\", as 'rope_type' says, found \"\(older)\"")
    }
    let kind = newer ?? older ?? "default"
    guard let known = Self.rotaryMembers[kind] else {
      throw document.error(
        at: "/\(parent)",
        "expected rope_type \"default\", \"linear\", \"dynamic\", \"llama3\" or \"yarn\", "
          + "found \"\(kind)\"")
    }
    for member in members where member.value != .null {
      guard !(known + ["rope_type", "type", "rope_theta"]).contains(member.name) else { continue }
      if member.name == "partial_rotary_factor",
        try optionalNumber("\(parent)/\(member.name)") == 1
      {
        continue
      }
      var reason = "'\(member.name)' isn't read for rope_type \"\(kind)\", and may change numbers"
      if let near = nearestName(to: member.name, in: known) {
        reason += "; did you mean '\(near)'?"
      }
      throw document.error(at: "/\(parent)/\(member.name)", reason)
    }
    return .some(try scaling(kind, parent, positions))
  }

  /// What each kind of rotary positions reads.
  private static let rotaryMembers: [String: [String]] = [
    "default": [], "linear": ["factor"],
    "dynamic": ["factor", "original_max_position_embeddings"],
    "llama3": [
      "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings",
    ],
    "yarn": [
      "factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow",
      "mscale", "mscale_all_dim", "truncate",
    ],
  ]

  private func scaling(_ kind: String, _ parent: String, _ positions: Int) throws(JSONError)
    -> RotaryScaling?
  {
    func number(_ name: String) throws(JSONError) -> Double {
      guard let number = try optionalNumber("\(parent)/\(name)") else {
        throw document.error(at: "/\(parent)", "missing required member '\(name)'")
      }
      return number
    }
    switch kind {
    case "linear": return .linear(factor: try number("factor"))
    case "llama3":
      return .llama3(
        RotaryScaling.LongWavelengths(
          factor: try number("factor"), lowFrequencyFactor: try number("low_freq_factor"),
          highFrequencyFactor: try number("high_freq_factor"),
          originalPositions: try number("original_max_position_embeddings")))
    case "yarn": return .yarn(try yarn(parent, positions, factor: number("factor")))
    case "dynamic":
      // The base grows beyond `max_position_embeddings` only, where no window here reaches.
      let original = try optionalInteger("\(parent)/original_max_position_embeddings")
      if let original, original != positions {
        throw document.error(
          at: "/\(parent)/original_max_position_embeddings",
          "expected max_position_embeddings, \(positions), found \(original)")
      }
      return nil
    default: return nil
    }
  }

  private func yarn(_ parent: String, _ positions: Int, factor: Double) throws(JSONError)
    -> RotaryScaling.Yarn
  {
    func optional(_ name: String) throws(JSONError) -> Double? {
      try optionalNumber("\(parent)/\(name)")
    }
    var amplitude = try optional("attention_factor")
    if amplitude == nil {
      let (weight, divisor) = (try optional("mscale") ?? 0, try optional("mscale_all_dim") ?? 0)
      amplitude = RotaryScaling.Yarn.attentionFactor(factor)
      if weight != 0, divisor != 0 {
        amplitude =
          RotaryScaling.Yarn.attentionFactor(factor, weight: weight)
          / RotaryScaling.Yarn.attentionFactor(factor, weight: divisor)
      }
    }
    return RotaryScaling.Yarn(
      factor: factor,
      originalPositions: try optional("original_max_position_embeddings") ?? Double(positions),
      fastTurns: try optional("beta_fast") ?? 32, slowTurns: try optional("beta_slow") ?? 1,
      roundsBounds: try optionalFlag("\(parent)/truncate") ?? true,
      attentionFactor: amplitude ?? 1)
  }
}
