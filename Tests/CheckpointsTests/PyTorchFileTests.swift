import Checkpoints
import TestSupport
import Testing

@Suite struct PyTorchFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(try folder.write(bytes, to: "pytorch_model.bin"))
  }

  /// What torch.save wrote, beside what safetensors wrote of the same model.
  @Test(arguments: ["opt_preln", "llama_gqa_untied"])
  func equalsTheSafetensorsOfTheSameModel(name: String) throws {
    let torch = try PyTorchFile(Vectors.path("model/\(name)/pytorch_model.bin"))
    let plain = try Vectors.safetensors("model/\(name)/model")
    for tensor in plain.tensors {
      #expect(torch.descriptor(of: tensor.name) == tensor)
      expectClose(
        try torch.read(tensor.name), try plain.read(tensor.name), .exact, shape: tensor.shape,
        tensor.name)
    }
    // OPT's head shares its storage with the embedding.
    let head = "lm_head.weight"
    #expect(
      Set(torch.tensors.map(\.name)).subtracting(plain.tensors.map(\.name))
        == (name == "opt_preln" ? [head] : []))
    if name == "opt_preln" {
      #expect(
        try torch.read(head) == plain.read("model.decoder.embed_tokens.weight"))
    }
  }

  @Test(arguments: ["opt_preln", "llama_gqa_untied"])
  func halfPrecision(name: String) throws {
    let torch = try openCheckpoint(at: Vectors.path("model/\(name)/fp16"))
    #expect(torch is PyTorchFile)
    let plain = try Vectors.safetensors("model/\(name)/model")
    for tensor in torch.tensors {
      #expect(tensor.type == .f16)
      let name =
        plain.descriptor(of: tensor.name) == nil ? "model.\(tensor.name)" : tensor.name
      #expect(plain.descriptor(of: name)?.shape == tensor.shape)
      expectClose(
        try torch.read(tensor.name), try plain.read(name).map { Float(Float16($0)) }, .exact,
        shape: tensor.shape, name)
    }
  }

  /// A stride that is never taken may be any number.
  @Test func aDimensionOfOneElementTakesNoStep() throws {
    var torch = PyTorchBytes()
    torch.storages = [("0", little([1, 2, 3, 4]))]
    torch.item("w") {
      $0.tensor("FloatStorage", "0", count: 4, shape: [2, 1], strides: [3, .max])
    }
    torch.item("v") {
      $0.tensor("FloatStorage", "0", count: 4, shape: [1, 2], strides: [.max, 2])
    }
    let file = try open(torch.file)
    #expect(try file.read("w") == [1, 4])
    #expect(try file.read("v") == [1, 3])
  }

  @Test func viewsOfASharedStorage() throws {
    let file = try open(PyTorchBytes.everything.file)
    #expect(
      file.tensors.map(\.name) == [
        "whole", "transposed", "columns", "part", "windows", "scalar", "half", "long", "double",
        "bool", "empty",
      ])
    #expect(try file.read("whole") == (0..<12).map { Float($0) })
    #expect(try file.read("transposed") == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(try file.read("columns") == [1, 3, 5, 7, 9, 11])
    #expect(try file.read("part") == [8, 9, 10, 11])
    #expect(try file.read("windows") == [0, 1, 1, 2, 2, 3])
    #expect(try file.read("scalar") == [11])
    #expect(file.descriptor(of: "scalar")?.shape == [])
    #expect(try file.read("half") == [1, -2, 0.5])
    #expect(try file.readIntegers("long") == [5, 7, -6, 8])
    #expect(try file.read("double") == [0.1])
    #expect(try file.readIntegers("bool") == [1, 0])
    #expect(try file.read("empty") == [])
  }

  @Test func rowsOfAView() throws {
    let file = try open(PyTorchBytes.everything.file)
    for (name, rows, expected) in [
      ("transposed", 1..<3, [1, 5, 9, 2, 6, 10]), ("columns", 2..<3, [9, 11]),
      ("whole", 1..<2, [4, 5, 6, 7]), ("transposed", 2..<2, []),
    ] as [(String, Range<Int>, [Float])] {
      var values = [Float](repeating: -1, count: expected.count)
      try values.withUnsafeMutableBufferPointer { try file.read(name, rows: rows, into: $0) }
      #expect(values == expected)
    }
    let error = #expect(throws: CheckpointError.self) {
      try file.read(
        "transposed", rows: 3..<5, into: UnsafeMutableBufferPointer(start: nil, count: 0))
    }
    #expect(error?.reason == "expected rows inside 0..<4, found 3..<5")
  }

  /// A view larger than what is converted at once.
  @Test func aLargeTransposedView() throws {
    let (rows, columns) = (700, 500)
    var torch = PyTorchBytes()
    torch.storages = [("0", little((0..<rows * columns).map { Float($0) }))]
    torch.item("w") {
      $0.tensor(
        "FloatStorage", "0", count: rows * columns, shape: [columns, rows], strides: [1, columns])
    }
    let values = try open(torch.file).read("w")
    let expected = (0..<rows * columns).map { Float($0 % rows * columns + $0 / rows) }
    #expect(values == expected)
  }

  @Test func largeArchives() throws {
    var zip = PyTorchBytes.everything.zip
    zip.isLarge = true
    for index in zip.members.indices { zip.members[index].isLarge = true }
    #expect(try open(zip.file).read("part") == [8, 9, 10, 11])
    zip.comment = Array("PK\u{5}\u{6} and more than 22 bytes".utf8)
    #expect(try open(zip.file).read("part") == [8, 9, 10, 11])
  }

  @Test func ordinaryPicklesOfOtherProtocols() throws {
    // Protocol 4: a frame, short texts, a global from the stack, numbered memory.
    var pickle = PickleBytes()
    pickle.bytes = [0x80, 4, 0x95] + little(UInt64(9))
    pickle.add([0x8c, 11] + Array("collections".utf8) + [0x94])
    pickle.add([0x8c, 11] + Array("OrderedDict".utf8) + [0x94, 0x93, 0x94, 0x29, 0x52, 0x94])
    pickle.add([0x28, 0x8c, 1, 0x77])
    pickle.tensor("FloatStorage", "0", count: 2, shape: [2], strides: [1])
    // SETITEMS, then the state of an OrderedDict, with what versions of modules hold.
    pickle.add([0x75, 0x7d])
    pickle.text("_metadata")
    pickle.add([0x28, 0x68, 3, 0x4e, 0x89, 0x4b, 1, 0x4d, 1, 2, 0x47] + little(UInt64(0x3f)))
    pickle.add([0x85, 0x5d, 0x4b, 5, 0x61, 0x28, 0x4b, 6, 0x65, 0x86])
    pickle.add([0x74, 0x73, 0x62, 0x2e])
    var zip = ZipBytes()
    zip.add("x/data.pkl", pickle.bytes)
    zip.add("x/data/0", little([1, 2]))
    #expect(try open(zip.file).read("w") == [1, 2])
  }

  @Test func shardsByAnIndexAndWithoutOne() throws {
    for (name, value) in [("a", Float(1)), ("b", 2)] {
      var torch = PyTorchBytes()
      torch.storages = [("0", little([value]))]
      torch.item(name) { $0.tensor("FloatStorage", "0", count: 1, shape: [1], strides: [1]) }
      try folder.write(
        torch.file, to: "pytorch_model-0000\(name == "a" ? 1 : 2)-of-00002.bin")
    }
    #expect(try openCheckpoint(at: folder.path).tensors.map(\.name) == ["a", "b"])
    let index = try folder.write(
      """
      {"weight_map": {"b": "pytorch_model-00002-of-00002.bin",
       "a": "pytorch_model-00001-of-00002.bin"}}
      """, to: "pytorch_model.bin.index.json")
    for path in [folder.path, index] {
      let model = try openCheckpoint(at: path)
      #expect(model is ShardedCheckpoint)
      #expect(model.tensors.map(\.name) == ["b", "a"])
      #expect(try model.read("a") == [1])
      #expect(try model.read("b") == [2])
    }
    // A digest of the model stands for files of these names.
    try folder.write(
      #"{"weight_map": {"a": "other.bin"}}"#, to: "pytorch_model.bin.index.json")
    let error = #expect(throws: CheckpointError.self) { try openCheckpoint(at: index) }
    #expect(
      error?.description
        == "\(index):1:22: error: expected a file called pytorch_model*.bin, found 'other.bin'\n"
        + "  = at /weight_map/a")
  }

  @Test func safetensorsComeFirst() throws {
    try folder.write(PyTorchBytes.everything.file, to: "pytorch_model.bin")
    #expect(try openCheckpoint(at: folder.path) is PyTorchFile)
    // Parts without an index come last, as nobody else reads them.
    try SafetensorsWriter.write(
      [("a", [1], [1])], to: folder.path("model-00001-of-00002.safetensors"))
    #expect(try openCheckpoint(at: folder.path) is PyTorchFile)
    try folder.write(
      #"{"weight_map": {"a": "model-00001-of-00002.safetensors"}}"#,
      to: "model.safetensors.index.json")
    #expect(try openCheckpoint(at: folder.path) is ShardedCheckpoint)
    try SafetensorsWriter.write([("a", [1], [1])], to: folder.path("model.safetensors"))
    #expect(try openCheckpoint(at: folder.path) is SafetensorsFile)
    #expect(try openCheckpoint(at: folder.path("pytorch_model.bin")) is PyTorchFile)
  }
}
