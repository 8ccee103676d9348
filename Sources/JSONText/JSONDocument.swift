/// A parsed JSON text that can say where each of its values stands.
public struct JSONDocument: Sendable {
  /// Arrays and objects may be nested this deep.
  public static let maximumDepth = 512

  /// The file, as the user named it.
  public let file: String
  /// The whole text.
  public let text: [UInt8]
  /// The parsed value.
  public let root: JSON

  /// A text that has been parsed, or a part of it replaced.
  init(file: String, text: [UInt8], root: JSON) {
    self.file = file
    self.text = text
    self.root = root
  }

  /// Parses `text` strictly.
  ///
  /// Refuses what RFC 8259 doesn't know, and of what it permits: duplicate names, lone surrogates,
  /// U+0000 in a name, numbers beyond a double, nesting beyond
  /// ``maximumDepth``, a byte order mark.
  public init(text: [UInt8], file: String) throws(JSONError) {
    self.file = file
    self.text = text
    do {
      var scanner = Scanner(text)
      try scanner.scanDocument()
      root = try JSONC.parse(text, largeIntegerEnds: scanner.largeIntegerEnds)
    } catch let failure {
      throw JSONError(failure, text: text, file: file)
    }
  }

  /// Reads and parses the file at `path`.
  public init(contentsOf path: String) throws(JSONError) {
    try self.init(text: try jsonBytes(of: path), file: path)
  }

  /// Decodes the value at `pointer` (RFC 6901, "" is the whole document); refuses unknown members.
  ///
  /// Types that conform to ``AcceptsUnknownMembers`` and members of type ``JSON`` take what comes.
  public func decode<T: Decodable>(_ type: T.Type, at pointer: String = "") throws(JSONError) -> T {
    guard let tokens = JSONPointer.tokens(of: pointer) else {
      throw error(at: "", "\(pointer.quoted) isn't a JSON pointer")
    }
    let value = try self.value(at: tokens)
    do {
      return try decodeValue(type, from: DecodingNode(value, base: tokens.map { NameKey($0) }))
    } catch let failure as JSONError {
      throw failure
    } catch let failure as DecodingError {
      throw error(failure)
    } catch {
      throw self.error(tokens, String(describing: error))
    }
  }

  /// An error that points at `pointer`, for checks that come after decoding.
  ///
  /// Where the document has no such value, line and column are those of the nearest one around it.
  public func error(at pointer: String, _ reason: String) -> JSONError {
    error(JSONPointer.tokens(of: pointer) ?? [], reason, pointer: pointer)
  }

  /// The value behind `tokens`.
  private func value(at tokens: [String]) throws(JSONError) -> JSON {
    var value = root
    for (depth, token) in tokens.enumerated() {
      let here = Array(tokens[..<depth])
      switch value {
      case .object(let members):
        guard let next = value[token] else {
          let known = members.map(\.name)
          throw error(
            here, "there is no member \(token.quoted); \(advice(for: token, known: known))")
        }
        value = next
      case .array(let elements):
        guard let index = JSONPointer.index(token), index < elements.count else {
          throw error(here, "there is no element \(token.quoted) in \(value.kindAndContent)")
        }
        value = elements[index]
      default:
        throw error(here, "there is no \(token.quoted) inside \(value.kindAndContent)")
      }
    }
    return value
  }

  /// `failure` with its place in this document.
  private func error(_ failure: DecodingError) -> JSONError {
    let context = failure.context
    return error(
      context.codingPath.map(\.stringValue), context.debugDescription,
      pointsAtName: context.underlyingError is PointsAtName)
  }

  /// An error at the value behind `tokens`, or at its name.
  private func error(
    _ tokens: [String], _ reason: String, pointer: String? = nil, pointsAtName: Bool = false
  ) -> JSONError {
    let place = Locator.place(of: tokens, in: text)
    let offset = pointsAtName ? place.nameOffset ?? place.valueOffset : place.valueOffset
    let position = TextPosition(offset: offset, in: text)
    return JSONError(
      file: file, line: position.line, column: position.column,
      pointer: pointer ?? JSONPointer.text(of: tokens), reason: reason, excerpt: position.excerpt)
  }
}

extension JSONError {
  /// A failure to parse, with its place in `text`.
  init(_ failure: ScanFailure, text: [UInt8], file: String) {
    let position = TextPosition(offset: failure.offset, in: text)
    self.init(
      file: file, line: position.line, column: position.column,
      pointer: JSONPointer.text(of: failure.path.reversed()), reason: failure.reason,
      excerpt: position.excerpt)
  }
}
