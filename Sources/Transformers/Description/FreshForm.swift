import JSONText

/// How a model of a family that has no weights yet is configured.
struct FreshForm: Sendable {
  /// The hub's class of such models, as `architectures` names it.
  let className: String
  /// Members of a shape that it must have, beside those of all families.
  var required: [ModelShape.Option] = [.keyHeads, .rotaryBase, .normEpsilon]
  /// Members of a shape that it may have.
  var optional: [ModelShape.Option] = [.headSize]
  /// What `config.json` says beside what it says of every family, so that nothing is left to a default.
  var members: @Sendable (ModelShape) -> [JSON.Member]

  /// What a family with rotary positions and a gated MLP says of itself, and `others`.
  static func gated(
    _ shape: ModelShape, activation: (String, String) = ("hidden_act", "silu"),
    _ others: [JSON.Member] = []
  ) -> [JSON.Member] {
    var members = [
      JSON.Member("num_key_value_heads", .integer(Int64(shape.keyHeads ?? shape.heads))),
      JSON.Member("intermediate_size", .integer(Int64(shape.feedForward))),
      JSON.Member(activation.0, .string(activation.1)),
      JSON.Member("rope_theta", .spelled(shape.rotaryBase ?? 10000)),
      JSON.Member("rms_norm_eps", .spelled(shape.normEpsilon ?? 1e-5)),
    ]
    if let headSize = shape.headSize {
      members.append(JSON.Member("head_dim", .integer(Int64(headSize))))
    }
    return members + others
  }

  /// A number of tokens that attention reaches back; null for all.
  static func window(_ shape: ModelShape) -> JSON.Member {
    JSON.Member(
      "sliding_window", shape.slidingWindow.map { .integer(Int64($0)) } ?? .null)
  }
}

extension JSON {
  /// A number as Swift spells it.
  fileprivate static func spelled(_ value: Double) -> JSON { .number(value, text: "\(value)") }
}
