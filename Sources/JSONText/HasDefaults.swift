/// A type whose members have values where a text doesn't give them: each default is declared once, where
/// the member is.
///
/// `var windows = 16` and `static let defaults = Self()` are all it takes; what Swift synthesizes for
/// `Codable` does the rest. A member that is absent or null is taken from ``defaults``, but for those that
/// are ``required``.
public protocol HasDefaults: Codable {
  /// What absent members are taken from.
  static var defaults: Self { get }

  /// Names of members that must be given; whatever ``defaults`` has there is never used.
  static var required: [String] { get }
}

extension HasDefaults {
  /// None.
  public static var required: [String] { [] }

  /// The members that an object needn't have, with their values.
  static var absentMembers: [JSON.Member] {
    get throws {
      guard case .object(let members) = try encodedValue(Self.defaults, path: []) else { return [] }
      return members.filter { member in !required.contains { $0 == member.name } }
    }
  }
}

extension JSON {
  /// `value` as an object in which nothing is left out: a member that is nil is null.
  ///
  /// Members have the order in which the type asks for them.
  ///
  /// - Throws: ``JSONError`` where the value can't be written as JSON or doesn't read back.
  public init(whole value: some Codable) throws(JSONError) {
    let text = Array(try jsonText(of: value, style: .compact).utf8)
    let document = try JSONDocument(text: text, file: "")
    self = try document.withNulls(as: type(of: value))
  }
}

extension JSONDocument {
  /// The value as `type` sees it: members in the order in which they are asked for, null where absent.
  fileprivate func withNulls<T: Decodable>(as type: T.Type) throws(JSONError) -> JSON {
    let node = DecodingNode(root, base: [])
    let questions = Questions()
    node.questions = questions
    do { _ = try decodeValue(type, from: node) } catch {
      throw self.error(at: "", String(describing: error))
    }
    return questions.completed(root, at: [])
  }
}

/// Which members a type asked for, object by object.
final class Questions {
  private var names: [[String]: [String]] = [:]

  /// Notes that `name` of the object behind `path` was asked for.
  func note(_ name: String, at path: [String]) {
    if !names[path, default: []].contains(name) { names[path, default: []].append(name) }
  }

  /// `value`, which stands behind `path`, with null for members that were asked for and aren't there.
  func completed(_ value: JSON, at path: [String]) -> JSON {
    guard case .object = value, let names = names[path] else { return value }
    return .object(
      names.map { name in
        JSON.Member(name, value[name].map { completed($0, at: path + [name]) } ?? .null)
      })
  }
}
