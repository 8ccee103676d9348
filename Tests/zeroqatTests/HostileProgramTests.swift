import Checkpoints
import Glibc
import JSONText
import Records
import TestSupport
import Testing

/// External programs that do wrong, each in its way: what the record says of them, and what is left of them.
@Suite("Hostile programs", .serialized)
struct HostileProgramTests {
  private let program: CellProgram

  /// An argument of `sleep` that nobody else uses: whatever still runs with it was left behind.
  private static let mark = "98765"

  init() throws {
    program = try CellProgram()
    let folder = program.fixture.folder
    mkdir(folder.path("tmp"), 0o755)
    try folder.write(
      """
      { "schema": 1, "name": "hostile", "version": "1.0", "summary": "does wrong", "citation": "none",
        "protocol": { "from": 1, "to": 1 } }
      """, to: "hostile.json")
    // Two values a row, whatever the weights were: that fits in any bits.
    let rounded = CellFixture.tensors().filter {
      $0.name.contains(".layers.") && $0.shape.count == 2
    }
    .map { tensor in
      let columns = tensor.shape[1]
      let values = tensor.values.indices.map { index -> Float in
        let row = tensor.values[(index / columns * columns)..<((index / columns + 1) * columns)]
        let size = row.reduce(0) { $0 + abs($1) } / Float(columns)
        return tensor.values[index] < 0 ? -size : size
      }
      return (name: tensor.name, shape: tensor.shape, values: values)
    }
    try write(rounded, "good")
    var other = rounded
    other[0].shape.reverse()
    other[1].shape = [32, 16]
    try write(other, "shapes")
    other = rounded
    other[3].values[70] = .nan
    try write(other, "nan")
    try write(Array(rounded.dropLast()), "few")
    other = rounded
    other[2].name = "model.layers.0.self_attn.w_proj.weight"
    try write(other, "names")
    try write(
      CellFixture.tensors().filter { $0.name.contains(".layers.") && $0.shape.count == 2 }, "lie")
    // Tensors that bits don't hold: the embedding and a norm's gain.
    for (name, tensor, value) in [
      ("embedding-nan", "model.embed_tokens.weight", Float.nan),
      ("norm-inf", "model.norm.weight", Float.infinity),
      ("head-nan", "lm_head.weight", -Float.infinity),
      ("absurd", "model.embed_tokens.weight", Float(3e38)),
    ] {
      var extra = try #require(CellFixture.tensors().first { $0.name == tensor })
      extra.values[5] = value
      try write(rounded + [extra], name)
    }
    let whole = try TemporaryFolder.bytes(of: folder.path("good.safetensors"))
    try folder.write(Array(whole.dropLast(100)), to: "cut.safetensors")
  }

  private func write(_ tensors: [SafetensorsWriter.Tensor], _ name: String) throws {
    try SafetensorsWriter.write(tensors, to: program.fixture.folder.path("\(name).safetensors"))
  }

  /// Runs a cell whose method is this shell script; `$own` is the fixture's folder.
  private func record(_ script: String, minutes: Double = 0.5, mebibytes: Int = 256) throws
    -> RunRecord
  {
    let folder = program.fixture.folder
    let text = """
      #!/bin/sh
      own='\(folder.path)'
      hello() { echo '{"type":"hello","protocol":1,"name":"hostile","version":"1.0"}'; read -r job; }
      model() { printf %s "$job" | sed 's/.*"model":"\\([^"]*\\)".*/\\1/'; }
      result() { echo '{"type":"result","weights":"w"}'; }
      \(script)

      """
    try folder.write(text, to: "hostile")
    chmod(folder.path("hostile"), 0o755)
    // The manifest is beside it under a name of its own.
    let settings = CellFixture.Settings(
      "external",
      """
      { "program": "\(folder.path("hostile"))", "manifest": "\(folder.path("hostile.json"))",
        "mebibytes": \(mebibytes), "minutes": \(minutes) }
      """)
    try program.prepare(settings)
    let status = try program.run(
      variables: ["TMPDIR=\(folder.path("tmp"))", "PATH=/usr/bin:/bin"])
    let errors = try program.errors()
    try #require(status == 0, "\(errors)")
    return try program.record()
  }

