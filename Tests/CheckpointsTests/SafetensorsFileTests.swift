import Checkpoints
import TestSupport
import Testing

/// The bytes of a safetensors file: header length, header, data.
func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  little(UInt64(header.utf8.count)) + Array(header.utf8) + data
}

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ header: String, _ data: [UInt8]) throws -> SafetensorsFile {
    try SafetensorsFile(try folder.write(safetensors(header, data), to: "a.safetensors"))
  }

  @Test func readsEveryType() throws {
    let fields: [(type: String, bytes: [UInt8])] = [
      ("F64", little((0.1).bitPattern)), ("F32", little([-2.5])), ("F16", little(UInt16(0x3c00))),
      ("BF16", little(UInt16(0xc000))), ("I64", little(Int64(-5))), ("I32", little(Int32(-6))),
      ("I16", little(Int16(-7))), ("I8", little(Int8(-8))), ("U64", little(UInt64(5))),
      ("U32", little(UInt32(6))), ("U16", little(UInt16(7))), ("U8", [8]), ("BOOL", [1]),
    ]
    var members: [String] = []
    var data: [UInt8] = []
    for (type, bytes) in fields {
      let end = data.count + bytes.count
      members.append(
        #""\#(type)":{"dtype":"\#(type)","shape":[1],"data_offsets":[\#(data.count),\#(end)]}"#)
      data += bytes
    }
    let file = try open("{\(members.joined(separator: ","))}", data)
    #expect(file.tensors.map(\.name) == fields.map(\.type))
    #expect(file.tensors.map(\.type.rawValue) == fields.map(\.type))
    #expect(try file.read("F64") == [0.1])
    #expect(try file.read("F32") == [-2.5])
    #expect(try file.read("F16") == [1])
    #expect(try file.read("BF16") == [-2])
    for (name, value) in [
      ("I64", -5), ("I32", -6), ("I16", -7), ("I8", -8), ("U64", 5), ("U32", 6), ("U16", 7),
      ("U8", 8), ("BOOL", 1),
    ] {
      #expect(try file.readIntegers(name) == [Int32(value)])
    }
  }

  @Test func readsMetadataScalarsAndEmptyTensors() throws {
    let file = try open(
      """
      {"__metadata__": {"format": "pt"},
       "s": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]},
       "e": {"dtype": "F32", "shape": [2, 0], "data_offsets": [4, 4]},
       "a/b~c": {"dtype": "F32", "shape": [2, 1], "data_offsets": [4, 12]}}
      """, little([7, 8, 9]))
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.read("s") == [7])
    #expect(try file.read("e") == [])
    #expect(try file.read("a/b~c") == [8, 9])
    #expect(file.descriptor(of: "a/b~c")?.shape == [2, 1])
  }

  @Test func theHeadersOrderNeedNotBeTheDatas() throws {
    let file = try open(
      """
      {"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},\
      "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
      """, little([1, 2]))
    #expect(file.tensors.map(\.name) == ["b", "a"])
    #expect(try file.read("a") == [1])
    #expect(try file.read("b") == [2])
  }

  @Test func integersThatDoNotFitAreNamed() throws {
    let file = try open(
      #"{"i":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"#,
      little(Int64(1)) + little(Int64(1) << 31))
    let error = #expect(throws: CheckpointError.self) { try file.readIntegers("i") }
    #expect(
      error?.description.hasSuffix(
        "a.safetensors: tensor 'i', element 1: error: "
          + "expected an integer that fits in 32 bits, found 2147483648") == true)
  }

  static let models = [
    "llama_gqa_tied", "llama_gqa_untied", "llama_mha", "llama_rope_llama3", "llama_theta500k",
    "opt_postln_proj", "opt_preln", "opt_preln_nobias", "qwen2",
  ]

  @Test(arguments: models) func readsEveryReferenceModel(name: String) throws {
    let model = try Vectors.safetensors("model/\(name)/model")
    #expect(model.metadata == ["format": "pt"])
    for tensor in model.tensors {
      let values = try model.read(tensor.name)
      #expect(values.count == tensor.elementCount)
      // Random weights: something that reads the wrong place finds constant or absurd values.
      #expect(values.allSatisfy { abs($0) < 10 }, "\(tensor.name)")
    }
    let expected = try Vectors.safetensors("model/\(name)/expected")
    #expect(expected.descriptor(of: "logits")?.shape == [2, 17, 211])
    let ids = try expected.readIntegers("input_ids")
    #expect(ids.count == 34)
    #expect(ids.allSatisfy { (0..<211).contains($0) })
    // One gradient per parameter, of its shape.
    for tensor in model.tensors {
      #expect(expected.descriptor(of: "grad.\(tensor.name)")?.shape == tensor.shape)
    }
  }

  @Test func lossFollowsFromTheLogitsThatWereRead() throws {
    // Ties ids, logits and loss of one file together: none can be misread.
    let expected = try Vectors.safetensors("model/opt_preln/expected")
    let ids = try expected.readIntegers("input_ids")
    let logits = try expected.read("logits")
    let loss = try expected.read("loss")
    #expect(loss.count == 1)
    var largest = true
    for row in 0..<34 {
      let line = logits[row * 211..<(row + 1) * 211]
      largest = largest && line.allSatisfy(\.isFinite)
    }
    #expect(largest)
    var sum = 0.0
    for batch in 0..<2 {
      for position in 0..<16 {
        let line = Array(logits[(batch * 17 + position) * 211..<(batch * 17 + position + 1) * 211])
        let peak = Double(line.max() ?? 0)
        let total = line.reduce(0.0) { $0 + exponential(Double($1) - peak) }
        let next = Int(ids[batch * 17 + position + 1])
        sum += peak + logarithm(total) - Double(line[next])
      }
    }
    #expect(abs(Float(sum / 32) - loss[0]) < 1e-5)
  }

  @Test(arguments: ["opt_preln", "llama_gqa_untied"])
  func brain16IsTheSingleFileRounded(name: String) throws {
    let single = try Vectors.safetensors("model/\(name)/model")
    let rounded = try openCheckpoint(at: Vectors.path("model/\(name)/bf16"))
    #expect(rounded.tensors.map(\.name) == single.tensors.map(\.name))
    for tensor in single.tensors {
      #expect(rounded.descriptor(of: tensor.name)?.type == .bf16)
      let expected = try single.read(tensor.name).map { value in
        // To the nearest with 8 significant bits, ties to even.
        let bits = value.bitPattern
        return Float(bitPattern: (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
      }
      expectClose(try rounded.read(tensor.name), expected, .exact, shape: tensor.shape, tensor.name)
    }
  }
}
