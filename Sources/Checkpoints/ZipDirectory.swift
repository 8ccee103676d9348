/// The members of a zip archive, all stored as they are, and where their bytes lie.
///
/// From the end of the file: the end record (and its 64-bit form) says where the directory is, the
/// directory lists the members, and before each member's bytes stands a header of its own. Compressed or
/// encrypted members are refused, and so are members that overlap: what is listed is what the file holds.
/// Checksums aren't looked at, as PyTorch may leave them out.
///
/// > Source: PKWARE's APPNOTE, 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16
/// > (end records), 4.5.3 (64-bit sizes).
struct ZipDirectory: Sendable {
  /// One member.
  struct Member: Sendable {
    /// Its name, with folders before slashes.
    let name: String
    /// Its bytes, from the start of the file.
    let bytes: Range<Int>
  }

  /// All members, in the order of the directory.
  let members: [Member]
  private let positions: [String: Int]

  /// The member called `name`, or nil.
  func member(_ name: String) -> Member? { positions[name].map { members[$0] } }

  /// Reads and checks the directory of `file`.
  ///
  /// - Throws: ``CheckpointError`` when it isn't a zip archive, is truncated, contradicts itself, or has a
  ///   member that isn't stored as it is.
  init(_ file: borrowing MappedFile) throws(CheckpointError) {
    let path = file.path
    members = try file.withBytes { bytes throws(CheckpointError) in
      let place = try ZipEnd(bytes, path: path)
      var cursor = ByteCursor(path: path, bytes: bytes, range: place.directory)
      var members: [(start: Int, member: Member)] = []
      members.reserveCapacity(place.count)
      for index in 0..<place.count {
        members.append(
          try Self.entry(&cursor, index: index, before: place.directory.lowerBound))
      }
      guard cursor.remaining == 0 else {
        throw cursor.error(
          .malformed,
          "expected the directory to end after \(place.count) members, "
            + "found \(cursor.remaining) more bytes")
      }
      let sorted = members.sorted { $0.start < $1.start }
      for (first, second) in zip(sorted, sorted.dropFirst())
      where first.member.bytes.upperBound > second.start {
        throw CheckpointError(
          .malformed, in: path, at: .byte(second.start),
          "the member '\(second.member.name)' starts here and overlaps '\(first.member.name)', "
            + "which ends at byte \(first.member.bytes.upperBound)")
      }
      return members.map(\.member)
    }
    var positions: [String: Int] = [:]
    for (index, member) in members.enumerated() {
      guard positions.updateValue(index, forKey: member.name) == nil else {
        throw CheckpointError(
          .malformed, in: path, at: .byte(member.bytes.lowerBound),
          "the member '\(member.name)' appears twice")
      }
    }
    self.positions = positions
  }

  /// Least size of a member's line in the directory, in bytes.
  fileprivate static let leastLine = 46

