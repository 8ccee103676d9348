/// Which files of the methods' room are whose.
///
/// A method's own files are the one with its card and, from there on, every file of the room that declares a
/// name which occurs. A file may be several methods' own. Files that no method reaches, and all that these
/// or other rooms name, are everybody's. What is named too often costs a cell that runs again without need;
/// what is named too rarely would cost the truth, so every doubt counts as named.
public struct MethodSources: Sendable {
  /// Indices of a method's own files, by the method's name.
  public private(set) var own: [String: Set<Int>] = [:]
  /// Indices of files that are everybody's.
  public private(set) var shared: Set<Int> = []

  /// Sorts the room's files.
  ///
  /// - Parameters:
  ///   - files: The files of the methods' room that count.
  ///   - callers: Files of other rooms that import it.
  public init(_ files: [SourceFile], callers: [SourceFile]) {
    let all = files.map(Declarations.init)
    let declared = all.reduce(into: Set<String>()) { $0.formUnion($1.names) }
    let next = all.map { file in
      Set(all.indices.filter { Self.names(file.words, of: all[$0], declared) })
    }
    for (index, file) in files.enumerated() {
      for name in Self.cards(file.tokens) {
        own[name, default: []].formUnion(Self.closure(of: [index], next))
      }
    }
    let reached = own.values.reduce(into: Set<Int>()) { $0.formUnion($1) }
    var roots = Set(files.indices).subtracting(reached)
    let words = callers.map { Declarations($0).words }.reduce(into: Set()) { $0.formUnion($1) }
    for index in all.indices {
      // Conformances and operators work without being named.
      let isSilent =
        !all[index].conforming.subtracting(declared).isEmpty
        || all[index].members.contains { type, names in
          !declared.contains(type) && names.contains { !Self.isName($0) }
        }
      if isSilent || Self.names(words, of: all[index], declared) { roots.insert(index) }
    }
    shared = Self.closure(of: roots, next)
    own = own.mapValues { [shared] in $0.subtracting(shared) }
  }

  /// Whether `words` name something that `file` declares.
  private static func names(
    _ words: Set<String>, of file: Declarations, _ declared: Set<String>
  ) -> Bool {
    if !words.isDisjoint(with: file.names) { return true }
    // Extensions of the room's own types come with the type, those of others' by their members.
    return file.extended.contains { type in
      if declared.contains(type) { return words.contains(type) }
      return (file.members[type] ?? []).contains { member in
        member == "init" || member == "subscript" ? words.contains(type) : words.contains(member)
      }
    }
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.first.map(SourceByte.isLetter) ?? false
  }

  private static func closure(of start: Set<Int>, _ next: [Set<Int>]) -> Set<Int> {
    var reached = start
    var open = Array(start)
    while let index = open.popLast() {
      for other in next[index] where reached.insert(other).inserted { open.append(other) }
    }
    return reached
  }

  /// The names in a file's cards: `MethodCard(name: "rtn", …`.
  private static func cards(_ tokens: [SourceToken]) -> [String] {
    tokens.indices.dropLast(4).compactMap { index in
      guard tokens[index].is("MethodCard"), tokens[index + 1].is("("), tokens[index + 2].is("name"),
        tokens[index + 3].is(":"), tokens[index + 4].kind == .string
      else { return nil }
      return String(tokens[index + 4].string.dropFirst().dropLast())
    }
  }
}
