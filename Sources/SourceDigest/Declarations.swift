/// What a Swift file of one room offers to its neighbours, and what it asks of them.
struct Declarations {
  /// Names that it declares at the top level, file-private ones left out.
  var names: Set<String> = []
  /// Types that it extends.
  var extended: Set<String> = []
  /// Members that it gives to types of elsewhere, by the type: `init`, `subscript` and operators too.
  var members: [String: Set<String>] = [:]
  /// Types that it makes conform to something in an extension.
  var conforming: Set<String> = []
  /// All words that occur, those of values inside strings too.
  var words: Set<String> = []

  /// Reads the declarations of a file.
  init(_ file: SourceFile) {
    collectWords(file.tokens)
    let tokens = file.tokens
    var index = 0
    var isPrivate = false
    while index < tokens.count {
      let word = tokens[index].kind == .word ? tokens[index].string : ""
      switch word {
      case "private", "fileprivate":
        isPrivate = true
        index += 1
        continue
      case "struct", "enum", "class", "actor", "protocol", "typealias", "func", "let", "var",
        "precedencegroup", "macro":
        // `final class`, but also `class func`, which stands in types only.
        if index + 1 < tokens.count, !isPrivate { declare(tokens, after: index) }
        isPrivate = false
      case "extension":
        index = readExtension(tokens, at: index)
        isPrivate = false
        continue
      default: break
      }
      index = Self.isOpening(tokens[index]) ? Self.end(ofGroup: index, in: tokens) : index + 1
    }
  }

  private mutating func collectWords(_ tokens: [SourceToken]) {
    for token in tokens {
      if token.kind == .word { words.insert(Self.plain(token)) }
      if !token.inner.isEmpty { collectWords(token.inner) }
    }
  }

  /// A name without backticks.
  private static func plain(_ token: SourceToken) -> String {
    String(token.string.filter { $0 != "`" })
  }

  /// The names behind `let`, `func` and so on; an operator is no name, but offered all the same.
  private mutating func declare(_ tokens: [SourceToken], after index: Int) {
    var next = index + 1
    if tokens[next].is("(") {
      // let (a, b) = …
      let end = Self.end(ofGroup: next, in: tokens)
      for token in tokens[next..<end] where token.kind == .word { names.insert(Self.plain(token)) }
      return
    }
    names.insert(Self.plain(tokens[next]))
    // let a = 1, b = 2: whatever stands behind a comma before the next declaration's line.
    guard tokens[index].is("let") || tokens[index].is("var") else { return }
    next += 1
    while next < tokens.count, !tokens[next].startsLine {
      if tokens[next].is(","), next + 1 < tokens.count {
        names.insert(Self.plain(tokens[next + 1]))
      }
      next = Self.isOpening(tokens[next]) ? Self.end(ofGroup: next, in: tokens) : next + 1
    }
  }

  /// Reads `extension Type.Inner: Protocol { … }`.
  ///
  /// - Returns: Where it ends.
  private mutating func readExtension(_ tokens: [SourceToken], at start: Int) -> Int {
    guard start + 1 < tokens.count else { return tokens.count }
    // Of `Outer.Inner` the outer one tells whose file it is.
    let type = tokens[start + 1].is("[") ? "Array" : Self.plain(tokens[start + 1])
    extended.insert(type)
    var open = start + 1
    while open < tokens.count, !tokens[open].is("{") {
      if tokens[open].is(":") { conforming.insert(type) }
      open = tokens[open].is("[") ? Self.end(ofGroup: open, in: tokens) : open + 1
    }
    let end = Self.end(ofGroup: open, in: tokens)
    var index = open + 1
    while index < end {
      if tokens[index].kind == .word, index + 1 < end {
        switch tokens[index].string {
        case "func", "var", "let", "struct", "enum", "class", "typealias", "actor", "case":
          members[type, default: []].insert(Self.plain(tokens[index + 1]))
        case "init", "subscript": members[type, default: []].insert(tokens[index].string)
        default: break
        }
      }
      index = Self.isOpening(tokens[index]) ? Self.end(ofGroup: index, in: tokens) : index + 1
    }
    return end
  }

  private static func isOpening(_ token: SourceToken) -> Bool {
    token.is("{") || token.is("(") || token.is("[")
  }

  /// One past the bracket that closes the group which opens at `start`.
  private static func end(ofGroup start: Int, in tokens: [SourceToken]) -> Int {
    var depth = 0
    var index = start
    while index < tokens.count {
      if isOpening(tokens[index]) { depth += 1 }
      if tokens[index].is("}") || tokens[index].is(")") || tokens[index].is("]") { depth -= 1 }
      index += 1
      if depth <= 0 { break }
    }
    return index
  }
}