  /// The next line of the directory, and the header before the member's bytes that belongs to it.
  private static func entry(_ cursor: inout ByteCursor, index: Int, before directory: Int)
    throws(CheckpointError) -> (start: Int, member: Member)
  {
    let start = cursor.offset
    let line = "line \(index) of the directory"
    guard try cursor.integer(UInt32.self, line) == 0x0201_4b50 else {
      throw cursor.error(.malformed, at: start, "expected \(line), found other bytes")
    }
    _ = try cursor.skip(4, line)
    let flags = try cursor.integer(UInt16.self, line)
    let method = try cursor.integer(UInt16.self, line)
    _ = try cursor.skip(8, line)
    var sizes = ZipSizes(
      packed: UInt64(try cursor.integer(UInt32.self, line)),
      plain: UInt64(try cursor.integer(UInt32.self, line)), start: 0)
    let nameLength = try cursor.integer(UInt16.self, line)
    let extraLength = try cursor.integer(UInt16.self, line)
    let commentLength = try cursor.integer(UInt16.self, line)
    _ = try cursor.skip(8, line)
    sizes.start = UInt64(try cursor.integer(UInt32.self, line))
    let name = try cursor.text(UInt64(nameLength), "the name in \(line)")
    let extra = try cursor.skip(UInt64(extraLength), line)
    try sizes.readLarge(in: extra, of: cursor, member: name)
    _ = try cursor.skip(UInt64(commentLength), line)
    guard flags & 1 == 0 else {
      throw cursor.error(.unsupported, at: start, "the member '\(name)' is encrypted")
    }
    guard method == 0 else {
      throw cursor.error(
        .unsupported, at: start,
        "expected the member '\(name)' stored as it is, found compression method \(method)")
    }
    guard sizes.packed == sizes.plain else {
      throw cursor.error(
        .malformed, at: start,
        "the member '\(name)' is stored as it is, but \(sizes.packed) bytes stand for "
          + "\(sizes.plain)")
    }
    guard sizes.start < UInt64(directory) else {
      throw cursor.error(
        .malformed, at: start,
        "expected the member '\(name)' before the directory at byte \(directory), "
          + "found it at \(sizes.start)")
    }
    let header = Int(sizes.start)
    var local = ByteCursor(path: cursor.path, bytes: cursor.bytes, range: header..<directory)
    let bytes = try Self.bytes(&local, of: name, size: sizes.plain)
    return (header, Member(name: name, bytes: bytes))
  }

  /// The bytes of a member, behind its own header, which must tell the same name and method.
  private static func bytes(_ cursor: inout ByteCursor, of name: String, size: UInt64)
    throws(CheckpointError) -> Range<Int>
  {
    let start = cursor.offset
    let what = "the header of the member '\(name)'"
    guard try cursor.integer(UInt32.self, what) == 0x0403_4b50 else {
      throw cursor.error(.malformed, at: start, "expected \(what), found other bytes")
    }
    _ = try cursor.skip(2, what)
    let flags = try cursor.integer(UInt16.self, what)
    let method = try cursor.integer(UInt16.self, what)
    // Time, checksum and sizes: the last two may follow the bytes, and the directory has them.
    _ = try cursor.skip(16, what)
    let nameLength = try cursor.integer(UInt16.self, what)
    let extraLength = try cursor.integer(UInt16.self, what)
    let own = try cursor.text(UInt64(nameLength), "the name in \(what)")
    guard own == name, method == 0, flags & 1 == 0 else {
      throw cursor.error(
        .malformed, at: start,
        "expected \(what), stored as it is; found '\(own)' of the method \(method)")
    }
    _ = try cursor.skip(UInt64(extraLength), what)
    return try cursor.skip(size, "the member '\(name)'")
  }
}

/// Sizes and place of a member, of 32 bits unless its extra field has them in 64.
private struct ZipSizes {
  var packed: UInt64
  var plain: UInt64
  var start: UInt64

  /// Reads those that don't fit in 32 bits, which stand in the extra field 1 in the order plain, packed, start.
  mutating func readLarge(in extra: Range<Int>, of cursor: ByteCursor, member: String)
    throws(CheckpointError)
  {
    let large = UInt64(UInt32.max)
    guard packed == large || plain == large || start == large else { return }
    let what = "the 64-bit sizes of the member '\(member)'"
    var fields = ByteCursor(path: cursor.path, bytes: cursor.bytes, range: extra)
    while fields.remaining >= 4 {
      let kind = try fields.integer(UInt16.self, what)
      let length = try fields.integer(UInt16.self, what)
      let range = try fields.skip(UInt64(length), what)
      guard kind == 1 else { continue }
      var values = ByteCursor(path: cursor.path, bytes: cursor.bytes, range: range)
      if plain == large { plain = try values.integer(UInt64.self, what) }
      if packed == large { packed = try values.integer(UInt64.self, what) }
      if start == large { start = try values.integer(UInt64.self, what) }
      return
    }
    throw cursor.error(.malformed, at: extra.lowerBound, "expected \(what), found none")
  }
}

