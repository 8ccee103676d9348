internal import Checkpoints
package import JSONText
internal import System
package import Transformers
internal import Vocabulary

/// The `config.json` of a model that is taken away.
package enum HubConfiguration {
  /// The source's own where it has one, else written anew; weights are said to be of type `type`.
  ///
  /// - Parameters:
  ///   - c: Shape and conventions of the model.
  ///   - path: The source: a folder in the hub's layout, or a file.
  ///   - type: `float32` or `float16`.
  ///   - marks: Ids of marks by name, for a configuration that is written anew.
  ///   - form: What the model is written as, for words.
  /// - Returns: The object.
  /// - Throws: ``ExportError/unsaid(_:_:)`` for what no `config.json` says; `JSONError` for one that can't be read.
  package static func document(
    of c: ModelConfiguration, from path: String, type: String, marks: [JSON.Member],
    for form: ExportForm
  ) throws -> JSON {
    let file = path + "/config.json"
    var members: [JSON.Member]
    if isReadable(file) {
      guard case .object(let own) = try JSONDocument(contentsOf: file).root else {
        throw ExportError.unsaid(form, "'\(file)' isn't an object")
      }
      members = own.filter { !["torch_dtype", "dtype", "synthetic_seed"].contains($0.name) }
      if let index = members.firstIndex(where: { $0.name == "tie_word_embeddings" }) {
        members[index].value = .bool(c.tiesHead)
      } else {
        members.append(JSON.Member("tie_word_embeddings", .bool(c.tiesHead)))
      }
    } else {
      members = try fresh(c, marks, form)
    }
    members.append(JSON.Member("torch_dtype", .string(type)))
    let document = JSON.object(members)
    try check(document, says: c, form)
    return document
  }

  private static func fresh(
    _ c: ModelConfiguration, _ marks: [JSON.Member], _ form: ExportForm
  ) throws -> [JSON.Member] {
    guard let family = FreshFamily(rawValue: c.architecture.rawValue) else {
      throw ExportError.unsaid(
        form, "no config.json can be written for \(c.architecture.rawValue) from a file without one"
      )
    }
    func allows(_ option: ModelShape.Option) -> Bool {
      family.required.contains(option) || family.optional.contains(option)
    }
    let shape = ModelShape(
      vocabulary: c.vocabularySize, channels: c.channels, blocks: c.blocks, heads: c.heads,
      keyHeads: allows(.keyHeads) ? c.keyHeads : nil, feedForward: c.feedForward,
      positions: c.positions, tiesHead: c.tiesHead,
      rotaryBase: allows(.rotaryBase) ? c.rotaryBase : nil,
      normEpsilon: allows(.normEpsilon) ? Double("\(c.normEpsilon)") : nil,
      headSize: allows(.headSize) ? c.headSize : nil)
    guard case .object(var members) = family.hubConfiguration(shape, marks: marks) else {
      return []
    }
    members.removeAll { $0.name == "torch_dtype" }
    if c.hasAttentionInputBias { members.append(JSON.Member("attention_bias", .bool(true))) }
    if c.hasFeedForwardBias { members.append(JSON.Member("mlp_bias", .bool(true))) }
    if case .linear(let factor)? = c.rotaryScaling {
      members.append(
        JSON.Member(
          "rope_scaling",
          .object([
            JSON.Member("rope_type", .string("linear")),
            JSON.Member("factor", .number(factor, text: "\(factor)")),
          ])))
    }
    return members
  }

  /// Reads the configuration as any loader here would, and sees that it is the model's.
  private static func check(_ document: JSON, says c: ModelConfiguration, _ form: ExportForm)
    throws
  {
    let text = try jsonText(of: document, style: .pretty)
    let read = try ModelConfiguration(
      hubConfiguration: JSONDocument(text: Array(text.utf8), file: "config.json"))
    var expected = c
    expected.rotaryIsInterleaved = read.rotaryIsInterleaved
    guard read != expected else { return }
    let what =
      c.rotaryDivisors != nil
      ? "the divisors of its rotary frequencies (rope_freqs.weight)"
      : "a convention of the file that it was read from"
    throw ExportError.unsaid(
      form, "this model has \(what), which config.json has no word for; --to gguf keeps it")
  }
}
