import Checkpoints
import JSONText
import TestSupport
import Testing

@Suite struct TestInputsTests {
  @Test func splitMixGivesThePublishedSequence() {
    // The first outputs for the seed 1234567, as in the reference program's documentation.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
    #expect(generator.next() == 9_817_491_932_198_370_423)
  }

  @Test func uniformAndNormalInputsAreWhatTheySay() {
    var generator = SplitMix64(seed: 5)
    let uniform = generator.uniform(20_000, in: 2..<4)
    #expect(uniform.allSatisfy { (2..<4).contains($0) })
    #expect(abs(uniform.reduce(0, +) / 20_000 - 3) < 0.02)
    let normal = generator.normal(20_000, deviation: 2)
    #expect(abs(normal.reduce(0, +) / 20_000) < 0.05)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / 20_000 - 4) < 0.15)
  }

  @Test func aTemporaryFolderRemovesItself() throws {
    let path: String
    do {
      let folder = try TemporaryFolder()
      path = folder.path
      try makeFolder(folder.path("inner"))
      try folder.write("text", to: "inner/file")
      #expect(try TemporaryFolder.bytes(of: folder.path("inner/file")) == Array("text".utf8))
      #expect(TemporaryFolder.names(in: path) == ["inner"])
    }
    #expect(TemporaryFolder.names(in: path).isEmpty)
    #expect(throws: FolderError.self) { try TemporaryFolder.bytes(of: path) }
  }

  @Test func vectorsAreFoundAndDescribed() throws {
    let entry = try #require(try Vectors.manifest("model/opt_preln"))
    #expect(entry["case"] == .string("model/opt_preln"))
    #expect(try Vectors.manifest("model/none") == nil)
    #expect(try Vectors.safetensors("model/opt_preln/expected").tensors.count > 10)
  }
}
