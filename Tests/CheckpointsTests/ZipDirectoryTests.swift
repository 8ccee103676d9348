import Checkpoints
import TestSupport
import Testing

/// Archives that aren't what they say: compressed, overlapping, cut off.
@Suite struct ZipDirectoryTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func complaint(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write(bytes, to: "pytorch_model.bin")
    do {
      _ = try openCheckpoint(at: path)
      return "opened"
    } catch { return String(error.description.dropFirst(path.utf8.count)) }
  }

  /// What a file says after a change of its archive.
  private func complaint(_ change: (inout ZipBytes) -> Void) throws -> String {
    var zip = PyTorchBytes.everything.zip
    change(&zip)
    return try complaint(zip.file)
  }

  @Test func compressedMembers() throws {
    #expect(
      try complaint { $0.members[2].method = 8 }
        .hasSuffix(
          "error: expected the member 'archive/data/0' stored as it is, found compression method 8")
    )
    #expect(
      try complaint { $0.members[2].plainSize = 1 << 31 }
        .hasSuffix(
          "error: the member 'archive/data/0' is stored as it is, but 48 bytes stand for 2147483648"
        ))
    #expect(
      try complaint { $0.members[2].flags = 1 }
        .hasSuffix("error: the member 'archive/data/0' is encrypted"))
  }

  @Test func membersThatOverlap() throws {
    // The second storage's line leads to the first one's header, under its name or another.
    var zip = PyTorchBytes.everything.zip
    let start = zip.members[..<2].reduce(0) { $0 + 33 + $1.name.utf8.count + $1.bytes.count }
    zip.members[3].start = UInt32(start)
    #expect(
      try complaint(zip.file)
        == ": byte \(start): error: expected the header of the member 'archive/data/1', stored as it is; "
        + "found 'archive/data/0' of the method 0")
    zip.members[2].ownName = "archive/data/1"
    zip.members[2].name = "archive/data/1"
    #expect(
      try complaint(zip.file)
        == ": byte \(start): error: the member 'archive/data/1' starts here and overlaps "
        + "'archive/data/1', which ends at byte \(start + 47 + 48)")
    // A member inside another's bytes.
    zip = PyTorchBytes.everything.zip
    var inner = ZipBytes()
    inner.add("archive/data/1", [0, 0, 0, 0, 0, 0])
    let header = Array(inner.file[..<(33 + 14)])
    zip.members[2].bytes = header + [UInt8](repeating: 0, count: 53)
    zip.members[3].start = UInt32(start + 47)
    #expect(
      try complaint(zip.file)
        == ": byte \(start + 47): error: the member 'archive/data/1' starts here and overlaps "
        + "'archive/data/0', which ends at byte \(start + 47 + 100)")
  }

  @Test func membersOutsideTheFile() throws {
    #expect(
      try complaint { $0.members[2].start = 1 << 30 }
        .contains("error: expected the member 'archive/data/0' before the directory at byte "))
    #expect(
      try complaint { $0.members[2].start = 5 }
        .contains("error: expected the header of the member 'archive/data/0', found other bytes"))
    // 2³² − 1 without a 64-bit field.
    #expect(
      try complaint { $0.members[2].start = .max }
        .hasSuffix("error: expected the 64-bit sizes of the member 'archive/data/0', found none"))
  }

  @Test func repeatedNames() throws {
    #expect(
      try complaint { zip in zip.members.append(zip.members[2]) }
        .hasSuffix("error: the member 'archive/data/0' appears twice"))
  }

  @Test func endRecords() throws {
    let whole = PyTorchBytes.everything.file
    #expect(
      try complaint(whole + [0])
        == ": byte \(whole.count + 1): error: expected the end record of a zip archive, found none; is "
        + "the file whole?")
    #expect(
      try complaint { $0.count = 400 }.contains(
        "error: expected 400 members, but the directory has "))
    #expect(
      try complaint { $0.count = 3 }
        .contains("error: expected the directory to end after 3 members, found "))
    var bytes = whole
    bytes[bytes.count - 4] += 1
    #expect(try complaint(bytes).contains("error: expected the directory to end at byte "))
    bytes = whole
    bytes[bytes.count - 18] = 1
    #expect(try complaint(bytes).hasSuffix("error: the archive is one of several volumes"))
  }

  @Test func largeEndRecords() throws {
    var zip = PyTorchBytes.everything.zip
    zip.isLarge = true
    let whole = zip.file
    let end = whole.count - 22
    var bytes = whole
    bytes[end + 10] = 3
    bytes[end + 8] = 3
    bytes[end + 11] = 0
    bytes[end + 9] = 0
    #expect(
      try complaint(bytes)
        == ": byte \(end): error: the end record and its 64-bit form say different things")
    bytes = whole
    // The locator's place, then the record's signature.
    bytes.replaceSubrange(end - 12..<end - 4, with: little(UInt64.max))
    #expect(
      try complaint(bytes)
        == ": byte \(end - 12): error: expected the 64-bit end record before byte \(end - 20), "
        + "found it at 18446744073709551615")
    bytes = whole
    bytes[end - 76] = 0
    #expect(
      try complaint(bytes)
        == ": byte \(end - 76): error: expected the 64-bit end record, found other bytes")
    bytes = whole
    bytes.replaceSubrange(end - 28..<end - 20, with: little(UInt64.max))
    #expect(try complaint(bytes).contains("error: expected the directory to end at byte "))
  }
}
