public import JSONText

/// A family of which models can be made from nothing, by the hub's name of it.
///
/// All that are described can be.
public struct FreshFamily: RawRepresentable, CaseIterable, Codable, Sendable, Hashable {
  private let family: ModelFamily

  /// The hub's `model_type`.
  public var rawValue: String { family.name }

  /// The family of a name; nil where nothing describes it.
  public init?(rawValue: String) {
    guard let family = ModelFamily.named(rawValue) else { return nil }
    self.family = family
  }

  private init(_ family: ModelFamily) { self.family = family }

  /// All families.
  public static var allCases: [FreshFamily] { ModelFamily.all.map { FreshFamily($0) } }

  /// Families are the same by name.
  public static func == (left: FreshFamily, right: FreshFamily) -> Bool {
    left.rawValue == right.rawValue
  }

  /// The name's hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  /// What it is made of.
  public var parts: ModelParts { family.parts }

  /// Members of a shape that it must have, beside those of all families.
  public var required: [ModelShape.Option] { family.fresh.required }

  /// Members of a shape that it may have.
  public var optional: [ModelShape.Option] { family.fresh.optional }

  /// The `config.json` of a model of this shape, as the hub spells it; `marks` come before the last member.
  public func hubConfiguration(_ shape: ModelShape, marks: [JSON.Member] = []) -> JSON {
    let common: [(String, Int)] = [
      ("vocab_size", shape.vocabulary), ("hidden_size", shape.channels),
      ("num_hidden_layers", shape.blocks), ("num_attention_heads", shape.heads),
      ("max_position_embeddings", shape.positions),
    ]
    return .object(
      [
        JSON.Member("architectures", .array([.string(family.fresh.className)])),
        JSON.Member("model_type", .string(family.name)),
      ] + common.map { JSON.Member($0.0, .integer(Int64($0.1))) }
        + [JSON.Member("tie_word_embeddings", .bool(shape.tiesHead))]
        + family.fresh.members(shape) + marks + [JSON.Member("torch_dtype", .string("float16"))])
  }

  /// Shape and conventions of a model of this shape, read from ``hubConfiguration(_:marks:)`` as from any hub's
  /// folder.
  ///
  /// - Throws: ``JSONText/JSONError`` for a shape that no model of the family can have.
  public func configuration(_ shape: ModelShape) throws(JSONError) -> ModelConfiguration {
    let text = try jsonText(of: hubConfiguration(shape), style: .pretty)
    return try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
  }
}
