import Testing
import Transformers

/// The numbers that key directions.
///
/// They are literals on purpose: another one is other noise, and no log of a model with such a tensor could
/// be gone on from.
@Suite struct FrozenKeyTests {
  @Test func familiesAreFrozen() {
    let words: [(ParameterFamily, Int)] = [
      (.weight, 0), (.upperClip, 16_777_216), (.lowerClip, 33_554_432), (.smoothing, 50_331_648),
      (.bias, 67_108_864), (.norm, 83_886_080), (.frame, 100_663_296), (.scale, 117_440_512),
    ]
    for (family, word) in words { #expect(family.tensor(0) == word) }
    #expect(ParameterFamily.allCases.count == words.count)
    #expect(ParameterFamily.scale.tensor(5) == 117_440_517)
  }

  @Test func linearsAreFrozen() {
    let first: [(LinearKind, Int)] = [
      (.query, 0), (.key, 1), (.value, 2), (.output, 3), (.gate, 4), (.up, 5), (.down, 6),
    ]
    for (kind, number) in first {
      #expect(LinearID(block: 0, kind: kind).tensor == number)
      #expect(LinearID(block: 1, kind: kind).tensor == 7 + number)
      #expect(LinearID(block: 31, kind: kind).tensor == 217 + number)
    }
  }

  @Test func normsAreFrozen() {
    #expect(NormKind.attention.key.index(block: 0) == 0)
    #expect(NormKind.feedForward.key.index(block: 0) == 1)
    #expect(NormKind.attention.key.index(block: 12) == 24)
    #expect(NormKind.feedForward.key.index(block: 12) == 25)
    let added: [(NormKind, Int)] = [
      (.query, 4_194_304), (.key, 4_194_305), (.attentionOutput, 4_194_306),
      (.feedForwardOutput, 4_194_307),
    ]
    for (kind, number) in added {
      #expect(kind.key.index(block: 0) == number)
      #expect(kind.key.index(block: 12) == number + 12 * 64)
    }
    #expect(NormKind.allCases.count == 6)
  }

  /// A kind that is added shares no number with another, in any block of any model that fits in memory.
  @Test func addedKindsHaveNumbersOfTheirOwn() {
    let added = BlockKey.added(0)
    #expect(added.index(block: 0) == 4_194_304 && added.index(block: 1) == 4_194_368)
    #expect(BlockKey.added(63).index(block: 0) < added.index(block: 1))
    #expect(LinearID(block: 599_000, kind: .down).tensor < added.index(block: 0))
    // Norms take two numbers each, still within their family.
    #expect(ParameterFamily.norm.tensor(2 * BlockKey.added(63).index(block: 60_000) + 1) > 0)
  }
}
