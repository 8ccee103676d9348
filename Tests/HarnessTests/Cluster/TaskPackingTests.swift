import Harness
import Records
import TestSupport
import Testing

@Suite struct TaskPackingTests {
  @Test(arguments: [(1.0, nil, 5), (2, nil, 5), (30, nil, 60), (700, nil, 1440), (700, 720.0, 720)])
  func minutesAreRoundedUpToFewSteps(expected: Double, limit: Double?, asked: Int) {
    #expect(TaskRequest.minutes(for: expected, limit: limit) == asked)
  }

  @Test(arguments: [
    (100.0, nil, 1024), (400, nil, 2048), (20_000, nil, 32768), (20_000, 30_000.0, 30_000),
  ])
  func memoryIsRoundedUpToFewSteps(expected: Double, limit: Double?, asked: Int) {
    #expect(TaskRequest.mebibytes(for: expected, limit: limit) == asked)
  }

  private func items(_ fixture: Fixture, minutes: Double?) throws -> [TaskPacking.Item] {
    try fixture.plan().entries.filter(\.willRun).map { entry in
      var entry = entry
      entry.minutes = minutes
      return TaskPacking.Item(entry: entry)
    }
  }

  private func counts(_ groups: [TaskPacking.Group]) -> [[Int]] {
    groups.map { $0.tasks.map(\.entries.count) }
  }

  @Test func shortCellsFillATaskAndLongOnesHaveTheirOwn() throws {
    let fixture = Fixture(try SampleCheckout())
    let packing = TaskPacking(ClusterProfile(), threads: 2, sharing: [])
    #expect(counts(packing.groups(of: try items(fixture, minutes: 2))) == [[5]])
    #expect(counts(packing.groups(of: try items(fixture, minutes: 12))) == [[2, 2], [1]])
    let long = packing.groups(of: try items(fixture, minutes: 40))
    #expect(counts(long) == [[1, 1, 1, 1, 1]])
    #expect(
      long[0].request
        == TaskRequest(minutes: 120, mebibytes: 1024, threads: 2, isExclusive: false))
    // Nobody knows: an hour each.
    #expect(counts(packing.groups(of: try items(fixture, minutes: nil))) == [[1, 1, 1, 1, 1]])
  }

  @Test func cellsOfOneTrainingAreOneTaskHoweverLong() throws {
    let fixture = Fixture(try SampleCheckout())
    let packing = TaskPacking(ClusterProfile(), threads: 1, sharing: ["rtn", "odd"])
    let groups = packing.groups(of: try items(fixture, minutes: 40))
    #expect(counts(groups) == [[1], [4]])
    #expect(groups[1].request.minutes == 480)
  }

  @Test func whatNeedsMoreMemoryOrMustWaitIsAnotherArray() throws {
    let fixture = Fixture(try SampleCheckout())
    var items = try items(fixture, minutes: 1)
    items[1].mebibytes = 5000
    items[2].after = [1]
    let groups = TaskPacking(ClusterProfile(), threads: 1, sharing: []).groups(of: items)
    #expect(counts(groups) == [[3], [1], [1]])
    #expect(groups.map(\.request.mebibytes) == [1024, 8192, 1024])
    #expect(groups.map(\.after) == [[], [], [1]])
  }
}