  /// The reason without the folder's name and the random part of a run's own.
  private func reason(_ record: RunRecord) -> String {
    let folder = program.fixture.folder.path
    return (record.reason ?? "none").replacing(folder, with: "FOLDER")
      .replacing(#/zeroqat-external-\w{6}/#, with: "RUN")
  }

  /// Nothing of it runs or lies about any more.
  private func checkNothingIsLeft() {
    #expect(TemporaryFolder.names(in: program.fixture.folder.path("tmp")) == [])
    #expect(TemporaryFolder.names(in: program.fixture.folder.path).contains("escaped") == false)
    let running = TemporaryFolder.names(in: "/proc").filter { name in
      guard Int(name) != nil, let line = try? TemporaryFolder.bytes(of: "/proc/\(name)/cmdline")
      else { return false }
      return String(decoding: line, as: UTF8.self).contains(Self.mark)
    }
    #expect(running == [])
  }

  @Test("A program that does what it must is scored, and what it took is in the record")
  func good() throws {
    let record = try record(
      """
      hello; cp "$own/good.safetensors" w
      echo '{"type":"progress","done":1,"of":2}'
      echo '{"type":"fact","name":"rounds","value":2.5,"unit":"steps"}'
      echo '{"type":"remark","text":"went well"}'
      result
      """)
    #expect(record.status == .finished, "\(reason(record))")
    #expect(record.scores.map(\.split) == ["test", "development"])
    #expect(record.events == ["hostile: went well"])
    let facts = Dictionary(uniqueKeysWithValues: record.facts.map { ($0.name, $0.value) })
    #expect(facts["program: rounds"] == 2.5)
    #expect(try #require(facts["program's peak memory"]) > 1e5)
    #expect(try #require(facts["program's time"]) > 0)
    #expect(facts["fault of the program"] == nil)
    #expect(record.digests.contains { $0.name == "weights.final" })
    checkNothingIsLeft()
  }

  @Test("Weights of an absurd size are remarked on, whatever comes of their score")
  func absurd() throws {
    let record = try record(#"hello; cp "$own/absurd.safetensors" w; result"#)
    #expect(
      record.events == [
        "hostile: tensor 'model.embed_tokens.weight' came with elements as large as 3e+38, where the model's own are at "
          + "most \(Self.largestOfEmbedding): losses may overflow"
      ], "\(record.events), \(record.status), \(reason(record)), \(record.scores.map(\.value))")
    #expect(record.facts.allSatisfy { $0.name != "fault of the program" })
  }

  private static var largestOfEmbedding: Float {
    CellFixture.tensors()[0].values.reduce(0) { max($0, abs($1)) }
  }

  /// What each does, and what is said of it.
  static let faults: [(name: String, script: String, reason: String)] = [
    (
      "hangs before a word", "sleep \(mark)", "it took longer than 1.5 s, and was ended"
    ),
    (
      "hangs afterwards", "hello; echo oh >&2; sleep \(mark); result",
      "it took longer than 1.5 s, and was ended; its last words: oh"
    ),
    (
      "garbage", "echo 'Traceback (most recent call last):'",
      "line 1 of its output, column 1: expected a value, found 'Traceback'"
    ),
    ("half a line", #"printf '{"type":"hel'"#, #"its output ends within line 1: '{"type":"hel'"#),
    ("nothing", "true", "it ended without a 'hello'"),
    ("no result", "hello", "it ended without a 'result'"),
    ("a crash", "hello; echo oh no >&2; exit 7", "it ended with status 7; its last words: oh no"),
    ("a signal", "hello; kill -SEGV $$; sleep 1", "it was ended by signal 11"),
    (
      "another protocol", #"echo '{"type":"hello","protocol":2,"name":"hostile","version":"1.0"}'"#,
      "line 1 of its output: /protocol: expected 1, found 2"
    ),
    (
      "another name", #"echo '{"type":"hello","protocol":1,"name":"gptq","version":"1.0"}'"#,
      "line 1 of its output: /name: expected 'hostile' as in the manifest, found 'gptq'"
    ),
    (
      "no introduction", #"echo '{"type":"result","weights":"w"}'"#,
      "line 1 of its output: expected 'hello' first, found 'result'"
    ),
    (
      "asks for test text", #"hello; echo '{"type":"windows","split":"test"}'; read -r text"#,
      "line 2 of its output, column 9: /type: unknown message 'windows'; known: 'hello', 'progress', "
        + "'fact', 'remark', 'result', 'failure'"
    ),
    (
      "a member too many", #"hello; echo '{"type":"remark","text":"a","test":true}'"#,
      "line 2 of its output, column 29: /test: unknown member 'test'; did you mean 'text'?"
    ),
    (
      "goes on after its result", "hello; cp $own/good.safetensors w; result; result",
      "line 3 of its output: nothing follows 'result', found 'result'"
    ),
    (
      "wrong shapes", "hello; cp $own/shapes.safetensors w; result",
      "its weights: w: tensor 'model.layers.0.self_attn.k_proj.weight': expected the shape [16, 32], "
        + "found [32, 16]"
    ),
    (
      "not a number", "hello; cp $own/nan.safetensors w; result",
      "its weights: w: tensor 'model.layers.0.self_attn.o_proj.weight', element 70: expected a finite F32 that "
        + "fits in float32, found NaN"
    ),
    (
      "an embedding that is no number", "hello; cp $own/embedding-nan.safetensors w; result",
      "its weights: w: tensor 'model.embed_tokens.weight', element 5: expected a finite F32 that fits in float32, "
        + "found NaN"
    ),
    (
      "a norm without an end", "hello; cp $own/norm-inf.safetensors w; result",
      "its weights: w: tensor 'model.norm.weight', element 5: expected a finite F32 that fits in float32, found "
        + "inf"
    ),
    (
      "a head without an end", "hello; cp $own/head-nan.safetensors w; result",
      "its weights: w: tensor 'lm_head.weight', element 5: expected a finite F32 that fits in float32, found "
        + "-inf"
    ),
    (
      "lies about its bits", "hello; cp $own/lie.safetensors w; result",
      "its weights: tensor 'model.layers.0.self_attn.q_proj.weight', row 0: expected at most 16 values "
        + "in W4A4, found 32"
    ),
    (
      "lies about activations",
      #"hello; cp $own/good.safetensors w; echo '{"type":"result","weights":"w","activationBits":8}'"#,
      "line 2 of its output: /activationBits: expected 4, found 8"
    ),
    (
      "half of the weights", "hello; cp $own/few.safetensors w; result",
      "its weights: tensor 'model.layers.1.mlp.down_proj.weight' is missing; every linear of the blocks "
        + "is returned"
    ),
    (
      "other tensors", "hello; cp $own/names.safetensors w; result",
      "its weights: w: tensor 'model.layers.0.self_attn.w_proj.weight': the model has no such tensor; did "
        + "you mean 'model.layers.0.self_attn.q_proj.weight'?"
    ),
    (
      "no weights at all", "hello; result", "its result names the file 'w', and there is none"
    ),
    (
      "a pipe for weights", "hello; mkfifo w; result",
      "its result names 'w', which isn't a plain file"
    ),
    (
      "a link for weights", "hello; ln -s $own/good.safetensors w; result",
      "its result names 'w', which isn't a plain file"
    ),
    (
      "a link to elsewhere",
      #"hello; ln -s "$own" there; echo '{"type":"result","weights":"there/good.safetensors"}'"#,
      "its result names 'there/good.safetensors', which lies outside of its working folder"
    ),
    (
      "weights from elsewhere",
      #"hello; echo '{"type":"result","weights":"../../good.safetensors"}'"#,
      "line 2 of its output: /weights: expected a file below the working folder, found "
        + "'../../good.safetensors'"
    ),
    (
      "writes elsewhere", #"hello; set -e; echo x >"$own/escaped"; result"#,
      "it ended with status 2; its last words: FOLDER/hostile: 6: cannot create FOLDER/escaped: "
        + "Permission denied"
    ),
    (
      "changes the model", #"hello; set -e; echo '{}' >"$(model)/config.json"; result"#,
      "it ended with status 2; its last words: FOLDER/hostile: 6: cannot create "
        + "FOLDER/tmp/RUN/model/config.json: Permission denied"
    ),
    (
      "removes from the model", #"hello; rm "$(model)/config.json" || exit 5"#,
      "it ended with status 5; its last words: rm: cannot remove 'FOLDER/tmp/RUN/model/config.json': "
        + "Permission denied"
    ),
    (
      "signals its parent", "hello; kill -9 $PPID || exit 9; sleep \(mark)",
      "it ended with status 9; its last words: FOLDER/hostile: 6: kill: Operation not permitted"
    ),
    (
      "a line without an end", "hello; tr '\\0' x </dev/zero",
      "line 2 of its output is longer than 65536 bytes"
    ),
    (
      "endless output", #"hello; yes '{"type":"progress","done":1,"of":2}'"#,
      "it wrote more than 4 MiB to its standard output"
    ),
    (
      "ten gigabytes of complaints", "hello; yes ten gigabytes | head -c 10000000000 >&2; result",
      "it wrote more than 16 MiB to its standard error"
    ),
    (
      "endless remarks", #"hello; yes '{"type":"remark","text":"again"}'"#,
      "line 66 of its output: more than 64 lines of 'remark'"
    ),
    (
      "a child that outlives it",
      "hello; sleep \(mark) & cp $own/good.safetensors w; result",
      "it left processes running, which were ended: 'sleep'"
    ),
    (
      "a child that outlives it quietly",
      "hello; (setsid sleep \(mark) </dev/null >/dev/null 2>&1 &); cp $own/good.safetensors w; result",
      "it left processes running, which were ended: 'sleep'"
    ),
    (
      "too much memory", "hello; head -c 600000000 /dev/zero | tail -c 500000000 | wc -c",
      "it held more than 256 MiB of memory with its children, and was ended"
    ),
    (
      "too many processes", "hello; while :; do sleep \(mark) & done",
      "it had more than 256 processes at a time, and was ended"
    ),
  ]

  @Test("Each is told from the others, in bounded time, and leaves nothing", arguments: faults)
  func faulty(name: String, script: String, reason expected: String) throws {
    var (start, end) = (timespec(), timespec())
    clock_gettime(CLOCK_MONOTONIC, &start)
    let record = try record(
      script, minutes: name.hasPrefix("hangs") ? 0.025 : 0.5,
      mebibytes: name == "too many processes" ? 4096 : 256)
    clock_gettime(CLOCK_MONOTONIC, &end)
    #expect(record.status == .failed)
    #expect(reason(record) == "program 'hostile': " + expected)
    #expect(record.facts.contains { $0.name == "fault of the program" })
    #expect(end.tv_sec - start.tv_sec < 25)
    checkNothingIsLeft()
  }

  @Test("A program that says itself that it can't isn't at fault")
  func refusal() throws {
    let record = try record(#"hello; echo '{"type":"failure","reason":"only OPT"}'"#)
    #expect(reason(record) == "program 'hostile': it refused: only OPT")
    #expect(record.facts.contains { $0.name == "refused by the program" })
    #expect(!record.facts.contains { $0.name == "fault of the program" })
  }

  @Test("It reaches no network but its own loopback")
  func network() throws {
    let record = try record(
      #"""
      hello; cp "$own/good.safetensors" w
      others=$(grep : /proc/net/dev | grep -vc '^ *lo:')
      echo "{\"type\":\"fact\",\"name\":\"networks\",\"value\":$others,\"unit\":\"\"}"
      result
      """#)
    #expect(record.facts.first { $0.name == "program: networks" }?.value == 0, "\(reason(record))")
  }

  @Test("Killed in the middle, the cell leaves nothing that runs")
  func killed() throws {
    let folder = program.fixture.folder
    try folder.write(
      "#!/bin/sh\necho '{\"type\":\"hello\",\"protocol\":1,\"name\":\"hostile\",\"version\":\"1.0\"}'\n"
        + "setsid sleep \(Self.mark) &\nsleep \(Self.mark)\n", to: "hostile")
    chmod(folder.path("hostile"), 0o755)
    let settings = CellFixture.Settings(
      "external",
      #"{ "program": "\#(folder.path("hostile"))", "manifest": "\#(folder.path("hostile.json"))" }"#
    )
    try program.prepare(settings)
    let ending = try program.run(
      killAfter: 1_500_000, variables: ["TMPDIR=\(folder.path("tmp"))", "PATH=/usr/bin:/bin"])
    #expect(ending == -SIGKILL)
    // The keeper hears of it from the kernel, and needs a moment.
    usleep(1_500_000)
    checkNothingIsLeft()
  }

  @Test("No other cell is harmed: a method's record is the same before and after")
  func others() throws {
    try program.prepare(CellFixture.Settings("rtn"))
    #expect(try program.run() == 0)
    let before = try program.comparable()
    _ = try record(
      #"hello; rm -rf "$own/work" "$own/model" "$own/text.txt"; kill -9 $PPID; exit 1"#)
    try program.prepare(CellFixture.Settings("rtn"))
    #expect(try program.run() == 0)
    #expect(try program.comparable() == before)
  }
}
