import Glibc
import Harness
import TestSupport
import Testing

@Suite struct PlanSpeedTests {
  /// A lab's grid: 125 rows, two columns, four seeds, and full precision.
  private static let grid: String = {
    let keys = (0..<125).map { "r\($0)" }
    let rows = keys.enumerated().map { index, key in
      #"{ "key": "\#(key)", "label": "\#(key)", "method": "odd", "options": { "x": \#(index) } }"#
    }
    let seeds = keys.map { #""\#($0)": [1, 2, 3, 4]"# }
    return """
      {
        "schema": 1, "table": "sample", "title": "A sample",
        "rows": [
          { "key": "fp", "label": "FP", "method": "full-precision" },
          \(rows.joined(separator: ",\n"))
        ],
        "columns": [
          { "key": "ppl-w8a8", "label": "W8A8", "metric": "perplexity", "bits": "W8A8" },
          { "key": "ppl-w4a4", "label": "W4A4", "metric": "perplexity", "bits": "W4A4" }
        ],
        "scales": {
          "small": {
            "model": "toy", "protocols": ["verse-8"], "seed": 1, "testWindows": 2,
            "seeds": { \(seeds.joined(separator: ", ")) }
          }
        }
      }
      """
  }()

  /// By this thread's own time, as others may keep the machine busy.
  @Test func aThousandCellsArePlannedInASecond() throws {
    let fixture = Fixture(try SampleCheckout(grid: Self.grid))
    var (before, after) = (timespec(), timespec())
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
    let plan = try fixture.plan()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
    let seconds =
      Double(after.tv_sec - before.tv_sec) + Double(after.tv_nsec - before.tv_nsec) * 1e-9
    #expect(plan.toRun == 1001)
    #expect(seconds < 1, "\(seconds) s")
  }
}
