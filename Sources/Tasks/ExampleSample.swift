/// Draws the examples of a task's splits: which rows are trained on, chosen on and scored.
///
/// Rows are put in an order that a seed determines, and taken from the front. So a smaller sample is the
/// beginning of a larger one, and no row is drawn twice.
///
/// > Source: MeZO's official code, large_models/tasks.py: a seeded permutation; development examples are
///   the last of those drawn for training.
package struct ExampleSample: Sendable, Equatable {
  /// Examples wanted of one split.
  package struct Wanted: Sendable, Equatable {
    /// How many; nil means all that are left.
    package var count: Int?
    /// Whether fewer are taken where there aren't so many.
    package var mayBeFewer: Bool

    /// A wish from its parts.
    package init(_ count: Int?, mayBeFewer: Bool) {
      self.count = count
      self.mayBeFewer = mayBeFewer
    }
  }

  /// Rows to train on.
  package let training: [Int]
  /// Rows to choose on.
  package let development: [Int]
  /// Rows to score.
  package let test: [Int]

  /// A sample of two files: training and development from the first, test from the second.
  ///
  /// Where the first has fewer rows than both splits want, development gets its share and training the
  /// rest.
  ///
  /// - Parameters:
  ///   - trainingRows: Rows of the file to train on.
  ///   - developmentRows: Rows of the file to choose on; nil when those are drawn from the first file too.
  ///   - testRows: Rows of the file to score; nil when the test examples are drawn from the first file
  ///     too. They come first then, so that neither of the other counts changes them.
  ///   - training: Examples to train on.
  ///   - development: Examples to choose on.
  ///   - test: Examples to score.
  ///   - seed: Of the permutations.
  /// - Throws: ``TaskError/tooFewExamples(split:asked:available:)`` when a split comes out shorter than
  ///   asked and mayn't, or empty.
  package init(
    trainingRows: Int, developmentRows: Int? = nil, testRows: Int?, training: Wanted,
    development: Wanted, test: Wanted, seed: UInt64
  ) throws(TaskError) {
    var rows = Permutation.of(trainingRows, seed: seed)[...]
    if let testRows {
      let others = Permutation.of(testRows, seed: seed)[...]
      self.test = try Self.take(test, from: others, TestSplit.name)
    } else {
      guard test.count != nil else {
        throw .tooFewExamples(split: TrainingSplit.name, asked: 1, available: 0)
      }
      self.test = try Self.take(test, from: rows, TestSplit.name)
      rows = rows.dropFirst(self.test.count)
    }
    if let developmentRows {
      let others = Permutation.of(developmentRows, seed: seed)[...]
      self.development = try Self.take(development, from: others, DevelopmentSplit.name)
      self.training = try Self.take(training, from: rows, TrainingSplit.name)
      return
    }
    let chosen = try Self.take(development, from: rows.reversed()[...], DevelopmentSplit.name)
    self.development = chosen.reversed()
    self.training = try Self.take(training, from: rows.dropLast(chosen.count), TrainingSplit.name)
  }

  /// A sample of one file that is only scored.
  ///
  /// - Throws: As for two files.
  package init(testRows: Int, test: Wanted, seed: UInt64) throws(TaskError) {
    // The whole file stays in its order.
    let order =
      test.count ?? testRows >= testRows
      ? Array(0..<testRows) : Permutation.of(testRows, seed: seed)
    training = []
    development = []
    self.test = try Self.take(test, from: order[...], TestSplit.name)
  }

  private static func take(_ wanted: Wanted, from rows: ArraySlice<Int>, _ split: String)
    throws(TaskError) -> [Int]
  {
    let asked = wanted.count ?? rows.count
    guard !rows.isEmpty, asked <= rows.count || wanted.mayBeFewer else {
      throw .tooFewExamples(split: split, asked: max(asked, 1), available: rows.count)
    }
    return Array(rows.prefix(asked))
  }
}

/// Permutations of 0..<n from a seed, the same on every machine and in every version.
///
/// > Source: Fisher and Yates 1938, in Durstenfeld's form (1964, algorithm 235); the generator is
///   SplitMix64 (Steele, Lea and Flood 2014).
enum Permutation {
  static func of(_ count: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    var state = seed
    for last in stride(from: count - 1, to: 0, by: -1) {
      state &+= 0x9E37_79B9_7F4A_7C15
      var bits = state
      bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
      bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
      bits ^= bits >> 31
      // The bias of the multiplication is below n/2⁶⁴.
      let other = Int(bits.multipliedFullWidth(by: UInt64(last + 1)).high)
      order.swapAt(last, other)
    }
    return order
  }
}
