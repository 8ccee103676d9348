import Glibc
import Records
import TestSupport
import Testing

/// `zeroqat cell` as a process: what it leaves when it is killed, starved of a record, or told to die.
@Suite("A cell's own process", .serialized)
struct CellProcessTests {
  private let program: CellProgram

  init() throws { program = try CellProgram() }

  /// Forty steps of two directions with five checkpoints: a fraction of a second.
  private static func training(_ others: String = "") -> String {
    """
    { "steps": 40, "learningRate": 1e-3, "epsilon": 1e-3, "batchWindows": 2, "directions": 2,
      "checkpointEvery": 10, "calibrationWindows": 4\(others) }
    """
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    var (start, end) = (timespec(), timespec())
    clock_gettime(CLOCK_MONOTONIC, &start)
    try body()
    clock_gettime(CLOCK_MONOTONIC, &end)
    return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
  }

  @Test(
    "Killed at twenty random points and resumed each time, it leaves the same record",
    arguments: [
      ("zeroqat", ""), ("zeroqat", #", "learn": "weights+quantizer""#), ("zeroqat-light", ""),
      ("quzo", ""), ("qzo", ""),
    ])
  func kills(method: String, others: String) throws {
    let settings = CellFixture.Settings(method, Self.training(others))
    try program.prepare(settings)
    var ending: Int32 = -1
    let whole = try seconds { ending = try program.run(threads: 2) }
    #expect(ending == 0)
    let expected = try program.comparable()
    #expect(try program.record().status == .finished)
    let log = program.fixture.folder.path("work/replay.log")
    let length = try TemporaryFolder.bytes(of: log).count
    var random = SplitMix64(seed: 20)
    var (kills, cut, rounds) = (0, Set<Int>(), 0)
    // A round starts afresh and is killed until it gets through.
    while kills < 20, rounds < 40 {
      try program.prepare(settings)
      rounds += 1
      var inRound = 0
      while inRound < 6 {
        let delay = UInt32(whole * Double(random.uniform()) * 1e6)
        guard try program.run(threads: 2, killAfter: delay) == -SIGKILL else { break }
        kills += 1
        inRound += 1
        if let bytes = try? TemporaryFolder.bytes(of: log) { cut.insert(bytes.count) }
      }
      if !program.hasRecord { #expect(try program.run(threads: 2) == 0) }
      #expect(try program.comparable() == expected, "after \(inRound) kills of round \(rounds)")
      #expect(try TemporaryFolder.bytes(of: log).count >= length)
    }
    #expect(kills >= 20)
    // The kills came at different points, some of them in the middle of training.
    #expect(cut.count { $0 > 100 && $0 < length } >= 3, "\(cut.sorted()) of \(length)")
  }

  @Test("A log cut off at any frame, or within one, is resumed to the same record")
  func cutLogs() throws {
    let options = """
      { "steps": 4, "learningRate": 1e-3, "epsilon": 1e-3, "directions": 2, "checkpointEvery": 2,
        "calibrationWindows": 2 }
      """
    let settings = CellFixture.Settings("zeroqat", options)
    try program.prepare(settings)
    #expect(try program.run() == 0)
    let expected = try program.comparable()
    let whole = try TemporaryFolder.bytes(of: program.fixture.folder.path("work/replay.log"))
    for length in stride(from: 0, to: whole.count, by: 29) {
      try program.fixture.folder.write(Array(whole.prefix(length)), to: "work/replay.log")
      #expect(try program.run() == 0)
      #expect(try program.comparable() == expected, "cut at \(length)")
    }
  }

  @Test("One to four threads leave the same record, byte for byte but for the measurement")
  func threads() throws {
    for (method, options) in [
      ("zeroqat", Self.training()), ("zeroqat-light", Self.training()), ("smoothquant", "{}"),
    ] {
      var texts: Set<String> = []
      for threads in 1...4 {
        try program.prepare(CellFixture.Settings(method, options))
        #expect(try program.run(threads: threads) == 0)
        texts.insert(try program.comparable())
        #expect(try program.record().measurement?.threads == threads)
      }
      #expect(texts.count == 1, "\(method)")
    }
  }

  @Test("A ballast of 64 MiB that lasts 5 ms is in the peak, and in the right phase")
  func ballast() throws {
    func peak(_ options: String) throws -> Measurement {
      try program.prepare(CellFixture.Settings("dummy", options))
      #expect(try program.run() == 0)
      return try #require(try program.record().measurement)
    }
    let without = try peak("{}")
    let with = try peak(#"{ "ballastBytes": 67108864, "ballastMilliseconds": 5 }"#)
    let words =
      "\(without.peakResidentBytes) without, \(with.peakResidentBytes) with: \(with.phases)"
    // Without it the peak is the evaluation's, just above the quantization's by under a megabyte; code that
    // AddressSanitizer watches takes more there.
    if getenv("ASAN_OPTIONS") == nil {
      #expect(with.peakResidentBytes - without.peakResidentBytes >= 62 << 20, "\(words)")
    }
    // The ballast and the batch that is scored later aren't there at the same time.
    #expect(with.peakLiveTensorBytes >= 64 << 20 && without.peakLiveTensorBytes < 8 << 20)
    func phase(_ name: String, _ measurement: Measurement) -> Int? {
      measurement.phases.first { $0.name == name }?.peakResidentBytes
    }
    // Where the kernel lets the mark be reset, other phases don't show it.
    if let before = phase("quantize", without), let loaded = phase("load", with),
      let quantized = phase("quantize", with),
      let evaluated = phase("evaluate", with)
    {
      #expect(quantized == with.peakResidentBytes, "\(words)")
      #expect(quantized - before >= 63 << 20, "\(words)")
      #expect(quantized - loaded >= 60 << 20, "\(words)")
      #expect(quantized - evaluated >= 60 << 20, "\(words)")
    }
  }

  @Test("The order of cells moves no peak by more than 1 %")
  func order() throws {
    // Large enough that 1 % is more than what the pages of threads and libraries vary by.
    let ballasts = [64, 96, 160].map { $0 << 20 }
    func peaks(_ ballasts: [Int]) throws -> [Int: Int] {
      var peaks: [Int: Int] = [:]
      for bytes in ballasts {
        let options = #"{ "ballastBytes": \#(bytes), "ballastMilliseconds": 5 }"#
        try program.prepare(CellFixture.Settings("dummy", options))
        #expect(try program.run() == 0)
        peaks[bytes] = try #require(try program.record().measurement).peakResidentBytes
      }
      return peaks
    }
    let (forward, backward) = (try peaks(ballasts), try peaks(ballasts.reversed()))
    for (ballast, bytes) in forward {
      let other = try #require(backward[ballast])
      #expect(abs(other - bytes) <= bytes / 100, "\(ballast): \(bytes) and \(other) bytes")
      #expect(bytes > ballast && bytes < ballast + 64 << 20)
    }
  }

  @Test("A crash leaves no record and ends by its signal; a failure is a record and status 0")
  func crashAndFailure() throws {
    try program.prepare(CellFixture.Settings("dummy", #"{ "crash": true }"#))
    #expect(try program.run() == -SIGKILL)
    #expect(!program.hasRecord)
    try program.prepare(CellFixture.Settings("dummy", #"{ "failure": "as told" }"#))
    #expect(try program.run() == 0)
    let record = try program.record()
    #expect(record.status == .failed && record.reason == "method 'dummy': as told")
  }

  @Test("The wrong kernels of OpenBLAS are refused, the right ones taken")
  func core() throws {
    var settings = CellFixture.Settings("rtn")
    settings.blasCore = "Nehalem"
    try program.prepare(settings)
    #expect(try program.run(variables: ["OPENBLAS_CORETYPE=Haswell"]) == 0)
    let refused = try program.record()
    #expect(refused.status == .failed)
    #expect(
      refused.reason
        == "the cell is for OpenBLAS's Nehalem kernels, but Haswell is in use; "
        + "OPENBLAS_CORETYPE=Nehalem must be set before the program starts")
    try program.prepare(settings)
    #expect(try program.run(variables: ["OPENBLAS_CORETYPE=Nehalem"]) == 0)
    #expect(try program.record().status == .finished)
    #expect(try program.record().measurement?.blasCore == "Nehalem")
  }

  @Test("A cell of version 1, with one digest of the science, still runs")
  func olderCell() throws {
    try program.prepare(CellFixture.Settings("rtn"))
    let path = program.fixture.folder.path("cell.json")
    let text = String(decoding: try TemporaryFolder.bytes(of: path), as: UTF8.self)
    let science = /"science": \{[^}]*\}/
    #expect(text.contains(science) && text.contains("\"schema\": 2"))
    try program.fixture.folder.write(
      text.replacing(science, with: "\"scienceDigest\": \"\(String(repeating: "0", count: 64))\"")
        .replacing("\"schema\": 2", with: "\"schema\": 1"), to: "cell.json")
    #expect(try program.run() == 0)
    #expect(try program.record().status == .finished)
  }

  @Test("A cell that can't be read is wrong use: status 2, file and place, no record")
  func unreadable() throws {
    try program.prepare(CellFixture.Settings("rtn"))
    let path = program.fixture.folder.path("cell.json")
    let text = String(decoding: try TemporaryFolder.bytes(of: path), as: UTF8.self)
    for (old, new, words) in [
      ("\"schema\": 2", "\"schema\": 3", "schema 3 isn't supported"),
      ("\"W4A4\"", "\"FP\"", "contradictory bits"),
      (
        "\"seed\": 1, \"blasCore\"", "\"sead\": 1, \"blasCore\"",
        "missing required member 'seed'; there is 'sead'"
      ),
      ("\"bos\": \"none\"", "\"bos\": \"twice\"", "unknown value 'twice'; known: 'none', 'once'"),
    ] {
      #expect(text.contains(old), "\(old)")
      try program.fixture.folder.write(text.replacing(old, with: new), to: "cell.json")
      #expect(try program.run() == 2)
      let errors = try program.errors()
      #expect(errors.contains(words) && errors.contains(path + ":"), "\(errors)")
      #expect(!program.hasRecord)
    }
    unlink(path)
    #expect(try program.run() == 2)
    #expect(try program.errors().contains("No such file or directory"))
  }
}
