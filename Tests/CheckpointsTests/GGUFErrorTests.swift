import Checkpoints
import TestSupport
import Testing

/// Every way in which a GGUF file can be wrong, and what is said about it.
@Suite struct GGUFErrorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What opening `bytes` says, after the file's path.
  private func complaint(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write(bytes, to: "bad.gguf")
    do {
      _ = try GGUFFile(path)
      return "opened"
    } catch {
      return String(error.description.dropFirst(path.utf8.count))
    }
  }

  /// What `body` says about a file, after the file's path.
  private func complaint(
    _ gguf: GGUFBytes, _ body: (GGUFFile) throws(CheckpointError) -> Void
  ) throws -> String {
    let path = try folder.write(gguf.file, to: "bad.gguf")
    do {
      try body(try GGUFFile(path))
      return "no error"
    } catch {
      return String(error.description.dropFirst(path.utf8.count))
    }
  }

  @Test func badMagic() throws {
    #expect(
      try complaint(GGUFBytes(magic: Array("PK\u{3}\u{4}".utf8)).file)
        == ": byte 0: error: expected the bytes 47 47 55 46 (GGUF), found 50 4b 03 04; "
        + "is this a GGUF file?")
  }

  @Test func otherVersions() throws {
    #expect(
      try complaint(GGUFBytes(version: 1).file)
        == ": byte 4: error: expected version 2 or 3, found 1")
    #expect(
      try complaint(GGUFBytes(version: UInt32(3).byteSwapped).file)
        == ": byte 4: error: the file is big-endian, only little-endian files are read")
  }

  @Test func emptyAndShortFiles() throws {
    #expect(try complaint([]) == ": error: the file is empty")
    #expect(
      try complaint(Array("GG".utf8))
        == ": byte 0: error: expected 4 bytes of the magic number, found 2 before the end")
  }

  @Test func countsThatCannotFit() throws {
    #expect(
      try complaint(GGUFBytes(tensorCount: .max).file)
        == ": byte 8: error: expected 18446744073709551615 tensors, but only 8 bytes are left")
    #expect(
      try complaint(GGUFBytes(keyCount: 1 << 40).file)
        == ": byte 16: error: expected 1099511627776 metadata keys, but only 0 bytes are left")
  }

  @Test func stringLengthOverflow() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 8, little(UInt64.max))
    #expect(
      try complaint(gguf.file)
        == ": byte 45: error: expected 18446744073709551615 bytes of key 'k', "
        + "found 0 before the end")
  }

  @Test func arrayLengthOverflow() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 9, little(UInt32(12)) + little(UInt64.max / 2))
    #expect(
      try complaint(gguf.file)
        == ": byte 41: error: expected 9223372036854775807 elements of key 'k', "
        + "but only 0 bytes are left")
  }

  @Test func unknownValueType() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 13, [])
    #expect(
      try complaint(gguf.file)
        == ": byte 33: error: expected a type of 0 to 12 for key 'k', found 13")
  }

  @Test func boolThatIsNeither() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 7, [2])
    #expect(
      try complaint(gguf.file) == ": byte 37: error: expected 0 or 1 for key 'k', found 2")
  }

  @Test func textThatIsNotUTF8() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 8, little(UInt64(2)) + [0xc3, 0x28])
    #expect(try complaint(gguf.file) == ": byte 45: error: expected key 'k' in UTF-8")
  }

  @Test func nestingWithoutEnd() throws {
    var gguf = GGUFBytes()
    let level = little(UInt32(9)) + little(UInt64(1))
    gguf.add("k", type: 9, Array([[UInt8]](repeating: level, count: 50_000).joined()))
    #expect(
      try complaint(gguf.file)
        == ": byte 85: error: arrays in key 'k' are nested more than 4 deep")
  }

  @Test func repeatedKey() throws {
    var gguf = GGUFBytes()
    gguf.add("k", type: 0, [1])
    gguf.add("k", type: 0, [1])
    #expect(try complaint(gguf.file) == ": byte 38: error: the key 'k' appears twice")
  }

  @Test func badAlignment() throws {
    for (value, words) in [(UInt32(0), "0"), (12, "12"), (1 << 31, "2147483648")] {
      var gguf = GGUFBytes()
      gguf.add("general.alignment", type: 4, little(value))
      #expect(
        try complaint(gguf.file)
          == ": key 'general.alignment': error: expected a multiple of 8 up to 2^30, "
          + "found the integer \(words)")
    }
  }

  @Test func unsupportedTensorTypeIsNamed() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "w", [256], type: 15, [UInt8](repeating: 0, count: 292))
    #expect(
      try complaint(gguf.file)
        == ": byte 45: error: expected one of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, "
        + "Q4_K, Q5_K, Q6_K, IQ4_NL, I8, I16, I32, I64, F64, BF16 for tensor 'w', found Q8_K (15)")
    gguf.tensors[0].type = 77
    #expect(try complaint(gguf.file).hasSuffix("for tensor 'w', found the type 77"))
  }

  @Test func tensorThatNobodyAsksForMayHaveAnotherType() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "other", [256], type: 16, [UInt8](repeating: 0, count: 66))
    gguf.add(tensor: "w", [1], type: 0, little([7]))
    let file = try GGUFFile(try folder.write(gguf.file, to: "good.gguf"))
    #expect(try file.read("w") == [7])
    #expect(file.descriptor(of: "other")?.typeName == "IQ2_XXS")
    #expect(file.descriptor(of: "other")?.byteCount == 66)
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("other") }
        == ": tensor 'other': error: expected a type that is read here, found IQ2_XXS")
    gguf.tensors[0].dimensions = [128]
    #expect(
      try complaint(gguf.file)
        == ": tensor 'other': error: expected rows of a multiple of 256 elements for IQ2_XXS, "
        + "found 128")
    gguf.tensors[0].dimensions = [1 << 62, 2]
    #expect(
      try complaint(gguf.file)
        == ": tensor 'other': error: the number of bytes of IQ2_XXS [2, 4611686018427387904] overflows"
    )
  }

  @Test func tooManyDimensions() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "w", [1, 1, 1, 1, 1], type: 0, little([1]))
    #expect(
      try complaint(gguf.file)
        == ": byte 33: error: expected at most 4 dimensions of tensor 'w', found 5")
  }

  @Test func shapesThatOverflow() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "w", [1 << 32, 1 << 31], type: 0, [])
    #expect(
      try complaint(gguf.file)
        == ": tensor 'w': error: the number of bytes of F32 [2147483648, 4294967296] overflows")
    gguf.tensors[0].dimensions = [1 << 63]
    #expect(
      try complaint(gguf.file)
        == ": byte 37: error: the dimension 9223372036854775808 of tensor 'w' overflows")
    // The elements fit in 63 bits, their bytes don't.
    gguf.tensors[0].dimensions = [1 << 61, 2]
    #expect(try complaint(gguf.file).hasSuffix("F32 [2, 2305843009213693952] overflows"))
    // A zero doesn't excuse the others.
    gguf.tensors[0].dimensions = [1 << 62, 4, 0]
    #expect(try complaint(gguf.file).hasSuffix("overflows"))
  }

  @Test func brokenBlocks() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "w", [48, 2], type: 8, [UInt8](repeating: 0, count: 102))
    #expect(
      try complaint(gguf.file)
        == ": tensor 'w': error: expected rows of a multiple of 32 elements for Q8_0, found 48")
  }

  @Test func offsets() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "a", [8], type: 0, little([Float](repeating: 0, count: 8)))
    gguf.add(tensor: "b", [8], type: 0, little([Float](repeating: 0, count: 8)), offset: 33)
    #expect(
      try complaint(gguf.file)
        == ": byte 82: error: expected a multiple of 32 as the offset of tensor 'b', found 33")
    gguf.tensors[1].offset = 64
    #expect(
      try complaint(gguf.file)
        == ": tensor 'b': error: expected 32 bytes from byte 160 on, "
        + "but the file's data are bytes 96 to 160")
    gguf.tensors[1].offset = .max & ~31
    #expect(
      try complaint(gguf.file)
        == ": byte 82: error: expected a multiple of 32 as the offset of tensor 'b', "
        + "found 18446744073709551584")
    gguf.tensors[1].offset = UInt64(Int.max) & ~31
    #expect(
      try complaint(gguf.file)
        == ": tensor 'b': error: the offset 9223372036854775776 overflows")
    gguf.tensors[1].offset = 0
    #expect(
      try complaint(gguf.file)
        == ": tensor 'b': error: starts at byte 96 and overlaps 'a', which ends at byte 128")
  }

  @Test func repeatedTensor() throws {
    var gguf = GGUFBytes()
    gguf.add(tensor: "a", [1], type: 0, little([0]))
    gguf.add(tensor: "a", [1], type: 0, little([0]))
    #expect(try complaint(gguf.file) == ": tensor 'a': error: the name appears twice")
  }

  @Test func missingTensorAndKeyOfferTheNearest() throws {
    var gguf = GGUFBytes()
    gguf.add("llama.block_count", type: 4, little(UInt32(30)))
    gguf.add(tensor: "blk.0.attn_q.weight", [1], type: 0, little([0]))
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("blk.0.attn_g.weight")
      }
        == ": tensor 'blk.0.attn_g.weight': error: there is no such tensor among the 1; "
        + "did you mean 'blk.0.attn_q.weight'?")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.integer("llama.blockcount")
      }
        == ": key 'llama.blockcount': error: there is no such key among the 1; "
        + "did you mean 'llama.block_count'?")
  }

  @Test func metadataOfAnotherType() throws {
    let gguf = GGUFBytes.everything
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.string("u8") }
        == ": key 'u8': error: expected a string, found the integer 200")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.integer("u64") }
        == ": key 'u64': error: expected a 63-bit integer, found the integer 18446744073709551615")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.float("text") }
        == ": key 'text': error: expected a float, found the string \"Ġhé\"")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.strings("integers") }
        == ": key 'integers': error: expected an array of strings, found an array of 2 int32")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.integers("yes") }
        == ": key 'yes': error: expected an array of integers, found the bool true")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.floats("f32") }
        == ": key 'f32': error: expected an array of floats, found the float 1.5")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.bool("nested") }
        == ": key 'nested': error: expected a bool, found an array of 2 array")
  }

  @Test func invalidUTF8InAnArrayIsFoundWhenItIsRead() throws {
    var gguf = GGUFBytes()
    gguf.add("tokens", type: 9, array(8, [string("a"), little(UInt64(1)) + [0xff]]))
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.strings("tokens") }
        == ": byte 71: error: expected element 1 of key 'tokens' in UTF-8")
  }

  @Test func scalesThatAreNotFinite() throws {
    var gguf = GGUFBytes()
    // Block 2 of 3 has an infinite d; then the same with m NaN.
    let fine = GGUFBytes.q8Block(d: 0x3c00)
    gguf.add(tensor: "q8", [96], type: 8, fine + fine + GGUFBytes.q8Block(d: 0x7c00))
    let nibbles = GGUFBytes.nibbles
    gguf.add(
      tensor: "q4", [32, 2], type: 3,
      [0, 0x3c, 0, 0] + nibbles + [0, 0x3c, 1, 0x7c] + nibbles)
    gguf.add(tensor: "q4_0", [32], type: 2, [0, 0xfe] + nibbles)
    let data = gguf.head.count + (32 - gguf.head.count % 32) % 32
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("q8") }
        == ": tensor 'q8', element 64: error: expected finite scales in Q8_0 block 2 "
        + "at byte \(data + 68), found d = inf")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("q4") }
        == ": tensor 'q4', element 32: error: expected finite scales in Q4_1 block 1 "
        + "at byte \(data + 128 + 20), found d = 1.0, m = NaN")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("q4_0") }
        == ": tensor 'q4_0', element 0: error: expected finite scales in Q4_0 block 0 "
        + "at byte \(data + 192), found d = NaN")
  }

  @Test func destinationsAndRowsThatDoNotFit() throws {
    let gguf = GGUFBytes.everything
    var room = [Float](repeating: 0, count: 5)
    let short = try complaint(gguf) { file throws(CheckpointError) in
      var outcome: Result<Void, CheckpointError> = .success(())
      room.withUnsafeMutableBufferPointer { buffer in
        do throws(CheckpointError) { try file.read("f32", into: buffer) } catch {
          outcome = .failure(error)
        }
      }
      try outcome.get()
    }
    #expect(
      short == ": tensor 'f32': error: expected room for 6 elements of the shape [2, 3], found 5")
    let outside = try complaint(gguf) { file throws(CheckpointError) in
      try file.read("f32", rows: 1..<3, into: UnsafeMutableBufferPointer(start: nil, count: 0))
    }
    #expect(outside == ": tensor 'f32': error: expected rows inside 0..<2, found 1..<3")
    let split = try complaint(gguf) { file throws(CheckpointError) in
      var outcome: Result<Void, CheckpointError> = .success(())
      room.withUnsafeMutableBufferPointer { buffer in
        do throws(CheckpointError) { try file.read("q4_0", rows: 3..<8, into: buffer) } catch {
          outcome = .failure(error)
        }
      }
      try outcome.get()
    }
    #expect(
      split == ": tensor 'q4_0': error: expected whole blocks of 32 Q4_0 elements, found 3..<8")
  }

  @Test func floatsAndIntegersAreNotMixed() throws {
    let gguf = GGUFBytes.everything
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.read("i32") }
        == ": tensor 'i32': error: expected floats, found I32; read it as integers")
    #expect(
      try complaint(gguf) { file throws(CheckpointError) in _ = try file.readIntegers("q4_1") }
        == ": tensor 'q4_1': error: expected integers, found Q4_1; read it as floats")
  }

  @Test func shapeThatAModelDoesNotExpect() throws {
    #expect(
      try complaint(.everything) { file throws(CheckpointError) in
        try file.requireTensor("f32", shape: [3, 2])
      } == ": tensor 'f32': error: expected the shape [3, 2], found [2, 3]")
  }
}
