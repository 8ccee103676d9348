import Digests
import Glibc
import Optimizers
import TestSupport
import Testing

@Suite("The replay log")
struct ReplayLogTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("replay.log") }
  private let binding = "cell 0123456789abcdef, model 77"

  init() throws { folder = try TemporaryFolder() }

  private func probe(_ step: Int, _ direction: Int = 0) -> Probe {
    var random = SplitMix64(seed: UInt64(step * 7 + direction + 1))
    let (plus, minus) = (Double(random.uniform()) * 9, Double(random.uniform()) * 9)
    return Probe(
      step: step, direction: direction, plus: plus, minus: minus,
      projectedGradient: (plus - minus) / 0.002, isClipped: random.next() % 2 == 0)
  }

  /// Two whole steps of three directions, an evaluation between them, and two thirds of a step.
  private var probes: [Probe] {
    (0..<8).map { probe($0 / 3, $0 % 3) }
  }
  private let evaluation = ReplayLog.Evaluation(
    step: 1, development: [3.25, .infinity], test: [0.1, 0.2, -0.0])

  /// The file's bytes after writing them, and its length after every frame.
  private func written() throws -> (bytes: [UInt8], ends: [Int]) {
    unlink(path)
    var ends: [Int] = []
    func note() throws { ends.append(try TemporaryFolder.bytes(of: path).count) }
    do {
      let log = try ReplayLog(path: path, binding: binding)
      try note()
      for (index, probe) in probes.enumerated() {
        if index == 3 {
          try log.append(evaluation)
          try note()
        }
        try log.append(probe)
        try note()
      }
      #expect(log.probes == probes && log.evaluations == [evaluation])
    }
    return (try TemporaryFolder.bytes(of: path), ends)
  }

  @Test("What was written is read, bit for bit, and goes on")
  func roundTrip() throws {
    _ = try written()
    for round in 0..<3 {
      let log = try ReplayLog(path: path, binding: binding)
      #expect(log.discardedBytes == 0 && log.evaluations == [evaluation])
      #expect(log.probes == probes + (0..<round).map { probe(10 + $0) })
      #expect(log.probes.map(\.plus.bitPattern).starts(with: probes.map(\.plus.bitPattern)))
      try log.append(probe(10 + round))
    }
  }

  @Test("The layout is as documented: length, kind, payload, CRC, little-endian")
  func layout() throws {
    let (bytes, ends) = try written()
    let header = Array(binding.utf8)
    #expect(ends[0] == header.count + 12)
    #expect(Array(bytes[0..<8]) == [UInt8(header.count), 0, 0, 0, 1, 0, 0, 0])
    #expect(Array(bytes[8..<8 + header.count]) == header)
    let crc = crc32(Array(bytes[0..<8 + header.count]))
    #expect(
      Array(bytes[8 + header.count..<ends[0]])
        == (0..<4).map { UInt8(truncatingIfNeeded: crc >> UInt32(8 * $0)) })
    #expect(ends[1] - ends[0] == 36 + 12)
    #expect(Array(bytes[ends[0]..<ends[0] + 8]) == [36, 0, 0, 0, 2, 0, 0, 0])
    #expect(ends[4] - ends[3] == 12 + 5 * 8 + 12)
  }

  @Test("Cut off at any byte, it resumes after the last whole frame and can be written on")
  func truncation() throws {
    let (bytes, ends) = try written()
    var refound = 0
    for length in 0...bytes.count {
      try folder.write(Array(bytes[0..<length]), to: "replay.log")
      let whole = ends.count { $0 <= length }
      let kept = max(0, whole - (whole >= 5 ? 2 : 1))
      do {
        let log = try ReplayLog(path: path, binding: binding)
        #expect(log.probes == Array(probes.prefix(kept)), "at \(length)")
        #expect(log.evaluations == (whole >= 5 ? [evaluation] : []), "at \(length)")
        #expect(log.discardedBytes == length - (ends.last { $0 <= length } ?? 0))
        #expect(log.keepWholeSteps(of: 3) == Array(probes.prefix(kept / 3 * 3)))
        try log.append(probe(40))
      }
      let again = try ReplayLog(path: path, binding: binding)
      #expect(again.probes == Array(probes.prefix(kept)) + [probe(40)], "at \(length)")
      #expect(again.discardedBytes == 0)
      refound += kept
    }
    #expect(refound > 8 * 48)
  }

  @Test("No flipped bit is ever read as a probe: what is kept is a prefix of what was written")
  func bitFlips() throws {
    let (bytes, ends) = try written()
    var random = SplitMix64(seed: 11)
    /// Opens the log with these bits flipped; how many probes were kept.
    func opened(_ flips: [Int], all bytes: [UInt8]) throws -> Int {
      var changed = bytes
      for bit in flips { changed[bit / 8] ^= 1 << UInt8(bit % 8) }
      try folder.write(changed, to: "replay.log")
      let log = try ReplayLog(path: path, binding: binding)
      #expect(log.probes == Array(probes.prefix(log.probes.count)), "\(flips)")
      #expect(log.evaluations.allSatisfy { $0 == evaluation })
      return log.probes.count
    }
    // Every single bit.
    for bit in 0..<bytes.count * 8 {
      let frame = ends.firstIndex { bit / 8 < $0 } ?? ends.count
      let before = max(0, frame - (frame >= 5 ? 2 : 1))
      #expect(try opened([bit], all: bytes) == before, "bit \(bit)")
    }
    // Some at once, anywhere.
    for _ in 0..<500 {
      let flips = (0..<Int(random.next() % 6 + 2)).map { _ in
        Int(random.next() % UInt64(bytes.count * 8))
      }
      if Set(flips).count == flips.count { #expect(try opened(flips, all: bytes) < 8) }
    }
  }

  @Test("Lengths and counts beyond the file, with a sound CRC, end the log and don't crash it")
  func hostileFrames() throws {
    let (bytes, _) = try written()
    func frame(_ length: UInt32, _ kind: UInt32, _ payload: [UInt8]) -> [UInt8] {
      func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
      }
      let body = word(length) + word(kind) + payload
      return body + word(crc32(body))
    }
    let huge = [UInt8](repeating: 0xff, count: 12)
    for evil in [
      frame(12, 3, huge), frame(0, 2, []), frame(35, 2, [UInt8](repeating: 0, count: 35)),
      frame(4, 9, [1, 2, 3, 4]), frame(UInt32.max, 2, []), frame(0, 3, []),
      frame(2, 1, [65, 66]),
    ] {
      try folder.write(bytes + evil, to: "replay.log")
      let log = try ReplayLog(path: path, binding: binding)
      #expect(log.probes == probes && log.discardedBytes == evil.count)
    }
  }

  @Test("The log of another run is refused, and left as it is")
  func otherRun() throws {
    let (bytes, _) = try written()
    let error = #expect(throws: ReplayLogError.self) {
      try ReplayLog(path: path, binding: "cell ffff, model 77")
    }
    #expect(
      error?.description
        == "\(path): the replay log belongs to another run; "
        + "expected cell ffff, model 77, found cell 0123456789abcdef, model 77")
    #expect(try TemporaryFolder.bytes(of: path) == bytes)
  }

  @Test("A refused log's descriptor is closed once, and not under somebody else's file")
  func descriptors() throws {
    _ = try written()
    func openFiles() -> Int { TemporaryFolder.names(in: "/proc/self/fd").count }
    let before = openFiles()
    for _ in 0..<300 {
      #expect(throws: ReplayLogError.self) { try ReplayLog(path: path, binding: "other") }
    }
    // Other tests run beside this one; a leak would be 300.
    #expect(openFiles() < before + 100)
  }

  @Test("A log that can't be opened says so")
  func unopened() {
    let path = folder.path("absent/replay.log")
    let error = #expect(throws: ReplayLogError.self) {
      try ReplayLog(path: path, binding: binding)
    }
    #expect(
      error?.description == "\(path): can't open the replay log: No such file or directory")
  }

  @Test("Steps cut short, once or more, are overruled by their repetition")
  func wholeSteps() throws {
    let order = [
      (0, 0), (0, 1), (0, 2), (1, 0), (1, 0), (1, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1),
    ]
    let log = try ReplayLog(path: path, binding: binding)
    var kept: [Probe] = []
    for (index, place) in order.enumerated() {
      var probe = probe(place.0, place.1)
      probe.plus = Double(index)
      try log.append(probe)
      if [0, 1, 2, 6, 7, 8].contains(index) { kept.append(probe) }
    }
    #expect(log.keepWholeSteps(of: 3) == kept)
    #expect(log.probes.count == order.count)
  }
}
