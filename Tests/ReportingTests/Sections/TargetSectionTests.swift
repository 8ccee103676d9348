import Records
import Reporting
import TestSupport
import Testing

/// How many forward passes it takes to a declared loss.
@Suite("Forward passes to a target") struct TargetSectionTests {
  /// A training whose development loss is `losses`, every 50 steps of two passes each.
  private static func training(_ row: String, seed: UInt64, _ losses: [Double]) -> RunRecord {
    var record = Fixtures.trained(
      "ppl-w4a4", bits: "W4A4", start: Fixtures.windows, chosen: Fixtures.windows, seed: seed)
    record.cell.address.row = row
    record.cell.id = Fixtures.hex("\(row) \(seed)")
    record.trajectory = losses.enumerated().map { index, loss in
      TrajectoryPoint(
        step: 50 * index, developmentWindowNLL: Fixtures.wobble.map { loss + $0 },
        testWindowNLL: Fixtures.windows)
    }
    record.selection = CheckpointSelection(of: 0, among: record.trajectory)
    record.zerothOrder?.bestDevelopmentStep = 0
    return record
  }

  private static func page(_ records: [RunRecord], targets: [String: Double] = ["ppl-w4a4": 4])
    throws -> String
  {
    var grid = Fixtures.grid
    grid.columns = [grid.columns[2]]
    grid.rows.append(GridRow(key: "other", label: "Other", method: "zeroqat"))
    grid.reference = "zeroqat"
    grid.scales.small?.targets = targets
    grid.scales.small?.seeds = ["zeroqat": [1, 2], "other": [1, 2]]
    let anchor = Fixtures.record(
      "full-precision", "ppl-w4a4", bits: "FP", windows: Fixtures.windows)
    return try TableContents(
      grid: grid, scale: .small, paper: nil, records: [anchor] + records, notRun: [:]
    ).markdown()
  }

  @Test("A straight line between checkpoints; ratios seed by seed, with their interval")
  func reached() throws {
    // 5 → 3 at steps 50 and 100 is at 4 after 75 steps, 150 passes; 4.5 → 3.5 the same; 5 → 3.8 after 91.67.
    let text = try Self.page([
      Self.training("zeroqat", seed: 1, [6, 5, 3]),
      Self.training("zeroqat", seed: 2, [6, 4.5, 3.5]),
      Self.training("other", seed: 1, [6, 3]), Self.training("other", seed: 2, [5, 3]),
    ])
    #expect(text.contains("**PPL W4A4 ↓**: 4.0 nats, perplexity 54.60"))
    #expect(text.contains("| ZeroQAT | 2 | 150, 150 | 150 | – |"), "\(text)")
    // 6 → 3 over 50 steps is at 4 after 33.3, 5 → 3 after 25: ratios 2.25 and 3, √6.75 = 2.60;
    // ln: 0.811, 1.099, se 0.1438, t(0.975, 1) = 12.706: exp(0.9548 ∓ 1.8277).
    #expect(text.contains("| Other | 2 | 67, 50 | 58 | ×2.60 (0.42 to 16.16) |"), "\(text)")
  }

  @Test("What never arrives has no mean and no ratio; a start at the target took nothing")
  func notReached() throws {
    let text = try Self.page([
      Self.training("zeroqat", seed: 1, [6, 5, 3]), Self.training("zeroqat", seed: 2, [6, 5, 4.5]),
      Self.training("other", seed: 1, [3.9, 3]), Self.training("other", seed: 2, [6, 3]),
    ])
    #expect(text.contains("| ZeroQAT | 2 | 150, not in 300 | – | – |"), "\(text)")
    #expect(text.contains("| Other | 2 | 0, 67 | 33 | – |"), "\(text)")
    #expect(
      try !Self.page([Self.training("zeroqat", seed: 1, [6, 3])], targets: [:]).contains(
        "Forward passes to a target"))
  }
}
