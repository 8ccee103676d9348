import Glibc
import System
import TestSupport
import Testing

/// Programs as methods, as a user names them: in grids, in `eval`, in the kit.
@Suite("External programs", .serialized)
struct ExternalProgramTests {
  private static func grid(_ row: String) -> String {
    BuiltProgram.grid.replacing(
      #"{ "key": "later", "label": "Later", "method": "later", "planned": true }"#, with: row)
  }

  /// A program that clips, in the sample's folder.
  private func program(_ row: (String) -> String) throws -> BuiltProgram {
    let folder = try TemporaryFolder()
    let made = try BuiltProgram(grid: Self.grid(row("FOLDER/clipper")))
    let path = made.sample.root + "/clipper"
    try made.sample.folder.write("#!/bin/sh\nexit 1\n", to: path.suffix(below: made.sample))
    chmod(path, 0o755)
    try made.sample.folder.write(
      """
      { "schema": 1, "name": "clipper", "version": "1.0", "summary": "clips", "citation": "none",
        "protocol": { "from": 1, "to": 1 },
        "options": { "type": "object", "properties": {
          "clip": { "type": "number", "minimum": 0.5, "maximum": 1, "default": 1 } } } }
      """, to: (path + ".json").suffix(below: made.sample))
    let grid = made.sample.root + "/tables/sample/grid.json"
    let text = String(decoding: try TemporaryFolder.bytes(of: grid), as: UTF8.self)
    try made.sample.folder.write(
      text.replacing("FOLDER", with: made.sample.root), to: grid.suffix(below: made.sample))
    _ = folder
    return made
  }

  @Test(
    "A row of a program is planned like any other, and its options are checked where they stand")
  func planned() throws {
    let sound = try program {
      #"{ "key": "clip", "label": "Clip", "method": { "program": "\#($0)", "options": { "clip": 0.75 } } }"#
    }
    let plan = try sound(["plan", "sample", "--blas-core", "haswell"] + sound.place)
    #expect(plan.status == 0, "\(plan.output)")
    #expect(plan.output.contains("clip W4A4"))
    let wrong = try program {
      #"{ "key": "clip", "label": "Clip", "method": { "program": "\#($0)", "options": { "clip": 0.25 } } }"#
    }
    let refused = try wrong(["plan", "sample"] + wrong.place)
    #expect(refused.status == 2)
    #expect(
      refused.output.contains(
        "clip at W8A8: program 'clipper': option 'clip': expected a number from 0.5 to 1, found 0.25"
      ),
      "\(refused.output)")
    #expect(refused.output.contains("/rows/3/method/options/clip"), "\(refused.output)")
  }

  @Test(
    "A program beside the checkout's files is found from every folder, and its row is rendered there"
  )
  func fromAnotherFolder() throws {
    let program = try program { _ in
      #"{ "key": "clip", "label": "Clip", "method": { "program": "./clipper" } }"#
    }
    #expect(try program(program.run).status == 0)
    let here = try program(["render", "sample", "--blas-core", "haswell"] + program.place)
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: "/bin/sh",
      arguments: [
        "-c",
        "cd / && exec '\(try BuiltProgram.path)' render sample --blas-core haswell --root '\(program.sample.root)'",
      ], environment: program.sample.environment)
    let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
    #expect(ending.exit == .status(0))
    let there = String(decoding: output, as: UTF8.self)
    #expect(there == here.output)
    let row = try #require(there.split(separator: "\n").first { $0.hasPrefix("| Clip |") })
    #expect(row.contains("29.96"), "\(row)")
    #expect(!there.contains("there is no program"))
  }

  @Test("A program that isn't on this machine isn't run, with the reason, and nothing else is lost")
  func missing() throws {
    let program = try BuiltProgram(
      grid: Self.grid(
        #"{ "key": "gone", "label": "Gone", "method": { "program": "zeroqat-method-gone" } }"#))
    let plan = try program(["plan", "sample", "--blas-core", "haswell"] + program.place)
    #expect(plan.status == 0, "\(plan.output)")
    #expect(
      plan.output.contains(
        "not run (there is no program 'zeroqat-method-gone' on PATH): 2 cells of gone"),
      "\(plan.output)")
  }

  @Test("The kit refuses a program that isn't there, and says whose fault a bad manifest is")
  func kit() throws {
    let built = try program {
      #"{ "key": "clip", "label": "Clip", "method": { "program": "\#($0)" } }"#
    }
    let gone = try built(["conformance", "zeroqat-method-gone"] + built.place)
    #expect(gone.status == 2)
    #expect(gone.output == "error: there is no program 'zeroqat-method-gone' on PATH\n")
    let path = built.sample.root + "/clipper"
    try built.sample.folder.write(
      "{ \"schema\": 1 }", to: (path + ".json").suffix(below: built.sample))
    let bad = try built(["conformance", path] + built.place)
    #expect(bad.status == 1)
    #expect(
      bad.output == """
        '\(path)': scenarios of version 1
        manifest  fault  the manifest of program '\(path)' can't be used: \(path).json:1:1: \
        missing required member 'name'
        1 fault

        """)
    let scenario = try built(["conformance", path, "--scenario", "agian"] + built.place)
    #expect(scenario.status == 2)
    #expect(scenario.output.contains("unknown scenario 'agian'; did you mean 'again'?"))
  }

  @Test("A program and a method contradict each other")
  func both() throws {
    let program = try BuiltProgram()
    let found = try program(
      ["eval", "toy", "--text", "verse", "--program", "p", "--method", "rtn"] + program.place)
    #expect(found.status == 2)
    #expect(found.output.contains("a program is a method; leave --method or --program out"))
  }
}

extension String {
  /// A path below the sample's folder, as its folder takes it.
  fileprivate func suffix(below sample: SampleCheckout) -> String {
    String(dropFirst(sample.folder.path.count + 1))
  }
}
