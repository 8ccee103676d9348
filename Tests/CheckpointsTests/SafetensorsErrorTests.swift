import Checkpoints
import TestSupport
import Testing

/// Every way in which a safetensors file can be wrong, and what is said about it.
@Suite struct SafetensorsErrorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What opening `bytes` says, after the file's path.
  private func complaint(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write(bytes, to: "bad.safetensors")
    do {
      _ = try SafetensorsFile(path)
      return "opened"
    } catch {
      return String(error.description.dropFirst(path.utf8.count))
    }
  }

  /// What a header over `count` bytes of data says.
  private func complaint(_ header: String, data count: Int = 8) throws -> String {
    try complaint(safetensors(header, [UInt8](repeating: 0, count: count)))
  }

  @Test func headerLength() throws {
    #expect(try complaint([]) == ": error: the file is empty")
    #expect(
      try complaint([1, 0, 0])
        == ": byte 3: error: expected 8 bytes of header length, found 3")
    #expect(
      try complaint(little(UInt64.max))
        == ": byte 0: error: expected a header of at most 100000000 bytes, "
        + "found the length 18446744073709551615; is this a safetensors file?")
    #expect(
      try complaint(little(UInt64(50)) + Array("{}".utf8))
        == ": byte 10: error: expected a header of 50 bytes from byte 8 on, found 2")
  }

  @Test func headerText() throws {
    // The wording is the JSON room's; the place is counted from the start of the file.
    #expect(try complaint("{\"a\" 1}").hasPrefix(": header, byte 13: error: "))
    #expect(try complaint("{\"a\":1,\n\"a\":2}").hasPrefix(": header, byte 16: error: "))
    #expect(
      try complaint("[]")
        == ": header, byte 8: error: expected an object that maps names to tensors")
    #expect(
      try complaint(#"{"a":1}"#)
        == ": header, byte 13: error: expected an object that describes a tensor\n  = at /a")
    #expect(
      try complaint(#"{"__metadata__":{"x":1}}"#)
        == ": header, byte 29: error: expected a string\n  = at /__metadata__/x")
    #expect(
      try complaint(#"{"__metadata__":"x"}"#)
        == ": header, byte 24: error: expected an object of strings\n  = at /__metadata__")
  }

  @Test func invalidUTF8InTheHeader() throws {
    let header = Array(#"{""#.utf8) + [0xff] + Array(#"":1}"#.utf8)
    #expect(
      try complaint(little(UInt64(header.count)) + header).hasPrefix(": header, byte 10: error: "))
  }

  @Test func fields() throws {
    #expect(
      try complaint(#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#)
        == ": header, byte 13: error: missing required member 'dtype'\n  = at /a")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#)
        == ": header, byte 13: error: missing required member 'shape'\n  = at /a")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[2],"data_offset":[0,8]}}"#)
        == ": header, byte 54: error: unknown member 'data_offset'; did you mean 'data_offsets'?"
        + "\n  = at /a/data_offset")
    #expect(
      try complaint(#"{"a":{"dtype":"F8_E4M9","shape":[8],"data_offsets":[0,8]}}"#)
        == ": header, byte 22: error: expected one of F64, F32, F16, BF16, I64, I32, I16, I8, "
        + "U64, U32, U16, U8, BOOL, found 'F8_E4M9'\n  = at /a/dtype")
    #expect(
      try complaint(#"{"a":{"dtype":4,"shape":[8],"data_offsets":[0,8]}}"#)
        .hasSuffix("found another type\n  = at /a/dtype"))
    // Quantized types are GGUF's alone.
    #expect(
      try complaint(#"{"a":{"dtype":"Q8_0","shape":[32],"data_offsets":[0,34]}}"#)
        .hasSuffix("found 'Q8_0'\n  = at /a/dtype"))
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#)
        == ": header, byte 36: error: expected an array of integers\n  = at /a/shape")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[1,-2],"data_offsets":[0,8]}}"#)
        == ": header, byte 39: error: expected an integer of at least 0\n  = at /a/shape/1")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#)
        == ": header, byte 37: error: expected an integer of at least 0\n  = at /a/shape/0")
  }

  @Test("A type of the format that isn't read stands in nobody's way, unless it is asked for")
  func otherTypes() throws {
    let header = Array(
      (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]},"#
        + #""b":{"dtype":"F4","shape":[4],"data_offsets":[8,10]}}"#).utf8)
    let path = try folder.write(
      little(UInt64(header.count)) + header + [UInt8](repeating: 0, count: 10),
      to: "other.safetensors")
    let file = try SafetensorsFile(path)
    #expect(file.tensors.map(\.typeName) == ["F8_E4M3", "F4"])
    #expect(file.tensors.map(\.byteCount) == [8, 2])
    let error = #expect(throws: CheckpointError.self) { try file.read("a") }
    #expect(
      error?.description
        == "\(path): tensor 'a': error: expected a type that is read here, found F8_E4M3")
    #expect(throws: CheckpointError.self) { try file.readIntegers("b") }
    #expect(
      try complaint(#"{"a":{"dtype":"F8_E4M3","shape":[7],"data_offsets":[0,8]}}"#)
        .hasSuffix("expected 7 bytes for F8_E4M3 [7], found 8\n  = at /a/data_offsets"))
  }

  @Test func shapesAndOffsets() throws {
    #expect(
      try complaint(
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#)
        == ": header, byte 36: error: the number of bytes of F32 [4294967296, 4294967296] "
        + "overflows\n  = at /a/shape")
    #expect(
      try complaint(#"{"a/b":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#)
        == ": header, byte 57: error: expected 12 bytes for F32 [3], found 8"
        + "\n  = at /a~1b/data_offsets")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#)
        == ": header, byte 55: error: expected [begin, end] with begin ≤ end, found [8, 0]"
        + "\n  = at /a/data_offsets")
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}"#)
        == ": header, byte 55: error: expected [begin, end] with begin ≤ end, found [8]"
        + "\n  = at /a/data_offsets")
    #expect(
      try complaint(
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}"#
      )
      .hasSuffix("the offset 9223372036854775806 overflows\n  = at /a/data_offsets"))
    #expect(
      try complaint(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#)
        == ": tensor 'a': error: expected 8 bytes from byte 67 on, "
        + "but the file's data are bytes 63 to 71")
  }

  @Test func overlapsAndHoles() throws {
    #expect(
      try complaint(
        """
        {"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},\
        "b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}
        """)
        == ": tensor 'b': error: starts at byte 117 and overlaps 'a', which ends at byte 118")
    #expect(
      try complaint(
        """
        {"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},\
        "b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}
        """) == ": byte 113: error: expected 7 bytes of tensors without holes, found 8")
    #expect(
      try complaint(#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#, data: 9)
        == ": byte 61: error: expected 8 bytes of tensors without holes, found 9")
  }

  @Test func wrongKindsOfFile() throws {
    #expect(
      complaintAboutOpening(folder.path("none.safetensors"))
        == ": error: can't open the checkpoint: No such file or directory (errno 2)")
    #expect(
      complaintAboutOpening(folder.path)
        == ": error: the folder holds none of model.safetensors, pytorch_model.bin, and the index of "
        + "either's parts")
    let text = try folder.write("hello", to: "model.txt")
    #expect(
      complaintAboutOpening(text)
        == ": error: expected a folder, or a file called *.gguf, *.safetensors, *.bin or *.index.json"
    )
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(folder.path) }
    #expect(error?.reason == "expected a regular file")
  }

  private func complaintAboutOpening(_ path: String) -> String {
    do {
      _ = try openCheckpoint(at: path)
      return "opened"
    } catch {
      return String(error.description.dropFirst(path.utf8.count))
    }
  }
}
