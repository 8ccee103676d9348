import Glibc
import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

@Suite struct ProgramTests {
  @Test func aRunAndASecondOne() throws {
    let program = try BuiltProgram()
    let first = try program(program.run)
    #expect(first.status == 0)
    #expect(first.output.contains("5 cells to run"))
    #expect(first.output.contains("[5/5] sq W4A4: perplexity 29.964"))
    #expect(first.output.hasSuffix("5 finished\n"))
    #expect(try program.records().count == 5)
    let second = try program(program.run)
    #expect(second.status == 0)
    #expect(second.output.contains("nothing to run"))
    #expect(program.sample.runs().count == 5)
  }

  @Test func thePlanIsTheDryRunAndChangesNothing() throws {
    let program = try BuiltProgram()
    let plan = try program(["plan", "sample", "--blas-core", "haswell"] + program.place)
    #expect(plan.status == 0)
    #expect(plan.output == (try program(program.run + ["--dry-run"])).output)
    // A table may be named by its folder, too.
    let byPath = try program([
      "plan", program.sample.root + "/tables/sample", "--blas-core", "haswell",
    ])
    #expect(byPath.output == plan.output)
    #expect(FileStatus(of: program.sample.results) == nil)
  }

  @Test(arguments: [
    (["plan", "smaple"], "error: unknown table 'smaple'; did you mean 'sample'?\n"),
    (
      ["plan", "sample", "--scale", "smal"], "error: unknown scale 'smal'; did you mean 'small'?\n"
    ),
    (
      ["plan", "sample", "--scale", "small"],
      "error: sample has no scale 'small' in its grid.json\n"
    ),
    (
      ["plan", "sample", "--protocol", "verse"],
      "error: bad protocol id 'verse': expected a dataset, a hyphen and 2 to 65536 tokens per "
        + "window, as in 'books-512'; 'verse' is text and has no tasks\n"
    ),
  ])
  func wrongUseHasStatusTwo(arguments: [String], expected: String) throws {
    let program = try BuiltProgram()
    let result = try program(arguments + program.place)
    #expect(result.status == 2)
    #expect(result.output == expected)
  }

  @Test func unknownOptionsHaveStatusTwoAndHelpHasZero() throws {
    let program = try BuiltProgram()
    let wrong = try program(["plan", "sample", "--scael", "tiny"])
    #expect(wrong.status == 2)
    #expect(wrong.output.hasPrefix("Error: Unknown option '--scael'. Did you mean '--scale'?"))
    #expect(try program(["run", "sample", "--threads", "0"]).status == 2)
    #expect(try program(["--help"]).status == 0)
  }

  @Test func errorsInTheGridPointIntoIt() throws {
    let program = try BuiltProgram(
      grid: BuiltProgram.grid.replacing(#""alpha""#, with: #""aplha""#))
    let result = try program(program.run)
    #expect(result.status == 2)
    #expect(
      result.output
        == """
        \(program.sample.gridPath):6:82: error: unknown member 'aplha'; did you mean 'alpha'?
          = at /rows/2/options/aplha
        6 |     { "key": "sq", "label": "SQ", "method": "smoothquant", "options": { "aplha": 0.5 } },
          |                                                                                  ^

        """)
  }

  @Test func wrongBytesHaveStatusTwo() throws {
    let program = try BuiltProgram()
    try program.sample.folder.write("toy weightS\n", to: "cache/zeroqat/models/toy/toy.gguf")
    let result = try program(program.run)
    #expect(result.status == 2)
    #expect(
      result.output.contains(
        "error: '\(program.sample.cacheHome)/zeroqat/models/toy/toy.gguf' has the wrong bytes"))
    let assets = try program(["assets", "--table", "sample"] + program.place)
    #expect(assets.output.hasPrefix("model\ttoy\tcorrupt\t"))
  }

