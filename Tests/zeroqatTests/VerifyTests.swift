import Glibc
import Harness
import System
import TestSupport
import Testing

/// `zeroqat verify` on copies of the repository, whole and with digits flipped.
@Suite struct VerifyTests {
  private static let root = CommittedPagesTests.root

  /// A copy of all that is committed and verified; large weights are linked, as nobody writes to them.
  private static func copy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["tables", "models", "datasets"] { try copy(name, to: folder) }
    for name in ["README.md", "CLAIMS.md"] {
      try folder.write(try readFile("\(root)/\(name)"), to: name)
    }
    return folder
  }

  private static func copy(_ path: String, to folder: TemporaryFolder) throws {
    try makeFolder(folder.path(path))
    for name in try listFolder("\(root)/\(path)") {
      let inner = "\(path)/\(name)"
      guard let status = FileStatus(of: "\(root)/\(inner)") else { continue }
      if status.isFolder {
        try copy(inner, to: folder)
      } else if name.hasSuffix(".safetensors") {
        symlink("\(root)/\(inner)", folder.path(inner))
      } else {
        try folder.write(try readFile("\(root)/\(inner)"), to: inner)
      }
    }
  }

  private static func verify(_ folder: TemporaryFolder) throws -> (status: Int32, output: String) {
    let result = try BuiltProgram()(["verify", "--root", folder.path])
    return (result.status, result.output)
  }

  /// Flips one digit of a file, the one at a share of all its digits.
  private static func flip(_ path: String, in folder: TemporaryFolder, at share: Double) throws {
    var bytes = try readFile(folder.path(path))
    let digits = bytes.indices.filter { (48...57).contains(bytes[$0]) }
    let place = try #require(
      digits.isEmpty ? nil : digits[min(digits.count - 1, Int(share * Double(digits.count)))])
    bytes[place] = bytes[place] == 57 ? 48 : bytes[place] + 1
    try folder.write(bytes, to: path)
  }

  @Test("What is committed is whole and says the same everywhere")
  func whole() throws {
    let began = monotonicSeconds()
    let result = try BuiltProgram()(["verify", "--root", Self.root])
    #expect(result.status == 0, "\(result.output)")
    for line in [
      "✓ files", "✓ manifests", "✓ data", "✓ records", "✓ protocols", "✓ logs", "✓ pages",
      "✓ certificates", "– trainings", "– cells",
    ] { #expect(result.output.contains(line), "\(result.output)") }
    #expect(monotonicSeconds() - began < 60)
  }

  /// A file of each kind, and what finds a flipped digit in it beside the list of digests.
  private static let kinds = [
    "tables/table2/records/tiny/zeroqat.ppl-w4a4.seed1.json",
    "tables/table3/records/small/*.json", "tables/table7/records/shape/*.json",
    "tables/table2/tuning/records/small/*.json", "tables/protocols/*.json",
    "tables/table2/replay/tiny/zeroqat.ppl-w2a16.seed2.replay", "tables/table2/table-tiny.md",
    "tables/table6/table-tiny.csv", "tables/figure1/figure-tiny.svg", "tables/certificates.json",
    "tables/table2/claims.json", "tables/table2/paper.json", "tables/table5/grid.json",
    "tables/hyperparameters.json", "models/tiny-llama/manifest.json",
    "models/tiny-opt/recipe.json", "datasets/classics/manifest.json", "CLAIMS.md",
  ]

  private static func path(_ kind: String) throws -> String {
    guard kind.hasSuffix("/*.json") else { return kind }
    let folder = String(kind.dropLast("/*.json".count))
    let names = try listFolder("\(root)/\(folder)").filter { $0.hasSuffix(".json") }
    return "\(folder)/\(names[names.count / 2])"
  }

  @Test(
    "A flipped digit in a file of any kind is found by the file's name",
    arguments: [0.12, 0.5, 0.93])
  func flipped(share: Double) throws {
    let folder = try Self.copy()
    let paths = try Self.kinds.map(Self.path)
    for path in paths { try Self.flip(path, in: folder, at: share) }
    let result = try Self.verify(folder)
    #expect(result.status == 1, "\(result.output)")
    for path in paths { #expect(result.output.contains("\(path): "), "\(path)\n\(result.output)") }
  }

  @Test("Without the list, records, protocols, logs and pages are still held to each other")
  func withoutList() throws {
    let folder = try Self.copy()
    let record = "tables/table2/records/tiny/rtn.ppl-w4a4.seed1.json"
    let log = "tables/table2/replay/tiny/zeroqat.ppl-w6a6.seed1.replay"
    let page = "tables/table5/table-tiny.md"
    for (path, share) in [(record, 0.5), (log, 0.5), (page, 0.6)] {
      try Self.flip(path, in: folder, at: share)
    }
    let written = try BuiltProgram()(["verify", "--root", folder.path, "--write-digests"])
    #expect(written.status == 0)
    let result = try Self.verify(folder)
    #expect(result.status == 1)
    #expect(result.output.contains("✓ files"))
    for path in [record, log, page] { #expect(result.output.contains(path), "\(result.output)") }
  }

  @Test("Any of a thousand flipped digits is found, in the file that it is in")
  func thousand() throws {
    let folder = try TemporaryFolder()
    try Self.copy("tables", to: folder)
    let list = DigestList(root: folder.path)
    try list.update()
    let files = try DigestList.covered(root: folder.path)
    var random = SplitMix64(seed: 17)
    for _ in 0..<20 {
      var flipped: Set<String> = []
      while flipped.count < 50 {
        let path = files[Int(random.next() % UInt64(files.count))]
        guard flipped.insert(path).inserted else { continue }
        try Self.flip(path, in: folder, at: Double(random.next() % 1000) / 1000)
      }
      let found = try list.faults().faults.map { String($0.prefix { $0 != ":" }) }
      #expect(Set(found) == flipped)
      try list.update()
    }
  }

  @Test("What can't be meant is refused")
  func refused() throws {
    for (arguments, words) in [
      (["--audit", "5"], "'5' is invalid for '--audit <share>'"),
      (["--audit", "0%"], "'0%' is invalid for '--audit <share>'"),
      (["--seed", "1"], "--seed is what --audit chooses by; without it nothing is chosen"),
      (
        ["--write-digests", "--audit", "5%"],
        "--write-digests checks nothing, and so audits nothing"
      ),
    ] {
      let result = try BuiltProgram()(["verify", "--root", Self.root] + arguments)
      #expect(result.status == 2 && result.output.contains(words), "\(result.output)")
    }
  }
}
