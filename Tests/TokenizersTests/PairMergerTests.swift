import TestSupport
import Testing
import Tokenizers

@Suite struct PairMergerTests {
  /// The definition, word for word: the best pair, the leftmost of equals, again and again.
  private func reference(_ ids: [Int32], _ rules: [(Int32, Int32, UInt32, Int32)]) -> [Int32] {
    var ids = ids
    while true {
      var best: (index: Int, rank: UInt32, id: Int32)?
      for index in ids.indices.dropLast() {
        for rule in rules where rule.0 == ids[index] && rule.1 == ids[index + 1] {
          if rule.2 < (best?.rank ?? .max) { best = (index, rule.2, rule.3) }
        }
      }
      guard let best else { return ids }
      ids.replaceSubrange(best.index...(best.index + 1), with: [best.id])
    }
  }

  /// Scan and heap agree with the definition, on rules with equal ranks as well.
  @Test(arguments: 0..<40) func scanAndHeapAgreeWithTheDefinition(_ seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    var rules: [(Int32, Int32, UInt32, Int32)] = []
    var table = PairTable()
    var top: Int32 = 4
    for _ in 0..<12 {
      let left = Int32.random(in: 0..<top, using: &generator)
      let right = Int32.random(in: 0..<top, using: &generator)
      let rank = UInt32.random(in: 0..<6, using: &generator)
      if table.insert(left, right, PairMerger.merge(rank: rank, id: top)) == PairTable.none {
        rules.append((left, right, rank, top))
        top += 1
      }
    }
    var scan = PairMerger(table, scanLimit: .max)
    var heap = PairMerger(table, scanLimit: 1)
    for length in 0..<40 {
      let ids = (0..<length).map { _ in Int32.random(in: 0..<4, using: &generator) }
      var scanned: [Int32] = []
      var heaped: [Int32] = []
      for id in ids {
        scan.append(id)
        heap.append(id)
      }
      scan.finish(into: &scanned)
      heap.finish(into: &heaped)
      let expected = reference(ids, rules)
      #expect(scanned == expected, "scan, length \(length)")
      #expect(heaped == expected, "heap, length \(length)")
    }
  }

  /// A million equal ids merge in moments; a quadratic loop would take hours.
  @Test func longStretchesAreFast() {
    var table = PairTable()
    for level in 0..<10 as Range<Int32> {
      let merge = PairMerger.merge(rank: UInt32(level), id: level + 1)
      #expect(table.insert(level, level, merge) == PairTable.none)
    }
    var merger = PairMerger(table)
    let count = 300_000
    for _ in 0..<count { merger.append(0) }
    var output: [Int32] = []
    merger.finish(into: &output)
    #expect(output.reduce(0) { $0 + 1 << Int($1) } == count)
    #expect(output.prefix(count >> 10).allSatisfy { $0 == 10 })
    #expect(merger.isEmpty)
  }

  @Test func tableKeepsTheFirstValueOfAPair() {
    var table = PairTable()
    for id in 0..<1000 as Range<Int32> {
      #expect(table.insert(id, id / 3, UInt64(id)) == PairTable.none)
    }
    #expect(table.insert(6, 2, 99) == 6)
    #expect(table.count == 1000)
    for id in 0..<1000 as Range<Int32> { #expect(table[id, id / 3] == UInt64(id)) }
    #expect(table[3, 3] == PairTable.none)
    #expect(table[-1, -1] == PairTable.none)
  }
}
