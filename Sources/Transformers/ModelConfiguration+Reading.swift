public import JSONText

extension ModelConfiguration {
  /// Reads a hub-style `config.json`, and holds each of its members to account: read, known not to change
  /// numbers, or refused by name.
  ///
  /// - Throws: ``JSONText/JSONError`` at the member that is missing, mistyped or not supported.
  public init(hubConfiguration document: JSONDocument) throws(JSONError) {
    let reader = ConfigurationReader(document: document)
    let kind = try reader.text("model_type")
    guard let family = ModelFamily.named(kind) else {
      let known = ModelFamily.all.map(\.name).joined(separator: ", ")
      throw document.error(at: "/model_type", "expected one of \(known); found \"\(kind)\"")
    }
    try family.account(for: document)
    self = try family.configuration(family, reader)
    try validate { (member, reason) throws(JSONError) in
      throw document.error(at: member.isEmpty ? "" : "/\(member)", reason)
    }
  }
}
