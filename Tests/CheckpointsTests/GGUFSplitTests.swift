import Checkpoints
import TestSupport
import Testing

/// Models in several GGUF files, and every way in which the parts can fail to be one.
@Suite struct GGUFSplitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Part `number` (from 0) of 3 with one tensor; the first has the metadata.
  private func part(_ number: Int, tensors: Int32 = 3) -> GGUFBytes {
    var gguf = GGUFBytes()
    if number == 0 { gguf.add("general.architecture", type: 8, string("llama")) }
    gguf.add("split.no", type: 2, little(UInt16(number)))
    gguf.add("split.count", type: 2, little(UInt16(3)))
    gguf.add("split.tensors.count", type: 5, little(tensors))
    gguf.add(tensor: "t\(number)", [2], type: 0, little([Float(number), 0.5]))
    return gguf
  }

  private func path(_ number: Int) -> String {
    folder.path("model-0000\(number + 1)-of-00003.gguf")
  }

  private func write(_ gguf: GGUFBytes, _ number: Int) throws {
    try folder.write(gguf.file, to: "model-0000\(number + 1)-of-00003.gguf")
  }

  private func writeAll() throws { for number in 0..<3 { try write(part(number), number) } }

  /// What opening the first part says.
  private func complaint(_ number: Int = 0) -> String {
    do {
      _ = try openCheckpoint(at: path(number))
      return "opened"
    } catch { return String(error.description.dropFirst(folder.path.utf8.count + 1)) }
  }

  @Test func partsAreOneModel() throws {
    try writeAll()
    let file = try #require(try openCheckpoint(at: path(0)) as? GGUFFile)
    #expect(file.path == path(0))
    #expect(file.paths == [path(0), path(1), path(2)])
    #expect(file.tensors.map(\.name) == ["t0", "t1", "t2"])
    #expect(try file.string("general.architecture") == "llama")
    for number in 0..<3 { #expect(try file.read("t\(number)") == [Float(number), 0.5]) }
    #expect(file.descriptor(of: "t2")?.shape == [2])
    let error = #expect(throws: CheckpointError.self) { try file.read("t4") }
    #expect(
      error?.description
        == "\(path(0)): tensor 't4': error: there is no such tensor among the 3; did you mean 't0'?"
    )
  }

  @Test func aFailureNamesItsPart() throws {
    try writeAll()
    var second = part(1)
    second.tensors[0].data = little([Float.nan, 0])
    try write(second, 1)
    let file = try GGUFFile(path(0))
    let error = #expect(throws: CheckpointError.self) { try file.read("t1") }
    #expect(error?.path == path(1))
  }

  @Test func aPartIsMissing() throws {
    try write(part(0), 0)
    try write(part(2), 2)
    #expect(
      complaint()
        == "model-00001-of-00003.gguf: key 'split.count': error: expected 3 parts, but part 2 isn't "
        + "there: '\(path(1))'")
  }

  @Test func anotherPartThanTheFirst() throws {
    try writeAll()
    #expect(
      complaint(1)
        == "model-00002-of-00003.gguf: key 'split.no': error: this is part 2 of 3; to use the model, "
        + "name its first part, '\(path(0))'")
  }

  @Test func namesThatDoNotFit() throws {
    try folder.write(part(0).file, to: "model.gguf")
    func complaint(_ name: String) -> String {
      do {
        _ = try openCheckpoint(at: folder.path(name))
        return "opened"
      } catch { return String(error.description.dropFirst(folder.path.utf8.count + 1)) }
    }
    let words =
      ": key 'split.no': error: expected part 1 of 3 to be called *-00001-of-00003.gguf, as the parts "
      + "find each other by name"
    for name in ["model.gguf", "m-00001-of-00002.gguf", "m-00002-of-00003.gguf", "m-1-of-3.gguf"] {
      try folder.write(part(0).file, to: name)
      #expect(complaint(name) == name + words)
    }
    // Named as a part, but nothing in it says so.
    try folder.write(GGUFBytes.everything.file, to: "all-00001-of-00002.gguf")
    #expect(
      complaint("all-00001-of-00002.gguf")
        == "all-00001-of-00002.gguf: key 'split.count': error: there is no such key, but the name says "
        + "part 1 of 2; if the file is whole, rename it")
    try folder.write(GGUFBytes.everything.file, to: "all-00001-of-00001.gguf")
    #expect(complaint("all-00001-of-00001.gguf") == "opened")
  }

  @Test func partsThatContradictTheFirst() throws {
    try writeAll()
    try write(part(2), 1)
    #expect(
      complaint()
        == "model-00002-of-00003.gguf: key 'split.no': error: expected 1, as its name and the first "
        + "part say, found 2")
    var second = part(1)
    second.keys.removeAll { $0.name == "split.count" }
    try write(second, 1)
    #expect(
      complaint()
        == "model-00002-of-00003.gguf: key 'split.count': error: expected 3, as its name and the "
        + "first part say, found no such key")
    second = part(1)
    second.tensors[0].name = "t0"
    try write(second, 1)
    #expect(
      complaint()
        == "model-00002-of-00003.gguf: tensor 't0': error: expected it in one part, found it in "
        + "'\(path(0))' as well")
  }

  @Test func metadataOfALaterPart() throws {
    try writeAll()
    var second = part(1)
    second.add("general.architecture", type: 8, string("llama"))
    second.add("general.alignment", type: 4, little(UInt32(32)))
    try write(second, 1)
    #expect(complaint() == "opened")
    second.add("llama.block_count", type: 4, little(UInt32(2)))
    try write(second, 1)
    #expect(
      complaint()
        == "model-00002-of-00003.gguf: key 'llama.block_count': error: expected the metadata of a "
        + "split model in its first part, found the integer 2 in part 2")
  }

  @Test func numbersOfTensors() throws {
    try writeAll()
    try write(part(0, tensors: 4), 0)
    #expect(
      complaint()
        == "model-00001-of-00003.gguf: key 'split.tensors.count': error: expected the number of tensors "
        + "in all 3 parts, 3, found 4")
    try write(part(0), 0)
    try write(part(2, tensors: -1), 2)
    #expect(
      complaint()
        == "model-00003-of-00003.gguf: key 'split.tensors.count': error: expected an integer of at "
        + "least 0, found the integer -1")
    var last = part(2)
    last.keys.removeLast()
    try write(last, 2)
    #expect(
      complaint()
        == "model-00003-of-00003.gguf: key 'split.tensors.count': error: there is no such key, but "
        + "the file is one of 3 parts")
  }

  @Test func numbersOfParts() throws {
    var gguf = GGUFBytes()
    gguf.add("split.count", type: 2, little(UInt16(0)))
    try write(gguf, 0)
    #expect(
      complaint()
        == "model-00001-of-00003.gguf: key 'split.count': error: expected 1 to 99999 parts, found 0"
    )
    gguf.keys[0].value = little(UInt16(3))
    gguf.add("split.no", type: 2, little(UInt16(3)))
    try write(gguf, 0)
    #expect(
      complaint()
        == "model-00001-of-00003.gguf: key 'split.no': error: expected a part of 0 to 2, found 3")
    gguf.keys[0].type = 8
    gguf.keys[0].value = string("3")
    try write(gguf, 0)
    #expect(
      complaint()
        == "model-00001-of-00003.gguf: key 'split.count': error: expected an integer of at least 0, "
        + "found the string \"3\"")
  }
}
