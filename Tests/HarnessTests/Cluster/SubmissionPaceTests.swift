import Harness
import Testing

@Suite struct SubmissionPaceTests {
  @Test func tenInAnyMinute() {
    var pace = SubmissionPace([])
    for second in 0..<10 {
      #expect(pace.allows(at: 1000 + Double(second)))
      pace.note(at: 1000 + Double(second))
    }
    #expect(!pace.allows(at: 1010) && !pace.allows(at: 1059.9))
    #expect(pace.allows(at: 1060))
    pace.note(at: 1060)
    #expect(!pace.allows(at: 1060.5) && pace.allows(at: 1061))
  }

  @Test func aRestartRemembers() {
    let pace = SubmissionPace((0..<10).map { 500 + Double($0) })
    #expect(!pace.allows(at: 520) && pace.allows(at: 560.5))
  }
}
