import Harness
import System
import TestSupport
import Testing

/// The list of digests finds any changed byte, by the file's name.
@Suite struct DigestListTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["tables/t/records/tiny", "models/m", "datasets/d"] {
      try makeFolder(folder.path(name))
    }
    for (index, name) in Self.files.enumerated() {
      try folder.write("number \(index) is 0.\(index)271828\n", to: name)
    }
    try folder.write("words\n", to: "tables/t/README.md")
    try DigestList(root: folder.path).update()
  }

  private static let files = [
    "CLAIMS.md", "datasets/d/manifest.json", "models/m/manifest.json", "tables/t/grid.json",
    "tables/t/records/tiny/a.json", "tables/t/table-tiny.md",
  ]

  private func faults() throws -> [String] { try DigestList(root: folder.path).faults().faults }
  private func text(_ name: String) throws -> String {
    String(decoding: try readFile(folder.path(name)), as: UTF8.self)
  }

  @Test("Covered is what numbers rest on, and not what people write")
  func covered() throws {
    #expect(try DigestList.covered(root: folder.path) == Self.files)
    #expect(try faults() == [])
    let list = try text(DigestList.path)
    #expect(list.split(separator: "\n").count == Self.files.count + 1)
  }

  @Test("A flipped digit is found by the name of its file", arguments: files)
  func flipped(name: String) throws {
    try folder.write(try text(name).replacing("271828", with: "271829"), to: name)
    let found = try faults()
    #expect(found.count == 1)
    #expect(try #require(found.first).hasPrefix("\(name): expected SHA-256 "))
  }

  @Test("Files that are gone or new are found, and an edited list is")
  func others() throws {
    try removeTree(folder.path("tables/t/grid.json"))
    try folder.write("{}", to: "tables/t/new.json")
    #expect(
      try faults() == [
        "tables/t/new.json: isn't in tables/SHA256SUMS",
        "tables/t/grid.json: is in tables/SHA256SUMS, and isn't there",
      ])
    try DigestList(root: folder.path).update()
    #expect(try faults() == [])
    let list = try text(DigestList.path)
    let digit = try #require(list.first)
    try folder.write((digit == "0" ? "1" : "0") + list.dropFirst(), to: DigestList.path)
    let edited = try faults()
    #expect(
      edited.first
        == "tables/SHA256SUMS: its last line isn't the digest of the lines above: the list was edited by hand"
    )
    #expect(edited.count == 2)
    try folder.write("nonsense\n" + list, to: DigestList.path)
    #expect(
      try faults().first
        == "tables/SHA256SUMS:1: expected 64 hex digits, two spaces and a path, found 'nonsense'")
    try removeTree(folder.path(DigestList.path))
    #expect(
      try faults() == [
        "tables/SHA256SUMS: there is none; 'zeroqat verify --write-digests' writes it"
      ])
  }

  @Test("Only what was written on purpose is listed anew")
  func partial() throws {
    for name in Self.files { try folder.write("other\n", to: name) }
    try DigestList(root: folder.path).update { $0 == "CLAIMS.md" }
    let found = try faults().map { String($0.prefix { $0 != ":" }) }
    #expect(found == Array(Self.files.dropFirst()))
  }

  @Test("A checkout without a list gets none from publishing")
  func none() throws {
    try removeTree(folder.path(DigestList.path))
    try DigestList(root: folder.path).renew { _ in true }
    #expect(!DigestList(root: folder.path).isThere)
  }
}
