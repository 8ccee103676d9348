import Foundation
import JSONText
import TestSupport
import Testing

/// Losses of committed records of table 2 at scale tiny, and comparisons simulated from them.
enum CommittedWindows {
  /// Mean NLL of each test window.
  static func of(_ row: String, _ column: String, seed: Int = 1) throws -> [Double] {
    let path = CommittedTablesTests.tables.appendingPathComponent(
      "table2/records/tiny/\(row).\(column).seed\(seed).json"
    ).path
    let document = try JSONDocument(contentsOf: path)
    return try document.decode([Double].self, at: "/scores/0/windowNLL")
  }

  /// Pairs of runs that differ by chance: another seed of a training, another try of a search.
  static let pairs = [
    "zeroqat W4A4", "zeroqat W6A6", "zeroqat W2A16", "omniquant W4A4",
  ]

  /// Differences of such a pair, window by window, less their mean.
  static func noise(_ pair: String) throws -> [Double] {
    let (a, b) =
      switch pair {
      case "zeroqat W4A4": (try of("zeroqat", "ppl-w4a4"), try of("zeroqat", "ppl-w4a4", seed: 2))
      case "zeroqat W6A6": (try of("zeroqat", "ppl-w6a6"), try of("zeroqat", "ppl-w6a6", seed: 2))
      case "zeroqat W2A16":
        (try of("zeroqat", "ppl-w2a16"), try of("zeroqat", "ppl-w2a16", seed: 2))
      default: (try of("omniquant", "ppl-w4a4"), try of("omniquant-search", "ppl-w4a4"))
      }
    let differences = zip(a, b).map { $0 - $1 }
    let mean = differences.reduce(0, +) / Double(differences.count)
    return differences.map { $0 - mean }
  }

  /// `count` differences of two runs of one program, and a rise on top: stretches of the noise, ten windows long on
  /// average, in which the runs have changed sides or not.
  static func simulated(
    _ noise: [Double], count: Int, rise: Double, _ generator: inout SeededGenerator
  ) -> [Double] {
    var found: [Double] = []
    while found.count < count {
      let start = Int(generator.uniform() * Double(noise.count))
      let sign = generator.uniform() < 0.5 ? -1.0 : 1
      var index = start
      repeat {
        found.append(sign * noise[index % noise.count] + rise)
        index += 1
      } while generator.uniform() > 0.1 && found.count < count
    }
    return found
  }
}
