import Glibc
import Methods
import TestSupport
import Testing
import Transformers

@Suite("The model's folder of an external program")
struct ExternalModelFolderTests {
  private let fixture: CellFixture

  init() throws { fixture = try CellFixture() }

  @Test("It is the model to the byte, and every change of it is told by name")
  func changes() throws {
    let path = fixture.folder.path("copy")
    let folder = try ExternalModelFolder(
      ModelSource(path: fixture.folder.path("model")), at: path)
    for name in ["config.json", "model.safetensors", "vocab.json", "merges.txt"] {
      #expect(
        try TemporaryFolder.bytes(of: "\(path)/\(name)")
          == TemporaryFolder.bytes(of: fixture.folder.path("model/\(name)")))
    }
    #expect(try folder.change() == nil)
    let original = try TemporaryFolder.bytes(of: path + "/config.json")
    try fixture.folder.write("{}", to: "copy/config.json")
    #expect(try folder.change() == "'config.json' was written to")
    try fixture.folder.write(original, to: "copy/config.json")
    #expect(try folder.change() == nil)
    try fixture.folder.write("x", to: "copy/a")
    #expect(try folder.change() == "'a' was added")
    unlink(path + "/a")
    unlink(path + "/merges.txt")
    #expect(try folder.change() == "'merges.txt' was removed")
  }

  @Test("Channels that are made outliers are in the folder's weights")
  func outliers() throws {
    let scaling = ChannelScaling(channels: [3, 17], factor: 16)
    let source = try ModelSource(path: fixture.folder.path("model"), outliers: scaling)
    let folder = try ExternalModelFolder(source, at: fixture.folder.path("copy"))
    let copy = try ModelSource(path: folder.path)
    #expect(copy.outliers == nil)
    for block in 0..<source.configuration.blocks {
      for kind in source.configuration.norms {
        #expect(try copy.norm(kind, block: block).gain == source.norm(kind, block: block).gain)
      }
    }
    #expect(
      try copy.norm(.attention, block: 0).gain
        != ModelSource(
          path: fixture.folder.path("model")
        ).norm(.attention, block: 0).gain)
  }
}
