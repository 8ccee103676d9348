import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// Commands over all tables of a checkout: run, plan, publish, list, assets; and the pages they keep.
@Suite struct AllTablesTests {
  /// The sample table, one that is only at another scale, one of words, and a figure.
  private static func checkout() throws -> BuiltProgram {
    let program = try BuiltProgram()
    for (table, old, new) in [
      ("tablez", #""tiny": {"#, #""small": {"#), ("figure9", #""tiny": {"#, #""tiny": {"#),
    ] {
      try makeFolder(program.sample.root + "/tables/\(table)")
      let grid = BuiltProgram.grid.replacing(#""table": "sample""#, with: #""table": "\#(table)""#)
        .replacing(old, with: new)
      try program.sample.folder.write(grid, to: "tables/\(table)/grid.json")
    }
    try makeFolder(program.sample.root + "/tables/words")
    try program.sample.folder.write(
      """
      {
        "schema": 1, "table": "words", "title": "Kinds", "ours": "methods",
        "paper": { "id": "a", "version": "v2", "title": "b", "model": "m" }, "captionNote": "Few.",
        "columns": ["Type"],
        "rows": [{ "label": "GPTQ", "cells": [null], "source": "s", "confidence": "secondary" }]
      }
      """, to: "tables/words/paper.json")
    return program
  }

  private static func runAll(_ program: BuiltProgram) throws -> (status: Int32, output: String) {
    try program(
      ["run", "--all", "--worker", program.sample.worker, "--blas-core", "haswell"]
        + program.place)
  }

  /// Lines of the summary, without times.
  private static func summary(_ output: String) throws -> [String] {
    let lines = output.split(separator: "\n").map(String.init)
    let head = try #require(lines.firstIndex { $0.hasPrefix("all tables at scale tiny, ") })
    return lines[(head + 1)...].filter { $0.hasPrefix("  ") }.map {
      $0.replacing(/, \d+ s/, with: "")
    }
  }

  @Test func runsRendersAndSumsUp() throws {
    let program = try Self.checkout()
    let run = try Self.runAll(program)
    #expect(run.status == 0)
    #expect(
      try Self.summary(run.output) == [
        "  tablez           not at scale tiny; it has small, paper",
        "  figure9          5 measured, 2 not run, 0 failed",
        "  sample           5 measured, 2 not run, 0 failed",
        "  words            rendered, nothing to run",
      ])
    for page in ["sample/tiny/table.md", "figure9/tiny/table.csv", "words/table.md"] {
      #expect(FileStatus(of: program.sample.results + "/" + page) != nil)
    }
    // Both have the same cells: the second table takes the first one's records.
    #expect(program.sample.runs().count == 5)
  }

  @Test func aTableThatFailsKeepsNoOtherFromBeingMade() throws {
    let program = try Self.checkout()
    try program.sample.folder.write(#"{ "schema": 1 }"#, to: "tables/figure9/grid.json")
    try program.sample.folder.write(#""behave": "refuse""#, to: "behave")
    let run = try Self.runAll(program)
    // Of 2 and 3 the smaller one: what couldn't even start.
    #expect(run.status == 2)
    #expect(run.output.contains("figure9/grid.json:1:1: error: missing required member 'table'"))
    let lines = try Self.summary(run.output)
    #expect(lines[1] == "  figure9          couldn't start (exit code 2)")
    #expect(lines[2] == "  sample           0 measured, 2 not run, 5 failed (exit code 3)")
  }

  @Test func aSignalEndsAllOfThem() throws {
    let program = try Self.checkout()
    try program.sample.folder.write(#""behave": "dawdle""#, to: "behave")
    let waiting = program.sample.folder.path("waiting")
    let result = try program(
      [
        "run", "--all", "--worker", program.sample.worker, "--blas-core", "haswell",
      ] + program.place, interruption: { FileStatus(of: waiting) == nil ? (0, 0) : (1, SIGTERM) })
    #expect(result.status == 143)
    #expect(!result.output.contains("all tables at scale"))
    #expect(program.sample.runs().count == 1)
  }

  @Test func plansEveryTableAtEveryScale() throws {
    let program = try Self.checkout()
    let plans = try program(["plan", "--all", "--blas-core", "haswell"] + program.place)
    #expect(plans.status == 0)
    #expect(
      plans.output == """
        tablez at scale small: 5 cells to run, time unknown
        tablez at scale paper: nothing to run
        figure9 at scale tiny: 5 cells to run, time unknown
        figure9 at scale paper: nothing to run
        sample at scale tiny: 5 cells to run, time unknown
        sample at scale paper: nothing to run
        words: a table of words, nothing to run

        """)
    try program.sample.folder.write("{}", to: "tables/figure9/grid.json")
    #expect(try program(["plan", "--all"] + program.place).status == 2)
    let both = try program(["plan", "sample", "--all"] + program.place)
    #expect(both.status == 2 && both.output.contains("expected either a table or --all"))
    let filtered = try program(["run", "--all", "--filter", "x"] + program.place)
    #expect(filtered.output.contains("--filter and --protocol are for one table"))
  }

  @Test func theScaleIsTheFirstThatTheTableHas() throws {
    let program = try Self.checkout()
    let plan = try program(["plan", "tablez"] + program.place)
    #expect(plan.output.hasPrefix("tablez at scale small\n"))
    let tables = try program(["list", "tables"] + program.place).output
    #expect(
      tables == """
        tablez   A sample (small)
        figure9  A sample (tiny)
        sample   A sample (tiny)
        words    Kinds (words)

        """)
    let tiny = try program(["list", "tables", "--scale", "tiny"] + program.place).output
    #expect(tiny.split(separator: "\n").count == 2)
    let assets = try program(["assets", "--all"] + program.place)
    #expect(assets.output.split(separator: "\n").count == 2)
  }

  @Test func publishesAllThatIsThere() throws {
    let program = try Self.checkout()
    let publish = ["publish", "--all", "--blas-core", "haswell"] + program.place
    #expect(try program(publish).status == 4)
    _ = try Self.runAll(program)
    let readme = "# S\n\n<!-- held: made -->\n<!-- /held -->\n"
    try program.sample.folder.write(readme, to: "tables/sample/README.md")
    let published = try program(publish)
    #expect(published.status == 0)
    #expect(published.output.contains("sample at scale tiny: 5 records\n"))
    let root = program.sample.root
    for page in ["sample/table-tiny.md", "figure9/table-tiny.md", "words/table.md"] {
      #expect(FileStatus(of: "\(root)/tables/\(page)") != nil)
    }
    let quoted = String(decoding: try readFile("\(root)/tables/sample/README.md"), as: UTF8.self)
    #expect(quoted.contains("Scale `tiny` ([`table-tiny.md`](table-tiny.md), which also lists"))

    let check = ["publish", "--pages", "--check"] + program.place
    #expect(try program(check).status == 0)
    // A page that was edited, and a README that quotes an older one.
    let page = "\(root)/tables/figure9/table-tiny.md"
    let text = String(decoding: try readFile(page), as: UTF8.self)
    try writeDurably(Array(text.replacing("| RTN |", with: "| R |").utf8), to: page)
    try program.sample.folder.write(readme, to: "tables/sample/README.md")
    let stale = try program(check)
    #expect(stale.status == 1)
    #expect(stale.output.contains("stale: tables/figure9/table-tiny.md: no line '| RTN |"))
    #expect(stale.output.contains("stale: tables/sample/README.md: no line 'Scale `tiny`"))
    #expect(try program(["publish", "--pages"] + program.place).status == 0)
    #expect(try program(check).status == 0)
    #expect(String(decoding: try readFile(page), as: UTF8.self) == text)
  }

  /// Where this machine has nothing, the page is made of what is committed.
  @Test func publishingWithoutFreshRecordsRendersTheCommittedOnes() throws {
    let program = try BuiltProgram()
    let options = ["sample", "--blas-core", "haswell"] + program.place
    _ = try program(program.run)
    _ = try program(["publish"] + options)
    try removeTree(program.sample.results)
    let page = program.sample.root + "/tables/sample/table-tiny.md"
    let before = try readFile(page)
    try writeDurably([], to: page)
    let again = try program(["publish"] + options)
    #expect(again.status == 0)
    #expect(
      again.output
        == "sample at scale tiny: no record on this machine; its page is rendered again from the 5 "
        + "committed ones\n")
    #expect(try readFile(page) == before)
  }

  @Test func runsCanRenderWhatTheyMeasured() throws {
    let program = try BuiltProgram()
    let run = try program(program.run + ["--render", "--filter", "row=rtn"])
    #expect(run.status == 0)
    #expect(run.output.hasSuffix("the table: results/sample/tiny/table.md\n"))
    let page = String(
      decoding: try readFile(program.sample.results + "/sample/tiny/table.md"), as: UTF8.self)
    #expect(page.contains("| SQ |"))
    let words = try Self.checkout()
    #expect(
      try words(["run", "words"] + words.place).output == "the table: results/words/table.md\n")
  }

