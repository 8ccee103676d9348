import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

/// `zeroqat eval` as a user has it: a folder that nobody prepared, beside a checkout.
@Suite struct EvalTests {
  private let checkout: RealCheckout
  private let model: String
  private let text: String

  init() throws {
    checkout = try RealCheckout()
    model = checkout.root + "/cache/zeroqat/models/fixture"
    text = checkout.root + "/own.txt"
    let words = (0..<200).map { "tree \($0) of water and \($0 % 7) sounds.\n" }.joined()
    try writeDurably(Array(words.utf8), to: text)
  }

  private func eval(_ arguments: String...) throws -> (status: Int32, output: String) {
    try checkout("eval", arguments)
  }

  /// The lines that standard output has; progress is on standard error.
  private func result(_ arguments: String...) throws -> [String] {
    let found = try checkout.onlyStandardOutput(["eval"] + arguments)
    #expect(found.status == 0, "\(found.output)")
    return found.output.split(separator: "\n").map { String($0) }
  }

  @Test func lineEndsOfAnotherSystemAreReadAsOursAndSaid() throws {
    let plain = try result(model, "--text", text, "--window", "32")
    let bytes = try readFile(text).flatMap {
      $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0]
    }
    let other = checkout.root + "/crlf.txt"
    try writeDurably(bytes, to: other)
    let found = try result(model, "--text", other, "--window", "32")
    #expect(found[0] == plain[0])
    #expect(
      found.contains(
        "note        200 lines of the text end in CR LF, which is read as LF, as Python reads text")
    )
    #expect(!plain.contains { $0.contains("CR LF") })
  }

  @Test func aNumberWithItsErrorItsCostAndItsRecord() throws {
    let first = try result(model, "--text", text, "--window", "32")
    #expect(
      first[0].wholeMatch(
        of:
          /perplexity  \d+\.\d{4} ± \d+\.\d{4} \(standard error over 196 windows: how far another text of this kind might be off\)/
      ) != nil, "\(first)")
    #expect(first[1] == "model       fixture in full precision")
    #expect(
      first[2]
        == "text        \(text): 6\u{202F}076 tokens scored in 196 windows of 32, no beginning of sequence "
        + "(no file asks for one)"
    )
    #expect(
      first[3].wholeMatch(
        of:
          /took        \d+\.\d s \(load \d+\.\d, evaluate \d+\.\d\), \d+ MiB at the peak, 1 thread/)
        != nil, "\(first)")
    let record = try #require(first.last).dropFirst("record      ".count)
    #expect(record.wholeMatch(of: /results\/eval\/own\/[0-9a-f]{16}\.json/) != nil)
    let kept = try checkout.record(at: "\(checkout.root)/\(record)")
    #expect(kept.cell.protocolSettings.hasTestAlone && kept.cell.address.table == "eval")
    #expect(kept.digests.map(\.name) == ["tokens.test"])
    // The same again is found, not measured.
    #expect(try result(model, "--text", text, "--window", "32") == first)
    #expect(try listFolder(checkout.root + "/results/eval/own").count == 1)
    // Rounding is another number, in a record of its own, with full precision beside it.
    let rounded = try result(model, "--text", text, "--window", "32", "--bits", "W4A16")
    #expect(rounded.last != first.last)
    #expect(rounded[1].hasPrefix("as it is    \(first[0].split(separator: " ")[1]) ± "))
    #expect(rounded[1].hasSuffix(" nats per token, window by window"))
    #expect(rounded[2] == #"model       fixture, W4A16 by rtn {"minimumScale":0.0001}"#)
  }

  @Test func fullPrecisionRunsBesideOnlyWhenAsked() throws {
    let alone = try result(model, "--text", text, "--window", "32", "--bits", "W4A4")
    #expect(!alone.contains { $0.hasPrefix("as it is") })
    #expect(try listFolder(checkout.root + "/results/eval/own").count == 1)
    let both = try result(model, "--text", text, "--window", "32", "--bits", "W4A4", "--compare")
    #expect(both.contains { $0.hasPrefix("as it is") })
    #expect(try listFolder(checkout.root + "/results/eval/own").count == 2)
  }

  @Test func theResultAsJSON() throws {
    let lines = try result(
      model, "--text", text, "--window", "32", "--windows", "4", "--bits", "W4A4", "--json")
    let root = try JSONDocument(text: Array(lines.joined(separator: "\n").utf8), file: "out").root
    #expect(root["status"] == .string("finished") && root["windows"] == .integer(4))
    #expect(root["windowTokens"] == .integer(32) && root["scoredTokens"] == .integer(124))
    #expect(root["bits"] == .string("W4A4") && root["bos"] == .string("none"))
    #expect(root["method"]?["name"] == .string("rtn") && root["fullPrecision"] == .null)
    guard case .number(let perplexity, _)? = root["perplexity"] else {
      Issue.record("no perplexity: \(root)")
      return
    }
    #expect(perplexity > 1)
  }

  @Test func aTextOfTheCheckoutHasPartsToLookAt() throws {
    let lines = try result(
      "fixture", "--text", "text", "--window", "32", "--windows", "4", "--bits", "W4A16",
      "--method",
      "gptq", "--option", "calibrationWindows=2", "--option", "damping=0.02")
    #expect(lines[1].hasPrefix("model       fixture, W4A16 by gptq {"))
    #expect(lines[1].contains(#""calibrationWindows":2"#) && lines[1].contains(#""damping":0.02"#))
    #expect(
      lines[2].hasPrefix("text        \(checkout.root)/cache/zeroqat/datasets/text/text.txt: 124 "))
  }

  @Test func aMethodThatLooksAtTextNeedsAnother() throws {
    let arguments = [
      model, "--text", text, "--window", "32", "--bits", "W4A16", "--method", "gptq",
    ]
    let refused = try checkout("eval", arguments)
    #expect(refused.status == 2)
    #expect(
      refused.output
        == "error: 'gptq' looks at text, and mustn't at the one that is scored: name another file with "
        + "--calibration, or a text that is here: 'text'\n")
    let same = try checkout("eval", arguments + ["--calibration", text])
    #expect(same.status == 2)
    #expect(
      same.output
        == "error: '\(text)' is scored, so that no method may look at it; name another text with "
        + "--calibration\n")
    let few = ["--windows", "4", "--option", "calibrationWindows=2"]
    let done = try checkout("eval", arguments + few + ["--calibration", "text"])
    #expect(done.status == 0, "\(done.output)")
    let other = checkout.root + "/other.txt"
    try writeDurably(
      Array((0..<200).map { "a sound of \($0) waters\n" }.joined().utf8), to: other)
    let file = try checkout("eval", arguments + few + ["--calibration", other])
    #expect(file.status == 0, "\(file.output)")
  }

  @Test func slipsAreToldWithTheNearestRightThing() throws {
    let root = checkout.root
    try writeDurably([], to: root + "/empty.txt")
    try writeDurably(Array("caf".utf8) + [0xE9, 0x20, 0x61], to: root + "/latin1.txt")
    let bare = root + "/bare"
    try makeFolder(bare)
    try writeDurably(readFile(model + "/config.json"), to: bare + "/config.json")
    for (arguments, words) in [
      (
        ["fixtur", "--text", text],
        "there is no file or folder 'fixtur', no model of that name in models/, and none in the hub's cache "
          + "'\(root)/cache/huggingface/hub' (XDG_CACHE_HOME); did you mean 'fixture'?"
      ),
      (
        [root + "/own.tx", "--text", text],
        "there is no '\(root)/own.tx'; did you mean 'own.txt'?"
      ),
      (
        [root + "/tables", "--text", text],
        "'\(root)/tables' holds no config.json; expected a folder with config.json, weights and a tokenizer, "
          + "or a .gguf file"
      ),
      (
        [parent(of: model), "--text", text],
        "'\(parent(of: model))' holds no config.json; there is one in '\(model)'"
      ),
      (
        [model + "/model.safetensors", "--text", text],
        "'\(model)/model.safetensors' isn't a whole model; name its folder, '\(model)'"
      ),
      (
        [bare, "--text", text],
        "'\(bare)' holds no tokenizer; expected tokenizer.json, or vocab.json and merges.txt, or tokenizer.model"
      ),
      (
        [model, "--text", root + "/tables"],
        "'\(root)/tables' is a folder; name one file, or a text in datasets/"
      ),
      (
        [model, "--text", root + "/latin1.txt"],
        "'\(root)/latin1.txt' isn't UTF-8: what stands at byte 3 is no character; convert it, as "
          + "'iconv -t UTF-8' does"
      ),
      (
        [model, "--text", "txt"],
        "there is no file 'txt' and no text of that name in datasets/; did you mean 'text'?"
      ),
      (
        [model, "--text", root + "/empty.txt"],
        "'\(root)/empty.txt' is empty: there is no text in it"
      ),
      (
        [model, "--text", text, "--method", "gtpq", "--bits", "W4A16"],
        "there is no method 'gtpq'; did you mean 'gptq'?"
      ),
      (
        [model, "--text", text, "--bits", "W5A16"],
        "bad bits label 'W5A16': weights have 2, 3, 4, 6 or 8 bits, or 16; found 5"
      ),
      (
        [model, "--text", text, "--method", "rtn"],
        "the method 'rtn' quantizes; say to how many bits, as in --bits W4A16g128"
      ),
      (
        [model, "--text", text, "--bits", "W4A16", "--option", "minimumScal=1"],
        "options of 'rtn': unknown member 'minimumScal'; did you mean 'minimumScale'?"
      ),
      (
        [model, "--text", text, "--bits", "W4A16", "--option", "minimumScale=much"],
        "options of 'rtn': minimumScale: expected a number, found the string \"much\""
      ),
      (
        [model, "--text", text, "--bits", "W4A16", "--calibration", "text"],
        "'rtn' looks at weights alone; leave --calibration out"
      ),
      (
        [model, "--text", text, "--bits", "W4A16g12"],
        "W4A16g12 doesn't fit the model: groups of 12 columns don't divide the 32 inputs of q_proj, k_proj, "
          + "v_proj, o_proj, gate_proj and up_proj and the 64 inputs of down_proj; nearest that do everywhere: "
          + "8 and 16"
      ),
      (
        [model, "--text", text, "--bits", "W4A16g64"],
        "W4A16g64 doesn't fit the model: groups of 64 columns don't divide the 32 inputs of q_proj, k_proj, "
          + "v_proj, o_proj, gate_proj and up_proj; nearest that do everywhere: 32"
      ),
      (
        [model, "--text", text, "--window", "4096"],
        "windows of 4096 tokens are too long: the model has 128 positions"
      ),
    ] {
      let found = try checkout("eval", arguments)
      #expect(found.status == 2)
      #expect(found.output == "error: \(words)\n")
    }
    #expect(FileStatus(of: root + "/results/eval") == nil)
  }

  @Test func numbersThatNoWindowHasAreWrongUse() throws {
    for (option, value, words) in [
      ("--window", "1", "expected 2 to 65536 tokens per window, found 1"),
      ("--window", "65537", "expected 2 to 65536 tokens per window, found 65537"),
      ("--windows", "0", "expected at least 1 window, found 0"),
      ("--threads", "0", "expected 1 to 1024 threads, found 0"),
    ] {
      let found = try eval(model, "--text", text, option, value)
      #expect(found.status == 2)
      #expect(found.output.hasPrefix("Error: \(words)\n"), "\(found.output)")
    }
  }

  @Test func oneOfAThingIsToldAsOne() throws {
    let single = try result(model, "--text", text, "--window", "2", "--windows", "1")
    #expect(
      single[0].hasPrefix("perplexity")
        && single[0].hasSuffix("(of a single window: no error can be told)"))
    #expect(single[2].contains(": 1 token scored in 1 window of 2, no beginning"))
    let two = try result(model, "--text", text, "--window", "3", "--windows", "2")
    #expect(two[2].contains(": 4 tokens scored in 2 windows of 3, no beginning"))
  }

  @Test func aTextTooShortForAWindowLeavesNoRecord() throws {
    try writeDurably(Array("two trees".utf8), to: checkout.root + "/short.txt")
    let found = try eval(model, "--text", checkout.root + "/short.txt")
    #expect(found.status == 3)
    #expect(
      found.output.hasSuffix(
        "error: the test text is too short: 1 window of 128 tokens was asked for, 9 tokens make 0\n"
      ),
      "\(found.output)")
    #expect(try listFolder(checkout.root + "/results/eval/own").isEmpty)
  }

  @Test func aModelThatIsntReadSaysWhy() throws {
    let path = model + "/config.json"
    try writeDurably(Array(#"{"model_type": "mamba"}"#.utf8), to: path)
    let found = try eval(model, "--text", text)
    #expect(found.status == 2)
    #expect(found.output.hasPrefix("\(path):1:16: error: expected one of "), "\(found.output)")
  }

  @Test func anIdOfTheHubIsFoundInItsCache() throws {
    let folder = checkout.root + "/cache/huggingface/hub/models--some--Tiny-Model"
    let missing = try eval("some/Tiny-Modle", "--text", text)
    #expect(missing.status == 2 && !missing.output.contains("did you mean"))
    try makeFolder(folder + "/refs")
    try makeFolder(folder + "/snapshots")
    #expect(
      try eval("some/Tiny-Modle", "--text", text).output.hasSuffix(
        "(XDG_CACHE_HOME); did you mean 'some/Tiny-Model'?\n"))
    #expect(
      try eval("some/Tiny-Model", "--text", text).output
        == "error: '\(folder)' lacks refs/main or the snapshot that it names, so that nobody knows which "
        + "'some/Tiny-Model' is meant; name a folder in its 'snapshots'\n")
    try writeDurably(Array("abc\n".utf8), to: folder + "/refs/main")
    try moveFile(model, to: folder + "/snapshots/abc")
    let found = try result("some/Tiny-Model", "--text", text, "--windows", "2")
    #expect(found[1] == "model       some/Tiny-Model in full precision")
    // The default window is as long as the model's positions.
    #expect(found[2].contains("254 tokens scored in 2 windows of 128"))
  }

  @Test func theBeginningOfSequenceIsAsTheFilesSay() throws {
    let settings = model + "/tokenizer_config.json"
    func beginning(_ arguments: String...) throws -> String {
      let lines = try checkout.onlyStandardOutput(
        ["eval", model, "--text", text, "--windows", "2"] + arguments
      ).output.split(separator: "\n")
      return lines.count > 2
        ? String(lines[2].split(separator: " of 128, ").last ?? "") : "\(lines)"
    }
    #expect(try beginning() == "no beginning of sequence (no file asks for one)")
    try writeDurably(
      Array(#"{"add_bos_token": true, "bos_token": "<s>"}"#.utf8), to: settings)
    #expect(
      try beginning()
        == "one beginning of sequence in front (add_bos_token in tokenizer_config.json)")
    #expect(try beginning("--bos", "none") == "no beginning of sequence (--bos)")
    // The post-processor of tokenizer.json goes before, as it does in transformers.
    let vocabulary = String(decoding: try readFile(model + "/vocab.json"), as: UTF8.self)
    func write(postProcessor: String) throws {
      let text = #"""
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
         "post_processor": \#(postProcessor),
         "model": {"type": "BPE", "vocab": \#(vocabulary), "merges": []}}
        """#
      try writeDurably(Array(text.utf8), to: model + "/tokenizer.json")
    }
    try write(postProcessor: #"{"type": "ByteLevel"}"#)
    #expect(
      try beginning()
        == "no beginning of sequence (post-processor of tokenizer.json, which transformers follows; "
        + "add_bos_token in tokenizer_config.json says otherwise)")
    try write(
      postProcessor: #"""
        {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
          {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}}
        """#)
    #expect(
      try beginning() == "one beginning of sequence in front (post-processor of tokenizer.json)")
    let wrong = try eval(model, "--text", text, "--bos", "onec")
    #expect(
      wrong.status == 2 && wrong.output.contains("unknown --bos 'onec'; did you mean 'once'?"))
  }

  /// A grid may name a model by its path or its id: the cell is that of an evaluation.
  @Test func aGridNamesAModelByItsPath() throws {
    let grid = checkout.table + "/grid.json"
    let before = String(decoding: try readFile(grid), as: UTF8.self)
    let relative = "cache/zeroqat/models/fixture"
    try writeDurably(
      Array(before.replacing(#""model": "fixture""#, with: "\"model\": \"\(relative)\"").utf8),
      to: grid)
    let run = try checkout("run", ["mini", "--filter", "row=rtn column=ppl", "--render"])
    #expect(run.status == 0, "\(run.output)")
    let record = try checkout.record(at: checkout.path(row: "rtn", column: "ppl"))
    #expect(record.cell.model.path == model && record.cell.model.name == "fixture")
    let page = String(
      decoding: try readFile(checkout.results + "/table.md"), as: UTF8.self)
    #expect(page.contains("fixture (no manifest describes it)"))
    try writeDurably(
      Array(before.replacing(#""model": "fixture""#, with: #""model": "some/Model""#).utf8),
      to: grid)
    let absent = try checkout("run", ["mini"])
    #expect(absent.status == 2)
    #expect(absent.output.hasPrefix("error: there is no file or folder 'some/Model', no model of"))
  }
}
