import Hub
import Testing

/// What a `Retry-After` asks for.
@Suite struct PatienceTests {
  @Test(arguments: [
    ("0", 0.0), ("120", 120), ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
    ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
  ]) func seconds(text: String, expected: Double) {
    #expect(Patience.seconds(retryAfter: text, unixSeconds: 784_111_777) == expected)
  }

  @Test(arguments: ["", "-1", "soon", "1.5", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:27 GMT"])
  func neither(text: String) {
    #expect(Patience.seconds(retryAfter: text, unixSeconds: 0) == nil)
  }
}
