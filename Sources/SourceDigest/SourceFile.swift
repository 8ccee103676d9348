public import Digests

/// A source with its tokens.
public struct SourceFile: Sendable {
  /// Where it stands in the checkout, such as `Sources/Tensors/Matrix.swift`.
  public let path: String
  /// All tokens: no comments, no white space.
  public let tokens: [SourceToken]

  /// Reads a Swift source, a C source, a header or a module map; the path's ending tells which.
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    tokens =
      path.hasSuffix(".swift")
      ? SwiftLexer.tokens(of: bytes[...]) : CLexer.tokens(of: bytes[...])
  }

  /// The last part of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The room: the folder below `Sources`.
  public var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : ""
  }

  /// SHA-256 over the tokens that can change a number: imports, access modifiers and the comma before a
  /// closing bracket are left out.
  ///
  /// The path isn't part of it: a file that moves or gets another name stays what it is.
  public var digest: Digest256 {
    var bytes: [UInt8] = []
    for token in path.hasSuffix(".swift") ? Self.telling(tokens) : tokens {
      bytes += token.text
      bytes.append(0)
      bytes.append(token.kind == .endOfDirective ? 10 : token.spacing)
    }
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  /// The modules that a Swift source imports.
  var imports: Set<String> {
    Set(
      lines(of: tokens[...]).filter(Self.isImport).compactMap { line in
        line.last { $0.kind == .word }?.string
      })
  }

  // MARK: - What is left out

  private static func telling(_ tokens: [SourceToken]) -> [SourceToken] {
    var kept: [SourceToken] = []
    kept.reserveCapacity(tokens.count)
    for line in lines(of: tokens[...]) where !isImport(line) {
      var index = line.startIndex
      while index < line.endIndex {
        let token = line[index]
        if let end = endOfAccess(at: index, in: tokens) {
          index = end
          continue
        }
        if token.is(")") || token.is("]"), kept.last?.is(",") == true { kept.removeLast() }
        kept.append(token)
        index += 1
      }
    }
    return kept
  }

  /// Whether a line is an import: attributes and access modifiers may stand before the word.
  private static func isImport(_ line: ArraySlice<SourceToken>) -> Bool {
    var index = line.startIndex
    while index < line.endIndex {
      if line[index].is("@") {
        index += 2
        guard index < line.endIndex, line[index].is("(") else { continue }
        while index < line.endIndex, !line[index].is(")") { index += 1 }
        index += 1
      } else if accessModifiers.contains(line[index].string) {
        index += 1
      } else {
        return line[index].is("import")
      }
    }
    return false
  }

  /// The end of the access modifier at `index`, with a `(set)`; nil when there is none.
  private static func endOfAccess(at index: Int, in tokens: [SourceToken]) -> Int? {
    guard tokens[index].kind == .word, accessModifiers.contains(tokens[index].string) else {
      return nil
    }
    var end = index + 1
    if end + 2 < tokens.count, tokens[end].is("("), tokens[end + 1].is("set"),
      tokens[end + 2].is(")")
    {
      end += 3
    }
    // `package` is a name as well, wherever no declaration follows.
    guard end < tokens.count, declarationWords.contains(tokens[end].string) || tokens[end].is("@")
    else { return nil }
    return end
  }

  static let accessModifiers: Set<String> = [
    "public", "package", "internal", "fileprivate", "private",
  ]

  /// What can follow an access modifier.
  private static let declarationWords: Set<String> = [
    "struct", "enum", "class", "actor", "protocol", "extension", "typealias", "associatedtype",
    "func", "var", "let", "init", "subscript", "case", "indirect", "static", "final", "mutating",
    "nonmutating", "override", "lazy", "weak", "unowned", "convenience", "required", "dynamic",
    "optional", "prefix", "postfix", "infix", "operator", "nonisolated", "isolated", "async",
    "borrowing", "consuming", "precedencegroup", "macro", "import", "public", "package", "internal",
    "fileprivate", "private",
  ]
}

/// The tokens line by line.
func lines(of tokens: ArraySlice<SourceToken>) -> [ArraySlice<SourceToken>] {
  var lines: [ArraySlice<SourceToken>] = []
  var start = tokens.startIndex
  for index in tokens.indices where index > start && tokens[index].startsLine {
    lines.append(tokens[start..<index])
    start = index
  }
  if start < tokens.endIndex { lines.append(tokens[start...]) }
  return lines
}
