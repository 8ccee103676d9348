internal import JSONText

/// The JSON header of a safetensors file, checked against the file's length.
///
/// Layout: 8 bytes of little-endian header length `n`, `n` bytes of JSON, then the tensors' bytes
/// without holes. Each member of the JSON object is a tensor
/// `{"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}`, offsets counted from the end of
/// the header, except `__metadata__`, which maps strings to strings.
///
/// > Source: "Format" in the README of the safetensors project.
struct SafetensorsHeader: Sendable {
  /// The file's tensors.
  let table: TensorTable
  /// The `__metadata__` member; empty when there is none.
  let metadata: [String: String]

  /// Longest header that the format permits, in bytes.
  static let longest = 100_000_000

  /// Reads and checks the header of `file`.
  init(_ file: borrowing MappedFile) throws(CheckpointError) {
    let path = file.path
    let text = try Self.text(of: file)
    file.release(0..<8 + text.count)
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(text: text, file: path)
    } catch {
      throw Self.located(error, in: text)
    }
    guard case .object(let members) = document.root else {
      throw Self.located(
        document.error(at: "", "expected an object that maps names to tensors"), in: text)
    }
    let data = 8 + text.count..<file.count
    var entries: [TensorTable.Entry] = []
    entries.reserveCapacity(members.count)
    var metadata: [String: String] = [:]
    do throws(JSONError) {
      for member in members {
        if member.name == "__metadata__" {
          metadata = try Self.metadata(member.value, in: document)
        } else {
          entries.append(try Self.entry(member, from: data.lowerBound, in: document))
        }
      }
    } catch {
      throw Self.located(error, in: text)
    }
    table = try TensorTable(entries, in: data, path: path)
    self.metadata = metadata
    // Entries are apart and inside, so they fill the section exactly if their sizes add up to it.
    let total = entries.reduce(0) { $0 + $1.tensor.byteCount }
    guard total == data.count else {
      throw CheckpointError(
        .malformed, in: path, at: .byte(data.lowerBound),
        "expected \(total) bytes of tensors without holes, found \(data.count)")
    }
  }

  /// The header's JSON text, after checking its length against the file's.
  private static func text(of file: borrowing MappedFile) throws(CheckpointError) -> [UInt8] {
    let path = file.path
    return try file.withBytes { bytes throws(CheckpointError) in
      guard bytes.count >= 8 else {
        throw CheckpointError(
          .truncated, in: path, at: .byte(bytes.count),
          "expected 8 bytes of header length, found \(bytes.count)")
      }
      let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      guard length <= UInt64(longest) else {
        throw CheckpointError(
          .malformed, in: path, at: .byte(0),
          "expected a header of at most \(longest) bytes, found the length \(length); "
            + "is this a safetensors file?")
      }
      guard length <= UInt64(bytes.count - 8) else {
        throw CheckpointError(
          .truncated, in: path, at: .byte(bytes.count),
          "expected a header of \(length) bytes from byte 8 on, found \(bytes.count - 8)")
      }
      return Array(bytes[8..<8 + Int(length)])
    }
  }

  /// The strings of the `__metadata__` member.
  private static func metadata(_ value: JSON, in document: JSONDocument) throws(JSONError)
    -> [String: String]
  {
    guard case .object(let members) = value else {
      throw document.error(at: "/__metadata__", "expected an object of strings")
    }
    var strings: [String: String] = [:]
    for member in members {
      guard case .string(let string) = member.value else {
        throw document.error(at: "/__metadata__" + pointerToken(member.name), "expected a string")
      }
      strings[member.name] = string
    }
    return strings
  }

  /// One tensor, from a member of the header.
  private static func entry(
    _ member: JSON.Member, from dataStart: Int, in document: JSONDocument
  ) throws(JSONError) -> TensorTable.Entry {
    let pointer = pointerToken(member.name)
    guard case .object(let fields) = member.value else {
      throw document.error(at: pointer, "expected an object that describes a tensor")
    }
    let known = ["dtype", "shape", "data_offsets"]
    if let unknown = fields.first(where: { !known.contains($0.name) }) {
      var reason = "unknown member '\(unknown.name)'"
      if let near = nearestName(to: unknown.name, in: known) {
        reason += "; did you mean '\(near)'?"
      }
      throw document.error(at: pointer + pointerToken(unknown.name), reason)
    }
    let (type, typeName) = try Self.type(member.value["dtype"], at: pointer, in: document)
    let shape = try sizes(member.value["shape"], "shape", at: pointer, in: document)
    let offsets = try sizes(member.value["data_offsets"], "data_offsets", at: pointer, in: document)
    let described =
      type.map { TensorDescriptor(name: member.name, shape: shape, type: $0) }
      ?? otherTypes[typeName].flatMap {
        TensorDescriptor(name: member.name, shape: shape, typeName: typeName, bits: $0)
      }
    guard let tensor = described else {
      throw document.error(
        at: pointer + "/shape", "the number of bytes of \(typeName) \(shape) overflows")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw document.error(
        at: pointer + "/data_offsets", "expected [begin, end] with begin ≤ end, found \(offsets)")
    }
    guard offsets[1] - offsets[0] == tensor.byteCount else {
      throw document.error(
        at: pointer + "/data_offsets",
        "expected \(tensor.byteCount) bytes for \(typeName) \(shape), "
          + "found \(offsets[1] - offsets[0])")
    }
    let (offset, overflow) = offsets[0].addingReportingOverflow(dataStart)
    guard !overflow else {
      throw document.error(at: pointer + "/data_offsets", "the offset \(offsets[0]) overflows")
    }
    return TensorTable.Entry(tensor: tensor, offset: offset)
  }

  /// Types of the format that aren't read here, and their bits: a tensor that nobody asks for may have one.
  ///
  /// > Source: `Dtype` of the safetensors package, 0.8.
  private static let otherTypes = [
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "C64": 64,
  ]

  /// The element type that a `dtype` names; nil where it isn't read here.
  private static func type(_ value: JSON?, at pointer: String, in document: JSONDocument)
    throws(JSONError) -> (ElementType?, name: String)
  {
    guard let value else { throw document.error(at: pointer, "missing required member 'dtype'") }
    let readable = ElementType.allCases.filter { $0.elementsPerBlock == 1 && $0 != .other }
    if case .string(let name) = value, otherTypes[name] != nil { return (nil, name) }
    guard case .string(let name) = value, let type = readable.first(where: { $0.rawValue == name })
    else {
      var found = "another type"
      if case .string(let name) = value { found = "'\(name)'" }
      throw document.error(
        at: pointer + "/dtype",
        "expected one of \(readable.map(\.rawValue).joined(separator: ", ")), found \(found)")
    }
    return (type, name)
  }

  /// An array of integers that aren't negative.
  private static func sizes(
    _ value: JSON?, _ name: String, at pointer: String, in document: JSONDocument
  ) throws(JSONError) -> [Int] {
    guard let value else { throw document.error(at: pointer, "missing required member '\(name)'") }
    guard case .array(let items) = value else {
      throw document.error(at: "\(pointer)/\(name)", "expected an array of integers")
    }
    var sizes: [Int] = []
    for (index, item) in items.enumerated() {
      guard case .integer(let size) = item, size >= 0 else {
        throw document.error(
          at: "\(pointer)/\(name)/\(index)", "expected an integer of at least 0")
      }
      sizes.append(Int(size))
    }
    return sizes
  }

  /// An error of the JSON text as one of the file, with the byte counted from the file's start.
  private static func located(_ error: JSONError, in text: [UInt8]) -> CheckpointError {
    // Headers are usually one line, but any white space is permitted.
    var lineStart = 0
    for _ in 1..<max(1, error.line) {
      guard let newline = text[lineStart...].firstIndex(of: UInt8(ascii: "\n")) else { break }
      lineStart = newline + 1
    }
    return CheckpointError(
      .malformed, in: error.file,
      at: .header(byte: 8 + lineStart + max(0, error.column - 1), pointer: error.pointer),
      error.reason)
  }
}

/// One step of a JSON pointer (RFC 6901): `/`, then the name with `~` and `/` escaped.
func pointerToken(_ name: String) -> String {
  var token = "/"
  for scalar in name.unicodeScalars {
    switch scalar {
    case "~": token += "~0"
    case "/": token += "~1"
    default: token.unicodeScalars.append(scalar)
    }
  }
  return token
}
