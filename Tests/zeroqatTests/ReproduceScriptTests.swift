import Glibc
import Harness
import System
import TestSupport
import Testing

/// `reproduce.sh` as far as it goes without a build.
@Suite struct ReproduceScriptTests {
  private static let root = CommittedPagesTests.root

  /// Runs a line of shell; the toolchain is found as it is by whoever runs the tests.
  private static func shell(_ line: String) throws -> (status: Int32, output: String) {
    var output: [UInt8] = []
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let child = ChildProcess(
      executable: "/bin/bash", arguments: ["-c", line],
      environment: ["PATH": path, "HOME": "/nonexistent"])
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    let text = String(decoding: output, as: UTF8.self)
    guard case .status(let status) = ending.exit else { return (-1, text) }
    return (status, text)
  }

  /// With CDPATH, `cd` prints where it went, or goes to a folder of the same name elsewhere.
  @Test func anExportedCDPATHChangesNothing() throws {
    let above = parent(of: Self.root)
    let name = Self.root.dropFirst(above.count + 1)
    for script in ["reproduce.sh help", "Scripts/check-sources.sh --size"] {
      let plain = try Self.shell("cd '\(above)' && bash '\(name)'/\(script)")
      let exported = try Self.shell(
        "cd '\(above)' && export CDPATH='\(above):\(Self.root)' && bash '\(name)'/\(script)")
      #expect(plain.status == 0)
      #expect(exported == plain)
    }
  }

  /// A checkout whose program isn't built.
  private static func unbuilt() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["Scripts", "Sources", "tables", "tables/table2"] {
      try makeFolder(folder.path(name))
    }
    for name in ["reproduce.sh", "Package.swift", "Scripts/needs.sh", "Scripts/assets.sh"]
      + ["tables/table2/grid.json"]
    {
      try writeDurably(try readFile("\(root)/\(name)"), to: folder.path(name))
    }
    return folder
  }

  @Test(arguments: ["table2", "all", "table2 --scale small --no-install"])
  func aDryRunBuildsAndInstallsNothing(arguments: String) throws {
    let folder = try Self.unbuilt()
    let plan = try Self.shell("bash '\(folder.path)/reproduce.sh' \(arguments) --dry-run")
    #expect(plan.status == 0)
    #expect(plan.output.contains("▸ zeroqat isn't built, so that its plan can't be asked for"))
    #expect(plan.output.contains("  build zeroqat with Swift version 6"))
    #expect(FileStatus(of: folder.path(".build")) == nil)
  }

  @Test func wrongUseHasStatusTwo() throws {
    let folder = try Self.unbuilt()
    for arguments in ["table9 --dry-run", "table2 --scael tiny", "table2 --scale", "chekc table2"] {
      #expect(try Self.shell("bash '\(folder.path)/reproduce.sh' \(arguments)").status == 2)
    }
    #expect(FileStatus(of: folder.path(".build")) == nil)
  }
}
