import Tasks
import Testing

/// Which rows play which role.
@Suite struct ExampleSampleTests {
  private func wanted(_ count: Int?, exactly: Bool = false) -> ExampleSample.Wanted {
    .init(count, mayBeFewer: !exactly)
  }

  private func sample(
    _ rows: Int, _ testRows: Int?, _ training: Int?, _ development: Int?, _ test: Int?,
    exactly: Bool = false, seed: UInt64 = 0
  ) throws -> ExampleSample {
    try ExampleSample(
      trainingRows: rows, testRows: testRows, training: wanted(training, exactly: exactly),
      development: wanted(development, exactly: exactly), test: wanted(test, exactly: exactly),
      seed: seed)
  }

  @Test("Splits are disjoint, as long as asked, and a function of the seed")
  func splits() throws {
    let one = try sample(3000, nil, 1000, 500, 1000)
    #expect([one.training.count, one.development.count, one.test.count] == [1000, 500, 1000])
    #expect(Set(one.training + one.development + one.test).count == 2500)
    #expect(one == (try sample(3000, nil, 1000, 500, 1000)))
    #expect(one != (try sample(3000, nil, 1000, 500, 1000, seed: 1)))
    // A mean that a uniform draw has: 1499.5 ± 27.
    #expect(abs(Double(one.test.reduce(0, +)) / 1000 - 1499.5) < 80)
    // A smaller sample is the beginning of a larger one.
    let small = try sample(3000, nil, 10, 500, 1000)
    #expect(small.training == Array(one.training.prefix(10)))
    #expect(small.test == one.test && small.development == one.development)
    let two = try sample(50, 40, 20, 10, 15)
    #expect(Set(two.training + two.development).count == 30 && Set(two.test).count == 15)
    #expect(two.test.allSatisfy { $0 < 40 })
  }

  @Test("Rows to choose on may have files of their own")
  func ownDevelopment() throws {
    let one = try ExampleSample(
      trainingRows: 20, developmentRows: 30, testRows: 40, training: wanted(20),
      development: wanted(15), test: wanted(nil), seed: 0)
    #expect([one.training, one.development, one.test].map { Set($0).count } == [20, 15, 40])
    #expect(one.development.allSatisfy { $0 < 30 } && one.development.contains { $0 >= 20 })
    #expect(throws: TaskError.tooFewExamples(split: "development", asked: 15, available: 10)) {
      try ExampleSample(
        trainingRows: 20, developmentRows: 10, testRows: nil, training: wanted(5),
        development: wanted(15, exactly: true), test: wanted(5), seed: 0)
    }
  }

  @Test("Of a small set development gets its share, training the rest")
  func smallSets() throws {
    let cb = try sample(250, 56, 1000, 100, 1000)
    #expect([cb.training.count, cb.development.count, cb.test.count] == [150, 100, 56])
    #expect(Set(cb.training + cb.development).count == 250)
    #expect(try sample(250, 56, nil, 100, nil).training.count == 150)
  }

  @Test("What can't be had is an error")
  func refusals() {
    func expect(_ error: TaskError, _ body: () throws -> ExampleSample) {
      #expect(throws: error) { try body() }
    }
    expect(.tooFewExamples(split: "train", asked: 200, available: 150)) {
      try sample(250, 56, 200, 100, 10, exactly: true)
    }
    expect(.tooFewExamples(split: "development", asked: 300, available: 250)) {
      try sample(250, 56, 100, 300, 10, exactly: true)
    }
    expect(.tooFewExamples(split: "test", asked: 57, available: 56)) {
      try sample(250, 56, 100, 100, 57, exactly: true)
    }
    // Nothing is left to train on.
    expect(.tooFewExamples(split: "train", asked: 100, available: 0)) {
      try sample(250, 56, 100, 500, 10)
    }
    expect(.tooFewExamples(split: "train", asked: 1, available: 0)) {
      try sample(250, nil, nil, 50, nil)
    }
    #expect(
      TaskError.tooFewExamples(split: "test", asked: 57, available: 56).description
        == "the test split is too short: 57 examples were asked for, 56 are there")
  }

  @Test("A file that is only scored keeps its order when all of it is")
  func scoredOnly() throws {
    let all = try ExampleSample(testRows: 5, test: wanted(nil), seed: 0)
    #expect(all.test == [0, 1, 2, 3, 4] && all.training.isEmpty && all.development.isEmpty)
    #expect(try ExampleSample(testRows: 5, test: wanted(9), seed: 0).test == all.test)
    let some = try ExampleSample(testRows: 500, test: wanted(9), seed: 0).test
    #expect(Set(some).count == 9 && some != Array(0..<9))
    #expect(throws: TaskError.tooFewExamples(split: "test", asked: 9, available: 5)) {
      try ExampleSample(testRows: 5, test: wanted(9, exactly: true), seed: 0)
    }
  }
}
