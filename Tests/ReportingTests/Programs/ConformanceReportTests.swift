import Reporting
import Testing

@Suite("Reports on conformance")
struct ConformanceReportTests {
  private let report = ConformanceReport(
    program: "awk-rtn 1.0", scenarios: 1,
    rows: [("again", "passed", "1.5 s, 9 MiB"), ("opt", "fault", "line 1: 'a|b'")])

  @Test func plain() {
    #expect(
      report.plain == """
        awk-rtn 1.0: scenarios of version 1
        again  passed  1.5 s, 9 MiB
        opt    fault   line 1: 'a|b'
        1 passed, 1 fault

        """)
  }

  @Test func markdown() {
    #expect(
      report.markdown == """
        # awk-rtn 1.0: scenarios of version 1

        | Scenario | Verdict | What was found |
        | :-- | :-- | :-- |
        | again | passed | 1.5 s, 9 MiB |
        | opt | fault | line 1: 'a\\|b' |

        1 passed, 1 fault.

        """)
  }
}
