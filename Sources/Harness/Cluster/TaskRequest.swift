/// What a task asks a scheduler for; tasks that ask for the same are one array.
package struct TaskRequest: Hashable, Sendable, Codable {
  /// Minutes after which the scheduler ends it.
  package var minutes: Int
  /// Memory, MiB.
  package var mebibytes: Int
  /// Processors.
  package var threads: Int
  /// Whether nothing else may run on its machine: a table prints its times.
  package var isExclusive: Bool

  /// Minutes that are asked for: few steps, so that many tasks share an array and a scheduler can fill gaps.
  private static let minuteSteps = [
    5, 10, 20, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 7200, 10080, 20160, 43200,
  ]

  /// GiB that are asked for.
  private static let gibibyteSteps = [
    1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  ]

  /// A request from its parts.
  package init(minutes: Int, mebibytes: Int, threads: Int, isExclusive: Bool) {
    self.minutes = minutes
    self.mebibytes = mebibytes
    self.threads = threads
    self.isExclusive = isExclusive
  }

  /// Minutes to ask for where a task should take so many: half as much again and two, as another machine may be slower.
  ///
  /// Past the limit the limit is asked for: what isn't finished by then goes on in the next task.
  package static func minutes(for expected: Double, limit: Double?) -> Int {
    let wanted = min(expected * 1.5 + 2, 43200)
    let step = minuteSteps.first { Double($0) >= wanted } ?? 43200
    return limit.map { min(step, Int($0)) } ?? step
  }

  /// MiB to ask for where a cell should need so many at most.
  ///
  /// A quarter more, and what a worker leaves to others (``MachineMemory``) besides this program itself, so that the
  /// worker doesn't think itself too large where the scheduler holds it to what was asked for.
  package static func mebibytes(for expected: Double, limit: Double?) -> Int {
    let wanted = min(expected * 1.25 + 640, 2048 * 1024)
    let step = gibibyteSteps.first { Double($0 * 1024) >= wanted } ?? 2048
    return limit.map { min(step * 1024, Int($0)) } ?? step * 1024
  }
}
