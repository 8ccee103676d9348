import Records
import Testing

@Suite("Times of updates")
struct UpdateTimesTests {
  @Test("The median of an odd number is the middle one, of an even number the mean of two")
  func median() throws {
    let odd = try #require(UpdateTimes([3, 1, 2]))
    #expect(odd.count == 3 && odd.medianSeconds == 2)
    #expect(odd.leastSeconds == 1 && odd.mostSeconds == 3)
    let even = try #require(UpdateTimes([8, 1, 2, 4]))
    #expect(even.medianSeconds == 3 && even.leastSeconds == 1 && even.mostSeconds == 8)
  }

  @Test("No times have no summary")
  func none() { #expect(UpdateTimes([]) == nil) }
}
