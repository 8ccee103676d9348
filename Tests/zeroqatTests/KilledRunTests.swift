import Glibc
import Harness
import Records
import System
import TestSupport
import Testing

/// Runs of several cells at a time that are killed at any moment.
@Suite("A run of two cells at a time, killed two hundred times", .serialized)
struct KilledRunTests {
  @Test("No record is damaged, none is lost, and nothing that has one runs again")
  func losesNothing() throws {
    let program = try BuiltProgram()
    let store = ResultStore(results: program.sample.results, table: "sample", scale: .tiny)
    var generator = SystemRandomNumberGenerator()
    var (kills, finishedCells) = (0, 0)
    var finished: Set<String> = []
    while kills < 200 {
      let before = program.sample.runs().count
      // Most of that time is the program's own start; workers live for some hundredths of a second.
      let moment = monotonicSeconds() + Double.random(in: 0...0.25, using: &generator)
      let (status, output) = try program(
        program.run + ["--jobs", "2"],
        interruption: { monotonicSeconds() < moment ? (0, 0) : (1, SIGKILL) })
      #expect(status == -SIGKILL || status == 0, "\(output)")
      if status == -SIGKILL { kills += 1 }
      let started = program.sample.runs().dropFirst(before).compactMap { line in
        line.split(separator: "/").last { $0.hasSuffix(".work") }.map { String($0.dropLast(5)) }
      }
      #expect(finished.isDisjoint(with: started), "a cell with a record ran again")
      var now: Set<String> = []
      for name in try records(in: store.folder) {
        let entry = store.entry(String(name.dropLast(5)))
        guard case .record(let record) = entry else {
          Issue.record("after \(kills) kills \(name) is no record: \(entry)")
          continue
        }
        if record.status == .finished { now.insert(record.cell.id) }
      }
      #expect(finished.isSubset(of: now), "a finished record is gone")
      finished = now
      guard status == 0 else { continue }
      // A whole table: begin again.
      #expect(finished.count == 5)
      finishedCells += finished.count
      finished = []
      try removeTree(program.sample.results)
    }
    #expect(finishedCells > 0, "no run ever came to its end, so that nothing was shown")
  }

  private func records(in folder: String) throws -> [String] {
    guard FileStatus(of: folder) != nil else { return [] }
    return try listFolder(folder).filter { $0.hasSuffix(".json") }
  }
}
