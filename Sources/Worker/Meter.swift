import Glibc
import MethodKit
import Records
import System
import Tensors

/// Measures a worker: wall-clock and peak memory of each phase, from the kernel's own counters.
///
/// The high-water mark of resident memory (VmHWM) is reset when a phase begins, where the kernel permits
/// it, so that a peak belongs to its phase; the process's peak is the largest of them.
final class Meter {
  private struct Reading {
    var seconds = 0.0
    var peakBytes: Int?
  }

  private let start = monotonicSeconds()
  private var order: [String] = []
  private var readings: [String: Reading] = [:]
  private var stack: [String] = []
  private var largest = 0
  private var canReset = true
  private var updates: [Double] = []

  /// The phase that is running now.
  var current: String? { stack.last }

  /// Runs `body` as part of phase `name`; phases may nest, and time belongs to the innermost.
  func during<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    if readings[name] == nil {
      order.append(name)
      readings[name] = Reading()
    }
    let outer = stack.last
    endStretch(of: outer)
    stack.append(name)
    stretchStart = monotonicSeconds()
    let before = readings[name]?.seconds ?? 0
    var isDone = false
    defer {
      endStretch(of: name)
      stack.removeLast()
      // A stretch of training is one update: so its callers cut it. One that threw is none.
      if isDone, name == Self.training, let reading = readings[name] {
        updates.append(reading.seconds - before)
      }
      stretchStart = monotonicSeconds()
    }
    let result = try body()
    isDone = true
    return result
  }

  private static let training = RunPhase.train.rawValue
  private var stretchStart = monotonicSeconds()

  /// Books time and peak since the last border to `name`, and resets the peak.
  private func endStretch(of name: String?) {
    let peak = ProcessMemory.now()?.highWaterBytes
    largest = max(largest, peak ?? 0)
    if let name, var reading = readings[name] {
      reading.seconds += monotonicSeconds() - stretchStart
      if canReset, let peak { reading.peakBytes = max(reading.peakBytes ?? 0, peak) }
      readings[name] = reading
    }
    if canReset { canReset = ProcessMemory.resetHighWater() }
  }

  /// What the updates of training cost, those left out that were only replayed.
  ///
  /// - Parameter replayed: How many of the first updates were.
  /// - Returns: Seconds of the others, how long each took, and the most that was resident, bytes.
  func training(after replayed: Int) -> (seconds: Double, updates: UpdateTimes?, peakBytes: Int?) {
    let own = updates.dropFirst(replayed)
    return (
      own.reduce(0, +), UpdateTimes(Array(own)), readings[Self.training]?.peakBytes
    )
  }

  /// Everything measured up to now.
  ///
  /// - Parameters:
  ///   - threads: Threads of the worker.
  ///   - resumes: 1 where an interrupted run was gone on with.
  ///   - shared: The training that another cell did: what it cost there is added, and what replaying it cost
  ///     here is taken off.
  ///   - estimate: The memory that was foreseen.
  /// - Returns: The measurement.
  func measurement(
    threads: Int, resumes: Int, shared: KeptTraining? = nil, estimate: MemoryEstimate? = nil
  ) -> Measurement {
    var result = ownMeasurement(threads: threads, resumes: resumes, estimate: estimate)
    guard let shared else { return result }
    let taken = min(shared.steps, updates.count)
    let cost = shared.seconds.map { $0 * Double(taken) / Double(shared.steps) }
    result.shared = SharedTraining(
      stage: shared.key, madeBy: shared.madeBy, steps: taken, seconds: cost)
    result.updates = updates.count > taken ? training(after: taken).updates : shared.updates
    guard let cost else { return result }
    let difference = cost - updates.prefix(taken).reduce(0, +)
    result.wallSeconds += difference
    let peak = shared.peakResidentBytes ?? 0
    result.peakResidentBytes = max(result.peakResidentBytes, peak)
    for index in result.phases.indices where result.phases[index].name == Self.training {
      result.phases[index].wallSeconds += difference
      if let own = result.phases[index].peakResidentBytes {
        result.phases[index].peakResidentBytes = max(own, peak)
      }
    }
    return result
  }

  private func ownMeasurement(threads: Int, resumes: Int, estimate: MemoryEstimate?) -> Measurement
  {
    endStretch(of: nil)
    let memory = ProcessMemory.now()
    let machine = Machine.this
    return Measurement(
      phases: order.map { name in
        Phase(
          name: name, wallSeconds: readings[name]?.seconds ?? 0,
          peakResidentBytes: readings[name]?.peakBytes)
      },
      wallSeconds: monotonicSeconds() - start,
      // Replaying an interrupted run's probes takes no forward passes: such times mean nothing.
      updates: resumes == 0 ? UpdateTimes(updates) : nil,
      peakResidentBytes: max(largest, memory?.highWaterBytes ?? 0),
      anonymousBytes: memory?.anonymousBytes ?? 0, fileBytes: memory?.fileBytes ?? 0,
      peakLiveTensorBytes: LiveBytes.peak, analyticBytes: estimate?.bytes,
      analyticTensorBytes: estimate?.tensorBytes,
      analyticParts: estimate?.parts.map { NamedNumber($0.name, Double($0.bytes), unit: "bytes") },
      threads: threads, blasCore: BLAS.coreName,
      processor: machine.processor, processors: machine.processors,
      operatingSystem: machine.operatingSystem, compiler: machine.compiler, resumes: resumes)
  }
}

/// Resident memory of this process by the kernel's account.
struct ProcessMemory {
  /// VmHWM.
  let highWaterBytes: Int
  /// RssAnon.
  let anonymousBytes: Int
  /// RssFile and RssShmem.
  let fileBytes: Int

  /// Reads `/proc/self/status`; nil where there is none.
  static func now() -> ProcessMemory? {
    guard let text = smallFile("/proc/self/status") else { return nil }
    var values: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
      if fields.count == 3, fields[2] == "kB", let kibibytes = Int(fields[1]) {
        values[fields[0]] = kibibytes * 1024
      }
    }
    guard let highWater = values["VmHWM"] else { return nil }
    return ProcessMemory(
      highWaterBytes: highWater, anonymousBytes: values["RssAnon"] ?? 0,
      fileBytes: (values["RssFile"] ?? 0) + (values["RssShmem"] ?? 0))
  }

  /// Gives the kernel back what was freed, so that it isn't resident any more.
  ///
  /// glibc keeps the memory of freed arrays of up to 32 MiB for later ones: after a text is tokenised, several
  /// megabytes that nothing asks for again.
  ///
  /// > Source: Linux man-pages, malloc_trim(3) and mallopt(3), M_MMAP_THRESHOLD.
  static func giveBackFreed() {
    // Swift's Glibc module leaves malloc.h out, and other C libraries have no such function.
    guard let function = dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (_ padding: Int) -> Int32
    _ = unsafeBitCast(function, to: Trim.self)(0)
  }

  /// Sets the high-water mark to what is resident now.
  ///
  /// > Source: Linux, Documentation/filesystems/proc.rst: writing 5 to `clear_refs`.
  static func resetHighWater() -> Bool {
    do {
      try OpenFile("/proc/self/clear_refs", for: .commanding).write(Array("5".utf8))
      return true
    } catch { return false }
  }
}
