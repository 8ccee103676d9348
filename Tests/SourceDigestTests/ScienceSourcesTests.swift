import SourceDigest
import Testing

@Suite struct ScienceSourcesTests {
  /// A checkout in small: two methods, a helper of one, a helper of both, and what stands beside them.
  static let sample: [String: String] = [
    "Sources/Tensors/Matrix.swift": "public struct Matrix { var a = 1 }",
    "Sources/CKernels/row.c": "int row(int x) { return x; }",
    "Sources/MethodKit/MemoryLedger.swift": "struct MemoryLedger {}",
    "Sources/Methods/MethodCatalog.swift":
      "enum MethodCatalog { let all = [First.self, Second.self] }",
    "Sources/Methods/MethodCatalog+Making.swift":
      "extension MethodCatalog { static func make() {} }",
    "Sources/Methods/First.swift":
      "struct First { static let card = MethodCard(name: \"first\", summary: \"\"); let h = Helper() }",
    "Sources/Methods/First+Memory.swift": "extension First { var memory: Int { 1 } }",
    "Sources/Methods/Helper.swift": "struct Helper { var b: Int { common(1) } }",
    "Sources/Methods/Helper+More.swift": "extension Helper { var c: Int { 3 } }",
    "Sources/Methods/Second.swift":
      #"struct Second { static let card = MethodCard(name: "second", summary: "\(common(2).folded)") }"#,
    "Sources/Methods/Common.swift": "func common(_ x: Int) -> Int { x }",
    "Sources/Methods/Int+Folded.swift": "extension Int { var folded: Int { self / 2 } }",
    "Sources/Methods/Unused.swift": "func unused() -> Int { 4 }",
    "Sources/Worker/Cell.swift": "import Methods\nlet x = MethodCatalog.make()",
    "Sources/Harness/Plan.swift": "struct Plan {}",
  ]

  private func science(_ files: [String: String], manifest: String = "") -> ScienceSources {
    ScienceSources(
      files.map { ($0.key, Array($0.value.utf8)) }, manifest: Array(manifest.utf8))
  }

  private func names(_ paths: [String]?) -> [String] {
    (paths ?? []).map { String($0.split(separator: "/").last ?? "") }
  }

  @Test func filesAreTheirMethodsOrEverybodys() {
    let found = science(Self.sample)
    #expect(
      names(found.ownFiles["first"]) == [
        "Common.swift", "First.swift", "Helper+More.swift", "Helper.swift",
      ])
    // A value inside a string names things as well.
    #expect(
      names(found.ownFiles["second"]) == ["Common.swift", "Int+Folded.swift", "Second.swift"])
    #expect(
      names(found.sharedFiles) == [
        "row.c", "MethodCatalog+Making.swift", "Unused.swift", "Matrix.swift", "Cell.swift",
      ])
  }

  @Test func foldersAndNamesOfFilesChangeNothing() {
    var moved = Self.sample
    moved["Sources/Tensors/Dense/Table.swift"] = moved.removeValue(
      forKey: "Sources/Tensors/Matrix.swift")
    moved["Sources/Methods/PTQ/First.swift"] = moved.removeValue(
      forKey: "Sources/Methods/First.swift")
    #expect(science(moved).shared == science(Self.sample).shared)
    #expect(science(moved).methods == science(Self.sample).methods)
  }

  @Test func aMethodMoreChangesNoOther() {
    var more = Self.sample
    more["Sources/Methods/MethodCatalog.swift"]? += "// and Third.self\nlet x = Third.self"
    more["Sources/Methods/Third.swift"] =
      "struct Third { static let card = MethodCard(name: \"third\"); let h = Helper() }"
    let (old, new) = (science(Self.sample), science(more))
    #expect(new.shared == old.shared)
    #expect(new.methods.filter { $0.key != "third" } == old.methods)
    #expect(new.methods["third"] != nil)
  }

  @Test func flagsOfTheCompilerAreShared() {
    let a =
      "targets: [.target(name: \"C\", cSettings: [.unsafeFlags([\"-O3\"])]), .target(name: \"D\")]"
    let b = a.replacing("O3", with: "O2")
    let c = a.replacing("\"D\"", with: "\"E\"")
    #expect(science(Self.sample, manifest: a).shared != science(Self.sample, manifest: b).shared)
    #expect(science(Self.sample, manifest: a).shared == science(Self.sample, manifest: c).shared)
  }

  @Test func aConformanceOfATypeFromElsewhereIsEverybodys() {
    var files = Self.sample
    files["Sources/Methods/Int+Quiet.swift"] = "extension Int: Quiet { var q: Int { common(1) } }"
    let found = names(science(files).sharedFiles)
    #expect(found.contains("Int+Quiet.swift") && found.contains("Common.swift"))
  }

  @Test func onlyWhatIsListedDoesNotCount() {
    #expect(!ScienceScope.counts("Sources/Methods/ZeroQAT+Memory.swift"))
    #expect(!ScienceScope.counts("Sources/Checkpoints/CheckpointError+Description.swift"))
    #expect(!ScienceScope.counts("Sources/Reporting/Verdict.swift"))
    #expect(!ScienceScope.counts("Sources/Methods/README.md"))
    #expect(!ScienceScope.counts("Tests/Methods/A.swift"))
    #expect(ScienceScope.counts("Sources/SomethingNew/A.swift"))
    #expect(ScienceScope.counts("Sources/Transformers/Workspace.swift"))
  }
}
