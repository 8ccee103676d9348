import JSONText
import Testing

/// Advice for names that nobody knows.
struct NearestNameTests {
  static let known = ["seed", "model", "method", "bits", "learningRate", "zeroqat", "rtn"]

  @Test(arguments: [
    ("seedd", "seed"), ("sede", "seed"), ("SEED", "seed"), ("modle", "model"),
    ("methods", "method"), ("learning_rate", "learningRate"), ("lerningRat", "learningRate"),
    ("zeroquat", "zeroqat"), ("rnt", "rtn"), ("bit", "bits"),
  ])
  func near(name: String, expected: String) {
    #expect(nearestName(to: name, in: Self.known) == expected)
  }

  @Test(arguments: ["", "x", "rate", "gptq", "smoothquant", String(repeating: "seed", count: 100)])
  func nothingNear(name: String) {
    #expect(nearestName(to: name, in: Self.known) == nil)
  }

  @Test func firstOfEquallyNear() {
    #expect(nearestName(to: "W4A4", in: ["W4A8", "W4A6", "W8A8"]) == "W4A8")
    #expect(nearestName(to: "W4A6", in: ["W4A8", "W4A6"]) == "W4A6")
    #expect(nearestName(to: "seed", in: []) == nil)
  }
}