  @Test func filesThatHoldNoModelHaveStatusTwo() throws {
    let program = try BuiltProgram()
    // The right bytes by the manifest, and yet no GGUF: said before any cell starts.
    let result = try program(["run", "sample", "--blas-core", "haswell"] + program.place)
    #expect(result.status == 2)
    #expect(
      result.output.contains(
        "error: the model can't be used: \(program.sample.cacheHome)/zeroqat/models/toy/toy.gguf"))
    #expect(try program.records().isEmpty)
  }

  /// An error that names its place says 'error:' behind it, and not before it as well.
  @Test func anErrorSaysSoOnce() throws {
    let program = try BuiltProgram()
    let path = "\(program.sample.cacheHome)/zeroqat/models/toy/toy.gguf"
    let result = try program(["inspect", path])
    #expect(result.status == 2)
    #expect(result.output.hasPrefix("\(path): "))
    #expect(result.output.split(separator: "error: ", omittingEmptySubsequences: false).count == 2)
  }

  @Test func anUnwritableResultsFolderHasStatusTwo() throws {
    let program = try BuiltProgram()
    for (place, words) in [
      (program.sample.worker + "/inside", "cannot list"),
      ("/proc/zeroqat-results", "cannot make the folder"),
    ] {
      let result = try program(program.run + ["--results", place])
      #expect(result.status == 2)
      #expect(result.output.contains("error: \(words) '\(place)"))
      #expect(result.output.contains("nothing is lost"))
    }
    #expect(program.sample.runs().isEmpty)
  }

  @Test func aFailedCellHasStatusThree() throws {
    let program = try BuiltProgram()
    try program.sample.folder.write(#""behave": "refuse""#, to: "behave")
    let result = try program(program.run + ["--filter", "row=rtn"])
    #expect(result.status == 3)
    #expect(result.output.hasSuffix("2 failed\n"))
    #expect(try program(["run", "sample", "--scale", "paper"] + program.place).status == 4)
  }

  @Test func aSignalHasItsStatusAndTheRestRunsLater() throws {
    for (number, status) in [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)] {
      let program = try BuiltProgram()
      try program.sample.folder.write(#""behave": "dawdle""#, to: "behave")
      let waiting = program.sample.folder.path("waiting")
      let result = try program(
        program.run, interruption: { FileStatus(of: waiting) == nil ? (0, 0) : (1, number) })
      #expect(result.status == status)
      #expect(result.output.contains("interrupted; what is finished is kept"))
      #expect(try program.records().isEmpty)
      try program.sample.folder.write("", to: "hurry")
      #expect(try program(program.run).status == 0)
      #expect(try program.records().count == 5)
    }
  }

  /// kill -9 at several moments: whatever is in the store is whole, and the next run does the rest.
  @Test(arguments: [0.05, 0.12, 0.2, 0.35, 0.6]) func aKilledRunLeavesWholeRecords(
    seconds: Double
  ) throws {
    let program = try BuiltProgram()
    let start = monotonicSeconds()
    let result = try program(
      program.run, interruption: { monotonicSeconds() - start < seconds ? (0, 0) : (2, SIGKILL) })
    let whole = try program.records()
    for name in whole {
      let path = program.sample.results + "/sample/tiny/" + name
      #expect(throws: Never.self) {
        try JSONDocument(contentsOf: path).decode(RunRecord.self)
      }
    }
    let runsBefore = program.sample.runs().count
    let rest = try program(program.run)
    #expect(rest.status == 0)
    #expect(try program.records().count == 5)
    if result.status == -SIGKILL {
      // At most the cell in flight ran twice.
      #expect(runsBefore - whole.count <= 1)
    }
    #expect(program.sample.runs().count <= 6)
    let leftovers = try listFolder(program.sample.results + "/sample/tiny")
      .filter { !$0.hasSuffix(".json") }
    #expect(leftovers.isEmpty)
  }

  @Test func twoRunnersOnOneFolderAreRefused() throws {
    let program = try BuiltProgram()
    try program.sample.folder.write(#""behave": "dawdle""#, to: "behave")
    let waiting = program.sample.folder.path("waiting")
    var second: (status: Int32, output: String)?
    var failure: (any Error)?
    let first = try program(
      program.run,
      interruption: {
        // While the first one waits for its worker, a second one starts.
        if second == nil, failure == nil, FileStatus(of: waiting) != nil {
          do {
            second = try program(program.run)
            try program.sample.folder.write("", to: "hurry")
          } catch { failure = error }
        }
        return (0, 0)
      })
    #expect(failure == nil)
    #expect(first.status == 0)
    #expect(second?.status == 2)
    let line = second?.output.split(separator: "\n").last.map(String.init) ?? ""
    #expect(
      line.wholeMatch(
        of: /error: the results folder '.*' is in use by process \d+; wait for it, .*/) != nil)
    #expect(try program.records().count == 5)
  }

  @Test func rendersChecksAndPublishes() throws {
    let program = try BuiltProgram()
    let options = ["sample", "--blas-core", "haswell"] + program.place
    #expect(try program(["publish"] + options).status == 4)
    _ = try program(program.run)
    let rendered = try program(["render"] + options)
    #expect(rendered.status == 0)
    #expect(rendered.output.hasPrefix("# A sample\n"))
    #expect(try program(["check"] + options).status == 4)
    #expect(try program(["publish"] + options).status == 0)
    let records = program.sample.root + "/tables/sample/records/tiny"
    #expect(try listFolder(records).count == 5)
    for name in try listFolder(records) {
      let text = String(decoding: try readFile(records + "/" + name), as: UTF8.self)
      #expect(!text.contains(program.sample.root))
    }
    let table = String(
      decoding: try readFile(program.sample.root + "/tables/sample/table-tiny.md"), as: UTF8.self)
    #expect(table == (try program(["render", "--committed"] + options)).output)
  }

  @Test func aCellThatContradictsItselfIsRefused() throws {
    let program = try BuiltProgram()
    let path = try program.sample.folder.write(
      #"{"schema": 1, "id": "x"}"#, to: "cell.json")
    let result = try program([
      "cell", "--spec", path, "--out", program.sample.folder.path("out"), "--threads", "1",
      "--work", program.sample.root,
    ])
    #expect(result.status == 2)
    #expect(result.output.hasPrefix("\(path):1:1: error: missing required member 'address'"))
  }

  @Test func listsAndAssets() throws {
    let program = try BuiltProgram()
    #expect(try program(["list", "models"] + program.place).output == "toy  Toy\n")
    #expect(try program(["list", "tables"] + program.place).output == "sample  A sample (tiny)\n")
    let methods = try program(["list", "methods"] + program.place).output
    #expect(methods.hasPrefix("full-precision  the checkpoint as it is, in float32\nrtn  "))
    let assets = try program(["assets", "--table", "sample", "--filter", "x"] + program.place)
    #expect(assets.status == 0)
    let lines = assets.output.split(separator: "\n").map { $0.split(separator: "\t").count }
    #expect(lines == [9, 9])
    let texts = try program(["assets", "--dataset", "verse"] + program.place)
    #expect(texts.output.hasPrefix("dataset\tverse\tpresent\t"))
    let neither = try program(["assets"] + program.place)
    #expect(neither.status == 2)
    #expect(neither.output.contains("expected either --table, --dataset or --all"))
  }

  @Test func textsAreWrittenAsCellsReadThem() throws {
    let program = try BuiltProgram()
    let folder = program.sample.folder.path("texts")
    func texts(_ dataset: String) throws -> (status: Int32, output: String) {
      let result = try program(
        ["texts", "--dataset", dataset, "--out", folder, "--root", program.sample.root])
      return (result.status, result.output)
    }
    #expect(try texts("verse").status == 0)
    let parts = try ["train", "development", "test"].map { split in
      String(decoding: try readFile("\(folder)/verse-\(split).txt"), as: UTF8.self)
    }
    #expect(parts.joined() == SampleCheckout.verse)
    let unknown = try texts("vrese")
    #expect(unknown.status == 2)
    #expect(unknown.output == "error: unknown dataset 'vrese'; did you mean 'verse'?\n")
    let path = program.sample.cacheHome + "/zeroqat/datasets/verse/verse.txt"
    try moveFile(path, to: path + ".away")
    #expect(
      try texts("verse").output
        == "error: missing texts of verse: '\(path)'; "
        + "'zeroqat assets --dataset verse' says where they come from\n")
  }

  @Test func cleanRemovesLeftoversAlone() throws {
    let program = try BuiltProgram()
    _ = try program(program.run)
    let folder = program.sample.results + "/sample/tiny"
    try makeFolder(folder + "/00.work")
    try writeDurably([1], to: folder + "/00.json.corrupt")
    let result = try program(["clean"] + program.place)
    #expect(result.status == 0)
    #expect(
      result.output == "removed \(folder)/00.json.corrupt\nremoved \(folder)/00.work\n")
    #expect(try program.records().count == 5)
  }

  @Test func publishingAPartLosesNothing() throws {
    let program = try BuiltProgram()
    let options = ["sample", "--blas-core", "haswell"] + program.place
    _ = try program(program.run)
    #expect(try program(["publish"] + options).status == 0)
    let part = try program(["publish", "--filter", "row=sq"] + options)
    #expect(part.status == 2)
    #expect(
      part.output
        == "error: publishing would remove committed records without a new one in place: "
        + "row 'fp' column 'ppl-w8a8', row 'rtn' column 'ppl-w4a4', row 'rtn' column 'ppl-w8a8'; "
        + "run all of sample first, or remove what you no longer want\n")
    #expect(try listFolder(program.sample.root + "/tables/sample/records/tiny").count == 5)
  }

  @Test func anEditedCommittedRecordIsRefused() throws {
    let program = try BuiltProgram()
    let options = ["sample", "--blas-core", "haswell"] + program.place
    _ = try program(program.run)
    #expect(try program(["publish"] + options).status == 0)
    let folder = program.sample.root + "/tables/sample/records/tiny/"
    let name = try #require(try listFolder(folder).first)
    #expect(name == "fp.ppl-w8a8.seed1.json")
    let text = String(decoding: try readFile(folder + name), as: UTF8.self)
    let id = try #require(text.firstMatch(of: /"id": "([0-9a-f]{16})"/)).1
    let reference = try #require(text.firstMatch(of: /"protocol": "([^"]*)"/)).1
    let protocols = program.sample.root + "/tables/protocols/"
    #expect(try listFolder(protocols) == ["\(reference).json"])
    for (old, new, words) in [
      (#""seed": 1,"#, #""seed": 2,"#, "its cell was edited: the id is \(id), "),
      (
        #""schema": 2,"#, #""schema": 1,"#,
        "schema 1 isn't supported; this build reads schema 2; "
          + "'zeroqat migrate' rewrites committed records of older schemas"
      ),
      (
        "\"protocol\": \"\(reference)\"", #""protocol": "verse.00""#,
        "\(protocols)verse.00.json: expected the protocol that a record refers to, found no file"
      ),
      (
        #""row": "fp""#, #""row": "rtn""#, "expected the record of rtn.ppl-w8a8.seed1 there"
      ),
    ] {
      var edited = text
      edited.replaceSubrange(try #require(text.firstRange(of: old)), with: new)
      try writeDurably(Array(edited.utf8), to: folder + name)
      for command in [["check"], ["render", "--committed"]] {
        let result = try program(command + options)
        #expect(result.status == 2)
        #expect(result.output.hasPrefix("error: \(folder)\(name):") || words.hasPrefix(protocols))
        #expect(result.output.contains(words), "\(result.output)")
        #expect(result.output.hasSuffix("restore the committed record, or publish it again\n"))
      }
    }
  }

  @Test func thePapersNumbersAreHeldToTheirRules() throws {
    let program = try BuiltProgram()
    let path = try program.sample.folder.write(
      """
      {
        "schema": 1, "table": "sample", "captionNote": "", "footnotes": [],
        "paper": { "id": "x", "version": "v1", "title": "x", "model": "x" },
        "cells": [
          { "row": "rtn", "column": "ppl-w4a4", "value": "5,47", "footnotes": [], "source": "x",
            "confidence": "verbatim" }
        ]
      }
      """, to: "tables/sample/paper.json")
    let result = try program(["render", "sample"] + program.place)
    #expect(result.status == 2)
    #expect(
      result.output.hasPrefix(
        #"\#(path):5:52: error: expected a printed number such as "5.47", found "5,47""#))
  }

  @Test(arguments: ["--results", "--root"])
  func anEmptyFolderNameHasStatusTwo(option: String) throws {
    let program = try BuiltProgram()
    let place = option == "--root" ? [] : program.place
    let result = try program(["plan", "sample", option, ""] + place)
    #expect(result.status == 2)
    #expect(
      result.output == "error: \(option) is empty; name a folder or leave the option out\n")
  }

  /// Output that doesn't arrive isn't a success; a device named as output stays a device.
  @Test func aFullOutputHasStatusTwo() throws {
    let program = try BuiltProgram()
    for command in ["plan", "render"] {
      let child = ChildProcess(
        executable: "/bin/sh",
        arguments: [
          "-c", #""$@" >/dev/full"#, "sh", try BuiltProgram.path, command, "sample",
        ] + program.place, environment: program.sample.environment)
      var output: [UInt8] = []
      let ending = try child.run(interruption: { (0, 0) }) { output += $0 }
      #expect(ending.exit == .status(2))
      #expect(
        String(decoding: output, as: UTF8.self)
          == "error: cannot write 'standard output': No space left on device\n")
    }
    let pipe = program.sample.folder.path("pipe")
    #expect(mkfifo(pipe, 0o644) == 0)
    let result = try program(["render", "sample", "--output", pipe] + program.place)
    #expect(result.status == 2)
    #expect(
      result.output
        == "error: --output '\(pipe)' isn't written to: it isn't a regular file; name another file\n"
    )
  }

  /// A closed standard error would give its number to the lock, and progress would be written there.
  @Test func closedStreamsDontTurnIntoFiles() throws {
    let program = try BuiltProgram()
    let child = ChildProcess(
      executable: "/bin/sh",
      arguments: ["-c", #""$@" <&- >&- 2>&-"#, "sh", try BuiltProgram.path] + program.run,
      environment: program.sample.environment)
    #expect(try child.run(interruption: { (0, 0) }) { _ in }.exit == .status(0))
    let lock = String(decoding: try readFile(program.sample.results + "/.lock"), as: UTF8.self)
    #expect(lock.wholeMatch(of: /[0-9]+\n/) != nil)
    #expect(try program.records().count == 5)
  }

  @Test func methodsAreListedAsTheirCardsDescribeThem() throws {
    let program = try BuiltProgram()
    let list = try program(["list", "methods", "--json"])
    #expect(list.status == 0)
    let methods = try JSONDocument(text: Array(list.output.utf8), file: "methods.json")
      .decode([MethodSummary].self)
    let names = try program(["list", "methods"] + program.place).output
    #expect(
      methods.map { "\($0.name) \($0.summary)" }
        == names.split(separator: "\n").map { $0.replacing(/[ ][ ]+/, with: " ") })
    let light = try #require(methods.first { $0.name == "zeroqat-light" })
    #expect(light.trainsOnText && light.trainsOnTasks && light.category == "ZO-QAT")
    #expect(light.cost == "forward passes, every step" && light.target == "WA")
    #expect(methods.first { $0.name == "gptq" }?.target == "WO")
    // A diagnostic has no row; all others say what they are for.
    #expect(methods.filter(\.isDiagnostic).allSatisfy { !$0.trainsOnText })
    let wrong = try program(["list", "models", "--json"] + program.place)
    #expect(wrong.status != 0 && wrong.output.contains("--json is for 'list methods'"))
  }

  @Test func aTableOfWordsIsRenderedWithoutAScale() throws {
    let program = try BuiltProgram()
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
    let page = try program(["render", "words"] + program.place)
    #expect(page.status == 0)
    #expect(page.output.contains("| GPTQ | not known |"))
    #expect(page.output.contains("| `rtn` | PTQ | WA | no | no | weights alone |"))
    #expect(try program(["publish", "words"] + program.place).status == 0)
    let published = try readFile(program.sample.root + "/tables/words/table.md")
    #expect(String(decoding: published, as: UTF8.self) == page.output)
    #expect(
      try program(["list", "tables"] + program.place).output.contains("words   Kinds (words)"))
  }
}
