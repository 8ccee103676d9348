import JSONText
import Records
import Reporting
import TestSupport
import Testing

/// One record on one page.
@Suite struct RecordInspectionTests {
  @Test func everythingInItsPlace() {
    var record = Fixtures.record(
      "rtn", "ppl-w4a4", bits: "W4A4g64", windows: Fixtures.windows, events: ["an oddity"],
      options: .object([.init("clip", .bool(true)), .init("grid", .null)]))
    record.facts = [NamedNumber("alpha", 0.5, unit: "1"), NamedNumber("size", 12, unit: "bytes")]
    let lines = "\(RecordInspection(record, path: "a.json"))".split(separator: "\n").map {
      String($0)
    }
    func has(_ start: String, _ text: String) -> Bool {
      lines.contains { $0.hasPrefix(start) && $0.contains(text) }
    }
    #expect(lines[0].hasPrefix("record") && lines[0].hasSuffix(" a.json"))
    #expect(has("status", "finished") && has("method", "rtn"))
    #expect(has("  clip", "true") && has("  grid", "null"))
    #expect(
      has(
        "bits",
        "W4A4g64: 4.75 a weight, packed with a float32 scale and a 16-bit zero point for each 64"))
    #expect(has("  test perplexity", " over 10 windows, 3.3180 ± "))
    #expect(has("  alpha", "0.5") && has("  size", "12 bytes") && has("note", "an oddity"))
    #expect(
      has("took", "13.8 s (load 1.5, quantize 2.2, evaluate 10.0), 640 MiB at the peak, 2 threads"))
    #expect(
      has("machine", "Example CPU @ 2.50GHz, 2 processors, Linux 6.1, Debian 12, Swift 6.3.1"))
  }

  @Test func aTrainingAndWhatWasChosen() {
    let record = Fixtures.trained(
      "ppl-w4a4", bits: "W4A4", start: Fixtures.windows, chosen: Fixtures.windows)
    let text = "\(RecordInspection(record, path: "a.json"))"
    #expect(text.contains("150 updates by 300 forwards, "), "\(text)")
    #expect(text.contains("0.0213 nats in the mean, 0.31 at most, 2.0 % clipped"))
    #expect(text.contains("step 100 of 4 checkpoints, by mean loss of development text, "))
  }

  @Test func aRunThatFailed() throws {
    let record = Fixtures.ended(
      "rtn", "ppl-w4a4", bits: "FP", status: .diverged, reason: "the loss is NaN")
    let inspection = RecordInspection(record, path: "a.json")
    #expect("\(inspection)".contains("diverged: the loss is NaN"))
    #expect("\(inspection)".contains("FP, weights as they are"))
    let root = try JSONDocument(
      text: Array(jsonText(of: inspection, style: .compact).utf8), file: ""
    ).root
    #expect(
      root["effectiveBitsPerWeight"] == .number(16, text: "16.0") && root["measurement"] == .null)
    #expect(root["scores"] == .array([]) && root["zerothOrder"] == .null)
  }
}
