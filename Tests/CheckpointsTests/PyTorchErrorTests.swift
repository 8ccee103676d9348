import Checkpoints
import TestSupport
import Testing

/// Every way in which a `pytorch_model.bin` can be wrong or ask for more than reading, and what is said about it.
@Suite struct PyTorchErrorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What opening `bytes` says, after the file's path.
  private func complaint(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write(bytes, to: "pytorch_model.bin")
    do {
      _ = try openCheckpoint(at: path)
      return "opened"
    } catch { return String(error.description.dropFirst(path.utf8.count)) }
  }

  /// What opening a file with a pickle of these instructions says; byte 49 is the pickle's first.
  private func complaint(pickle body: (inout PickleBytes) -> Void) throws -> String {
    var pickle = PickleBytes()
    body(&pickle)
    var zip = ZipBytes()
    zip.add("archive/data.pkl", pickle.bytes)
    zip.add("archive/data/0", little([1, 2, 3, 4]))
    return try complaint(zip.file)
  }

  /// What opening a file with one tensor of the storage `[1, 2, 3, 4]` says.
  private func complaint(
    offset: Int = 0, shape: [Int], strides: [Int], kind: String = "FloatStorage", count: Int = 4
  ) throws -> String {
    var torch = PyTorchBytes()
    torch.storages = [("0", little([1, 2, 3, 4]))]
    torch.item("w") {
      $0.tensor(kind, "0", count: count, offset: offset, shape: shape, strides: strides)
    }
    return try complaint(torch.file)
  }

  // MARK: - What is called

  @Test(arguments: [
    ("posix", "system"), ("builtins", "eval"), ("os", "system"), ("torch", "load"),
    ("torch", "QInt8Storage"), ("torch._utils", "_rebuild_tensor_v3"),
    ("numpy.core.multiarray", "_reconstruct"), ("collections", "OrderedDict.fromkeys"),
    ("torch.storage", "UntypedStorage"), ("", ""),
  ])
  func globalsOutsideTheList(module: String, name: String) throws {
    let words =
      ": byte 51: error: the pickle names '\(module).\(name)', which isn't part of a state dict of "
      + "plain tensors; nothing of it was called"
    #expect(
      try complaint {
        $0.global(module, name)
        $0.text("echo")
        $0.add([0x85, 0x52, 0x2e])
      } == words)
    // The same by way of the stack.
    let last = 51 + 5 + module.utf8.count + 5 + name.utf8.count
    #expect(
      try complaint {
        $0.text(module)
        $0.text(name)
        $0.add([0x93, 0x29, 0x52, 0x2e])
      } == words.replacing("byte 51", with: "byte \(last)"))
  }

  @Test(arguments: [
    (0x69, "INST (0x69)"), (0x6f, "OBJ (0x6f)"), (0x81, "NEWOBJ (0x81)"), (0x82, "EXT1 (0x82)"),
    (0x92, "NEWOBJ_EX (0x92)"), (0x50, "PERSID (0x50)"), (0x32, "DUP (0x32)"),
    (0x97, "NEXT_BUFFER (0x97)"), (0x80, "0x80"), (0x00, "0x00"), (0xff, "0xff"),
  ])
  func instructionsOutsideTheList(byte: Int, words: String) throws {
    #expect(
      try complaint { $0.add([UInt8(byte), 0x2e]) }
        == ": byte 51: error: expected an instruction that a state dict needs, found \(words)")
  }

  @Test func argumentsOfCalls() throws {
    #expect(
      try complaint {
        $0.global("collections", "OrderedDict")
        $0.add([0x5d, 0x85, 0x52, 0x2e])
      }
        == ": byte 78: error: expected no arguments for 'collections.OrderedDict', found a list")
    #expect(
      try complaint {
        $0.global("torch", "FloatStorage")
        $0.add([0x29, 0x52, 0x2e])
      }
        == ": byte 72: error: expected a storage that is kept outside for 'torch.FloatStorage', "
        + "found a tuple")
    #expect(
      try complaint {
        $0.text("f")
        $0.add([0x29, 0x52, 0x2e])
      } == ": byte 58: error: expected a call of a global, found the text \"f\"")
    #expect(
      try complaint {
        $0.global("torch._utils", "_rebuild_parameter")
        $0.add([0x4e, 0x89, 0x7d, 0x87, 0x52, 0x2e])
      }
        == ": byte 88: error: expected a tensor, a bool and no hooks for "
        + "'torch._utils._rebuild_parameter', found a tuple")
    #expect(
      try complaint {
        $0.global("torch._utils", "_rebuild_tensor_v2")
        $0.add([0x29, 0x52, 0x2e])
      }
        == ": byte 85: error: expected a storage, an offset, sizes, strides, a bool and no hooks for "
        + "a tensor")
    #expect(
      try complaint {
        $0.text("storage")
        $0.add([0x51, 0x2e])
      }
        == ": byte 63: error: expected a storage's class, key, device and size, found the text "
        + "\"storage\"")
    #expect(
      try complaint { $0.add([0x7d, 0x4b, 1, 0x62, 0x2e]) }
        == ": byte 54: error: expected a dictionary's state, found the integer 1")
  }

  @Test func hooksAndMetadataOfATensor() throws {
    func pickle(hooks: [UInt8], more: [UInt8]) throws -> String {
      try complaint { pickle in
        pickle.global("torch._utils", "_rebuild_tensor_v2")
        pickle.add([0x28])
        pickle.storage("FloatStorage", "0", count: 4)
        pickle.integer(0)
        pickle.tuple([4])
        pickle.tuple([1])
        pickle.add([0x89] + hooks + more + [0x74, 0x52, 0x2e])
      }
    }
    #expect(
      try pickle(hooks: [0x7d, 0x4b, 1, 0x4b, 2, 0x73], more: [])
        .hasSuffix("a bool and no hooks for a tensor"))
    // {"neg": True} would negate every value.
    #expect(
      try pickle(hooks: [0x7d], more: [0x7d, 0x8c, 3, 0x6e, 0x65, 0x67, 0x88, 0x73])
        .hasSuffix("error: expected a tensor without metadata, found a dictionary"))
    #expect(
      try pickle(hooks: [0x7d], more: [0x4e])
        .hasSuffix(
          "error: expected a dictionary of tensors, found a tensor; save the model's "
            + "state_dict()"))
  }

  /// A few bytes a tensor, and a kilobyte of sizes and strides for each: their number is bounded.
  @Test func tensorsWithoutEnd() throws {
    let words = try complaint { pickle in
      pickle.global("torch._utils", "_rebuild_tensor_v2")
      pickle.add([0x71, 1, 0x28])
      pickle.storage("FloatStorage", "0", count: 4)
      pickle.integer(0)
      pickle.tuple([Int](repeating: 1, count: 60))
      pickle.tuple([Int](repeating: 1, count: 60))
      pickle.add([0x89, 0x7d, 0x74, 0x71, 2, 0x52])
      for _ in 0..<(1 << 17) { pickle.add([0x68, 1, 0x68, 2, 0x52]) }
      pickle.add([0x2e])
    }
    #expect(words.hasSuffix("error: expected a pickle of at most 131072 tensors"))
  }

  // MARK: - The stack

  @Test func instructionsWithoutTheirValues() throws {
    for (raw, words) in [
      ([0x52], "51: error: expected 2 values on the pickle's stack, found fewer"),
      ([0x74], "51: error: expected a mark on the pickle's stack, found none"),
      ([0x4e, 0x28, 0x85], "53: error: expected 1 values on the pickle's stack, found fewer"),
      ([0x71, 0], "51: error: expected a value to remember, found none"),
      ([0x4e, 0x28, 0x71, 0], "53: error: expected a value to remember, found none"),
      ([0x68, 3], "51: error: nothing is remembered under 3"),
      ([0x4e, 0x4e, 0x61], "53: error: expected a list to append to, found None"),
      ([0x4e, 0x28, 0x65], "53: error: expected a list to append to, found None"),
      ([0x5d, 0x28, 0x75], "53: error: expected a dictionary to set items of, found a list"),
      ([0x7d, 0x28, 0x4e, 0x75], "54: error: expected a value for every key"),
      ([0x4e, 0x4e, 0x93], "53: error: expected a module and a name, found None"),
      (
        [0x4e, 0x4e, 0x2e],
        "54: error: expected the pickle to end with one value, found 2 values and 0 more bytes"
      ),
      (
        [0x4e, 0x2e, 0x4e],
        "53: error: expected the pickle to end with one value, found 1 values and 1 more bytes"
      ),
      ([0x8a, 9], "51: error: expected an integer of at most 64 bits, found 9 bytes"),
      ([0x63, 0xff, 0x0a], "51: error: expected a name in UTF-8"),
      ([0x8c, 1, 0xff], "53: error: expected a text in UTF-8"),
      (
        [0x58, 0xff, 0xff, 0xff, 0xff],
        "56: error: expected 4294967295 bytes of a text, found 0 before the end"
      ),
      ([0x63, 0x61], "53: error: expected 1 bytes of a name's end, found 0 before the end"),
      ([], "51: error: expected 1 bytes of the pickle's next instruction, found 0 before the end"),
    ] as [([UInt8], String)] {
      #expect(try complaint { $0.add(raw) } == ": byte " + words)
    }
    #expect(
      try complaint { $0.bytes = [0x7d, 0x2e] }
        == ": byte 49: error: expected a pickle of protocol 2 to 5, found other bytes")
    #expect(
      try complaint { $0.bytes[1] = 6 }
        == ": byte 49: error: expected a pickle of protocol 2 to 5, found other bytes")
  }

  /// A tuple in a tuple, a hundred thousand deep, must not exhaust this program's own stack.
  @Test func nestingWithoutEnd() throws {
    let tuples = [UInt8](repeating: 0x85, count: 100_000)
    #expect(
      try complaint { $0.add([0x4e] + tuples + [0x2e]) }
        == ": byte 49: error: expected a dictionary of tensors, found a tuple; save the model's "
        + "state_dict()")
    // A list that holds itself.
    #expect(
      try complaint { $0.add([0x5d, 0x71, 0, 0x68, 0, 0x61, 0x2e]) }
        .hasSuffix("found a list; save the model's state_dict()"))
  }

  @Test func dictionariesOfOtherThings() throws {
    #expect(
      try complaint { $0.add([0x7d, 0x4b, 1, 0x4e, 0x73, 0x2e]) }
        == ": byte 55: error: expected the name of a tensor, found the integer 1")
    #expect(
      try complaint { $0.add([0x7d, 0x8c, 1, 0x61, 0x4e, 0x73, 0x2e]) }
        == ": tensor 'a': error: expected a tensor, found None")
    #expect(
      try complaint { $0.add([0x7d, 0x8c, 5] + Array("model".utf8) + [0x7d, 0x73, 0x2e]) }
        == ": tensor 'model': error: expected a tensor, found a dictionary; is this a training run's "
        + "state? save the model's state_dict() alone")
    var torch = PyTorchBytes.everything
    torch.item("whole") { $0.tensor("BoolStorage", "4", count: 2, shape: [1], strides: [1]) }
    #expect(try complaint(torch.file) == ": tensor 'whole': error: the name appears twice")
  }

  // MARK: - Storages and views

  @Test func viewsOutsideTheirStorage() throws {
    #expect(try complaint(shape: [2, 2], strides: [2, 1]) == "opened")
    for (offset, shape, strides, words) in [
      (1, [2, 2], [2, 1], "expected elements inside its storage of 4, found 1 to 4"),
      (0, [2, 2], [3, 1], "expected elements inside its storage of 4, found 0 to 4"),
      (4, [1], [1], "expected elements inside its storage of 4, found 4 to 4"),
      (5, [0], [1], "expected elements inside its storage of 4, found 5 to 5"),
      (
        0, [5], [0],
        "expected at most the 4 elements of its storage, found the shape [5] of 5"
      ),
      (
        0, [1 << 40, 1], [0, 0],
        "expected at most the 4 elements of its storage, found the shape [1099511627776, 1] of "
          + "1099511627776"
      ),
      (
        0, [1 << 32, 1 << 32], [0, 0],
        "the number of bytes of F32 [4294967296, 4294967296] overflows"
      ),
      (
        0, [2, 1], [.max, 1],
        "expected elements inside its storage of 4, found 0 to 9223372036854775807"
      ),
      (
        0, [3, 1], [.max, 1],
        "expected strides inside its storage of 4 elements, found [9223372036854775807, 1]"
      ),
      (
        .max, [2], [1],
        "expected strides inside its storage of 4 elements, found [1]"
      ),
    ] as [(Int, [Int], [Int], String)] {
      #expect(
        try complaint(offset: offset, shape: shape, strides: strides)
          == ": tensor 'w': error: \(words)")
    }
  }

  @Test func negativeNumbers() throws {
    #expect(
      try complaint(shape: [2, 2], strides: [-2, 1])
        .hasSuffix("error: expected strides of at least 0, found the integer -2"))
    #expect(
      try complaint(shape: [-1], strides: [1])
        .hasSuffix("error: expected sizes of at least 0, found the integer -1"))
    #expect(
      try complaint(offset: -1, shape: [1], strides: [1])
        .hasSuffix("error: expected an offset of at least 0, found -1"))
    #expect(
      try complaint(shape: [1], strides: [1], count: -1)
        .hasSuffix("error: expected a storage's class, key, device and size, found a tuple"))
    #expect(
      try complaint(shape: [1, 1], strides: [1])
        .hasSuffix("error: expected as many strides as sizes, found 1 and 2"))
    let ones = [Int](repeating: 1, count: 65)
    #expect(
      try complaint(shape: Array(ones.dropLast()), strides: Array(ones.dropLast())) == "opened")
    #expect(
      try complaint(shape: ones, strides: ones)
        .hasSuffix("error: expected at most 64 sizes, found 65"))
  }

  @Test func storagesOfAnotherLength() throws {
    for (kind, count) in [("FloatStorage", 5), ("FloatStorage", 3), ("DoubleStorage", 4)] {
      #expect(
        try complaint(shape: [1], strides: [1], kind: kind, count: count)
          .hasSuffix(
            "error: the storage '0' should have \(count) \(kind == "DoubleStorage" ? "F64" : "F32"), "
              + "but its member has 16 bytes"))
    }
    #expect(
      try complaint(shape: [1], strides: [1], kind: "DoubleStorage", count: .max)
        .hasSuffix("should have 9223372036854775807 F64, but its member has 16 bytes"))
    var torch = PyTorchBytes()
    torch.item("w") { $0.tensor("FloatStorage", "7", count: 1, shape: [1], strides: [1]) }
    #expect(
      try complaint(torch.file)
        .hasSuffix(
          "error: the storage '7' should be the member 'archive/data/7', which isn't there"))
    torch = .everything
    torch.item("w") { $0.tensor("HalfStorage", "0", count: 24, shape: [1], strides: [1]) }
    #expect(
      try complaint(torch.file)
        .hasSuffix(
          "error: expected the storage '0' with 12 F32 as before, found 24 F16"))
  }

  @Test func valuesThatAreNotFinite() throws {
    var torch = PyTorchBytes()
    torch.storages = [("0", little([1, 2, .nan, 4]))]
    torch.item("plain") {
      $0.tensor("FloatStorage", "0", count: 4, shape: [4], strides: [1])
    }
    torch.item("turned") {
      $0.tensor("FloatStorage", "0", count: 4, shape: [2, 2], strides: [1, 2])
    }
    let path = try folder.write(torch.file, to: "pytorch_model.bin")
    let file = try PyTorchFile(path)
    for (name, index) in [("plain", 2), ("turned", 1)] {
      let error = #expect(throws: CheckpointError.self) { try file.read(name) }
      #expect(
        error?.description
          == "\(path): tensor '\(name)', element \(index): error: expected a finite F32 that fits in "
          + "float32, found NaN")
    }
    let error = #expect(throws: CheckpointError.self) { try file.readIntegers("turned") }
    #expect(error?.reason == "expected integers, found F32; read it as floats")
  }

  // MARK: - Other files

  @Test func otherFormats() throws {
    let advice = "load it with torch.load and save it anew, best as model.safetensors"
    let start = ": byte 0: error: expected a zip archive, as torch.save writes; "
    #expect(
      try complaint(
        [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e])
        == start
        + "found PyTorch's format from before version 1.6, which isn't read; \(advice)")
    #expect(
      try complaint([0x80, 4, 0x2e])
        == start + "found a bare pickle, which isn't read; \(advice)")
    #expect(
      try complaint(Array("version https://git-lfs.github.com/spec/v1\n".utf8))
        == ": byte 0: error: found a pointer of Git LFS in the place of the file; fetch the file itself, as with "
        + "'git lfs pull'")
    #expect(try complaint([1, 2, 3]) == start + "found other bytes")
  }

  @Test func archivesOfOtherThings() throws {
    var zip = ZipBytes()
    zip.add("a.txt", [1])
    #expect(
      try complaint(zip.file)
        == ": error: expected one pickle NAME/data.pkl in the archive, as torch.save writes, found 0 "
        + "among 1 members")
    zip = PyTorchBytes.everything.zip
    zip.add("archive/constants.pkl", [])
    #expect(
      try complaint(zip.file)
        == ": error: expected a state dict, found a TorchScript program; save the model's state_dict()"
    )
    zip = PyTorchBytes.everything.zip
    zip.members[1].bytes = Array("big".utf8)
    #expect(
      try complaint(zip.file).hasSuffix("error: expected the byte order 'little', found 'big'"))
  }
}