/// Where the directory of a zip archive is, by the records at its end.
private struct ZipEnd {
  var directory: Range<Int>
  var count: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    guard let end = Self.place(in: bytes) else {
      throw CheckpointError(
        .truncated, in: path, at: .byte(bytes.count),
        "expected the end record of a zip archive, found none; is the file whole?")
    }
    let what = "the end record"
    var cursor = ByteCursor(path: path, bytes: bytes, range: end..<bytes.count)
    _ = try cursor.skip(4, what)
    let disk = try cursor.integer(UInt16.self, what)
    let firstDisk = try cursor.integer(UInt16.self, what)
    let countHere = UInt64(try cursor.integer(UInt16.self, what))
    var count = UInt64(try cursor.integer(UInt16.self, what))
    var size = UInt64(try cursor.integer(UInt32.self, what))
    var start = UInt64(try cursor.integer(UInt32.self, what))
    guard countHere == count, disk == firstDisk, disk == 0 || disk == .max else {
      throw cursor.error(.unsupported, at: end, "the archive is one of several volumes")
    }
    var last = end
    if let large = try Self.largeEnd(before: end, in: bytes, path: path) {
      let small = (count, size, start)
      guard small.0 == large.count || small.0 == UInt64(UInt16.max),
        small.1 == large.size || small.1 == UInt64(UInt32.max),
        small.2 == large.start || small.2 == UInt64(UInt32.max)
      else {
        throw cursor.error(
          .malformed, at: end, "the end record and its 64-bit form say different things")
      }
      (count, size, start, last) = (large.count, large.size, large.start, large.place)
    }
    let (limit, overflow) = start.addingReportingOverflow(size)
    guard !overflow, limit == UInt64(last) else {
      throw cursor.error(
        .malformed, at: end,
        "expected the directory to end at byte \(last), found \(size) bytes from byte \(start) on")
    }
    guard count <= size / UInt64(ZipDirectory.leastLine) else {
      throw cursor.error(
        .malformed, at: end, "expected \(count) members, but the directory has \(size) bytes")
    }
    directory = Int(start)..<last
    self.count = Int(count)
  }

  /// Where the end record is: the last one whose comment ends with the file.
  private static func place(in bytes: UnsafeRawBufferPointer) -> Int? {
    let size = 22
    guard bytes.count >= size else { return nil }
    let first = max(0, bytes.count - size - Int(UInt16.max))
    for place in stride(from: bytes.count - size, through: first, by: -1)
    where bytes[place] == 0x50 {
      let signature = UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
      let comment = UInt16(
        littleEndian: bytes.loadUnaligned(fromByteOffset: place + 20, as: UInt16.self))
      if signature == 0x0605_4b50, place + size + Int(comment) == bytes.count { return place }
    }
    return nil
  }

  /// The 64-bit end record, found by the locator that stands right before `end`; nil without one.
  private static func largeEnd(before end: Int, in bytes: UnsafeRawBufferPointer, path: String)
    throws(CheckpointError) -> (count: UInt64, size: UInt64, start: UInt64, place: Int)?
  {
    guard end >= 20 else { return nil }
    let what = "the 64-bit end record"
    var cursor = ByteCursor(path: path, bytes: bytes, range: end - 20..<end)
    guard try cursor.integer(UInt32.self, what) == 0x0706_4b50 else { return nil }
    _ = try cursor.skip(4, what)
    let place = try cursor.integer(UInt64.self, what)
    guard place <= UInt64(end - 20) else {
      throw cursor.error(
        .malformed, at: end - 12, "expected \(what) before byte \(end - 20), found it at \(place)")
    }
    var record = ByteCursor(path: path, bytes: bytes, range: Int(place)..<end - 20)
    guard try record.integer(UInt32.self, what) == 0x0606_4b50 else {
      throw record.error(.malformed, at: Int(place), "expected \(what), found other bytes")
    }
    _ = try record.skip(20, what)
    let countHere = try record.integer(UInt64.self, what)
    let count = try record.integer(UInt64.self, what)
    guard countHere == count else {
      throw record.error(.unsupported, at: Int(place), "the archive is one of several volumes")
    }
    let size = try record.integer(UInt64.self, what)
    return (count, size, try record.integer(UInt64.self, what), Int(place))
  }
}