  /// A model that is made of another one's weights is inspected by its name and by its folder.
  @Test func variantsAreInspected() throws {
    let checkout = try RealCheckout()
    try makeFolder(checkout.root + "/models/fixture-odd")
    try writeDurably(
      Array(
        """
        {
          "schema": 1, "name": "fixture-odd", "label": "Odd", "architecture": "llama",
          "licence": "none", "environment": "ZEROQAT_FIXTURE", "files": [], "bos": "none",
          "anchors": [], "variant": {
            "of": "fixture", "outliers": { "channels": [3, 5], "factor": 16 }
          }
        }
        """.utf8), to: checkout.root + "/models/fixture-odd/manifest.json")
    for name in ["fixture-odd", checkout.root + "/models/fixture-odd/"] {
      let odd = try checkout("inspect", name)
      #expect(odd.status == 0)
      #expect(
        odd.output.hasPrefix(
          "Odd\nchannels 3, 5 made outliers (×16) when the weights are read\nllama, 2 blocks of 32 "
        ))
    }
    try removeTree(checkout.root + "/cache/zeroqat/models/fixture")
    let missing = try checkout("inspect", "fixture")
    #expect(missing.status == 2)
    #expect(
      missing.output
        == "error: the files of fixture aren't on this machine: expected "
        + "'\(checkout.root)/cache/zeroqat/models/fixture'; ZEROQAT_FIXTURE can name your copy\n")
  }
}
