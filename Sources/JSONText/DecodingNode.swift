/// One value on its way into a type, with the record of which members the type asked for.
///
/// All containers that a type opens on one value share one node. After the type's `init(from:)` has
/// returned, members that nobody asked for are refused.
final class DecodingNode {
  /// The value.
  let value: JSON
  /// Set when a type took the whole value as ``JSON``.
  var acceptsEverything = false
  /// Values of members that the object may leave out.
  var absentMembers: [JSON.Member] = []
  /// Hears which members are asked for; nil where nobody wants to know.
  var questions: Questions?
  private let parent: DecodingNode?
  private let key: (any CodingKey)?
  private let base: [any CodingKey]
  /// The members, when a keyed container has been opened.
  private(set) var members: [JSON.Member] = []
  private var index: [MemberName: Int] = [:]
  private var isAsked: [Bool] = []
  private var askedNames: [String] = []
  private var isKeyed = false
  /// Nodes of nested containers, by member or element.
  private var children: [Int: DecodingNode] = [:]

  /// Above this many members a dictionary finds them.
  private static let linearLimit = 8

  /// The outermost value, which `base` leads to.
  init(_ value: JSON, base: [any CodingKey]) {
    self.value = value
    self.base = base
    parent = nil
    key = nil
  }

  /// The value called `key` inside `parent`; without a key, the same value once more.
  init(_ value: JSON, in parent: DecodingNode, key: (any CodingKey)?) {
    self.value = value
    self.parent = parent
    self.key = key
    base = []
    questions = parent.questions
  }

  /// The way here from the document's root.
  var codingPath: [any CodingKey] {
    var path: [any CodingKey] = []
    var node: DecodingNode? = self
    while let current = node {
      if let key = current.key { path.append(key) }
      if current.parent == nil { path.append(contentsOf: current.base.reversed()) }
      node = current.parent
    }
    return path.reversed()
  }

  /// Prepares for a keyed container.
  func openMembers() throws {
    guard case .object(let members) = value else {
      throw mismatch([String: JSON].self, "an object")
    }
    if isKeyed { return }
    isKeyed = true
    self.members = members
    isAsked = Array(repeating: false, count: members.count)
    for absent in absentMembers {
      if let place = members.firstIndex(where: { $0.name.utf8.elementsEqual(absent.name.utf8) }) {
        if members[place].value == .null { self.members[place].value = absent.value }
      } else {
        self.members.append(absent)
        // Nobody wrote it, so that nobody is to be told that it isn't known.
        isAsked.append(true)
      }
    }
    if self.members.count > Self.linearLimit {
      index.reserveCapacity(self.members.count)
      for (place, member) in self.members.enumerated() { index[MemberName(member.name)] = place }
    }
  }

  /// The elements, for an unkeyed container.
  func openElements() throws -> [JSON] {
    guard case .array(let elements) = value else { throw mismatch([JSON].self, "an array") }
    return elements
  }

  /// The place of the member `name`, which counts as asked for from now on.
  func ask(_ name: String) -> Int? {
    askedNames.append(name)
    questions?.note(name, at: codingPath.map(\.stringValue))
    let place =
      members.count > Self.linearLimit
      ? index[MemberName(name)]
      : members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    if let place { isAsked[place] = true }
    return place
  }

  /// Members that nobody has asked for yet.
  var unasked: [String] { members.indices.filter { !isAsked[$0] }.map { members[$0].name } }

  /// The node of a nested container; the same one every time.
  func child(_ place: Int, _ value: JSON, key: any CodingKey) -> DecodingNode {
    if let known = children[place] { return known }
    let node = DecodingNode(value, in: self, key: key)
    children[place] = node
    return node
  }

  /// Refuses the first member that nobody asked for, here and in nested containers.
  func checkMembers() throws {
    if acceptsEverything { return }
    if isKeyed, let place = isAsked.firstIndex(of: false) {
      let name = members[place].name
      var seen: Set<MemberName> = []
      let known = askedNames.filter { seen.insert(MemberName($0)).inserted }
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: codingPath + [NameKey(name)],
          debugDescription: "unknown member \(name.quoted); \(advice(for: name, known: known))",
          underlyingError: PointsAtName()))
    }
    for place in children.keys.sorted() { try children[place]?.checkMembers() }
  }

  /// An error that says what was expected here instead of the value.
  func mismatch(_ type: any Any.Type, _ expected: String) -> DecodingError {
    .typeMismatch(
      type,
      DecodingError.Context(
        codingPath: codingPath,
        debugDescription: "expected \(expected), found \(value.kindAndContent)"))
  }
}

/// Marks an error whose place is the member's name instead of its value.
struct PointsAtName: Error {}

extension DecodingError {
  /// What every case carries.
  var context: Context {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context),
      .dataCorrupted(let context):
      return context
    @unknown default:
      return Context(codingPath: [], debugDescription: String(describing: self))
    }
  }
}
