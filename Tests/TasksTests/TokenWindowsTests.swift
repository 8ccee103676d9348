import Tasks
import TestSupport
import Testing
import Tokenizers
import Vocabulary

@Suite struct TokenWindowsTests {
  /// Ids 0, 1, 2, ….
  private func stream<S: Split>(_ count: UInt8, _ split: S.Type = S.self) throws -> TokenStream<S> {
    try TokenStream((0..<count).map { $0 }, Letters(), beginning: .none)
  }

  @Test func windowsDoNotOverlapAndTheTailIsDropped() throws {
    let windows = try TokenWindows(
      stream(11, TestSplit.self), windowTokens: 3, selection: .first)
    #expect(windows.count == 3)
    #expect(windows.available == 3)
    #expect(windows.ids == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(Array(windows[1]) == [3, 4, 5])
    #expect(windows.scoredTokens == 6)
  }

  @Test func selection() throws {
    let stream = try stream(20, TestSplit.self)
    func starts(_ limit: Int?, _ selection: WindowSelection) throws -> [Int32] {
      let windows = try TokenWindows(
        stream, windowTokens: 2, limit: limit, selection: selection)
      return (0..<windows.count).compactMap { windows[$0].first }
    }
    #expect(try starts(3, .first) == [0, 2, 4])
    // ⌊i·10/3⌋ = 0, 3, 6; ⌊i·10/4⌋ = 0, 2, 5, 7.
    #expect(try starts(3, .spread) == [0, 6, 12])
    #expect(try starts(4, .spread) == [0, 4, 10, 14])
    #expect(try starts(10, .spread) == starts(nil, .first))
    #expect(try starts(1, .spread) == [0])
    #expect(WindowSelection(for: .wikitext2) == .first)
    #expect(WindowSelection(for: .plain) == .spread)
  }

  /// Indices rise, stay inside and never repeat, up to the largest counts.
  @Test func spreadIndices() {
    for (limit, count) in [(7, 100), (100, 100), (33, 34), (1, 1)] {
      let indices = (0..<limit).map { WindowSelection.spread.index($0, of: limit, among: count) }
      #expect(zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 })
      #expect(indices.first == 0 && (indices.last ?? count) < count)
    }
    #expect(WindowSelection.spread.index(.max - 1, of: .max, among: .max) == .max - 1)
  }

  @Test func tooShort() throws {
    let stream = try stream(11, DevelopmentSplit.self)
    let cases: [(Int, Int?, String)] = [
      (
        3, 4,
        "the development text is too short: 4 windows of 3 tokens were asked for, 11 tokens make 3"
      ),
      (
        12, nil,
        "the development text is too short: 1 window of 12 tokens was asked for, 11 tokens make 0"
      ),
      (
        3, .max,
        "the development text is too short: \(Int.max) windows of 3 tokens were asked for, 11 tokens make 3"
      ),
      (1, 1, "tokens of a window: expected at least 2, found 1"),
      (.min, 1, "tokens of a window: expected at least 2, found \(Int.min)"),
      (3, 0, "windows asked for: expected at least 1, found 0"),
    ]
    for (tokens, limit, expected) in cases {
      for selection in WindowSelection.allCases {
        #expect(
          errorText {
            _ = try TokenWindows(
              stream, windowTokens: tokens, limit: limit, selection: selection)
          } == expected)
      }
    }
  }

  @Test func beginningOfSequence() throws {
    var letters = Letters()
    #expect(
      errorText { _ = try TokenStream<TestSplit>([65], letters, beginning: .once) }
        == "one beginning-of-sequence token is asked for, and the tokenizer has none")
    letters.beginningOfSequence = 7
    let once = try TokenStream<TestSplit>([65, 66], letters, beginning: .once)
    #expect(once.ids == [7, 65, 66])
    #expect(once.droppedBytes == 3)
    #expect(once.replacedBytes == 0)
    #expect(try TokenStream<TestSplit>([65, 66], letters, beginning: .none).ids == [65, 66])
    #expect(once.littleEndianBytes == [7, 0, 0, 0, 65, 0, 0, 0, 66, 0, 0, 0])
    #expect([Int32(-2), 0x0102_0304].littleEndianBytes == [0xFE, 0xFF, 0xFF, 0xFF, 4, 3, 2, 1])
  }

  @Test func someWindowsAreSpreadOverAll() throws {
    let windows = try TokenWindows(
      stream(10, TrainingSplit.self), windowTokens: 2, selection: .first)
    let some = windows.spread(2)
    #expect(some.count == 2)
    #expect(Array(some[0]) == Array(windows[0]) && Array(some[1]) == Array(windows[2]))
    #expect(some.windowTokens == 2 && some.available == 5)
    #expect(windows.spread(5) == windows)
    #expect((0..<3).map { some.batch(at: $0, of: 1) } == [[0], [1], [0]])
  }

  @Test func batchesCycleInOrder() throws {
    let windows = try TokenWindows(
      stream(10, TrainingSplit.self), windowTokens: 2, selection: .first)
    #expect(windows.count == 5)
    #expect((0..<4).map { windows.batch(at: $0, of: 2) } == [[0, 1], [2, 3], [4, 0], [1, 2]])
    #expect(windows.batch(at: 0, of: 7) == [0, 1, 2, 3, 4, 0, 1])
    #expect(windows.batch(at: 1, of: 7) == [2, 3, 4, 0, 1, 2, 3])
    // 2⁶³ − 1 = 2 mod 5.
    #expect(windows.batch(at: .max, of: 1) == [2])
    // Over count steps every window is used equally often.
    let used = (0..<5).flatMap { windows.batch(at: $0, of: 3) }
    #expect((0..<5).allSatisfy { window in used.filter { $0 == window }.count == 3 })
  }
}
