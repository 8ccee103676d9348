import Tasks
import TestSupport
import Testing
import Tokenizers
import Vocabulary

/// The firewall between training, choosing and reporting.
///
/// Its larger half can't be tested by a run, since a breach doesn't compile:
///
///     func train(on windows: TokenWindows<TrainingSplit>) { … }
///     train(on: testWindows)                 // TokenWindows<TestSplit> isn't TokenWindows<TrainingSplit>
///     testWindows.batch(at: 0, of: 4)        // only training windows have batches
///
/// What a run can test is here: that the three texts share no byte, and that each split reads its own.
@Suite struct FirewallTests {
  private let folder: TemporaryFolder
  private let book: String

  init() throws {
    folder = try TemporaryFolder()
    book = try folder.write("aaaabbbbcccc", to: "book.txt")
  }

  private func part(_ from: Int, _ to: Int?, _ path: String? = nil) -> TextSpecification {
    TextSpecification(parts: [.init(path ?? book, from: from, to: to)], join: .plain)
  }

  @Test func eachSplitReadsItsOwnText() throws {
    let corpus = try Corpus(training: part(0, 4), development: part(4, 8), test: part(8, nil))
    let letters = Letters()
    let training: TokenStream = try corpus.stream(
      for: TrainingSplit.self, letters, beginning: .none)
    let development: TokenStream = try corpus.stream(
      for: DevelopmentSplit.self, letters, beginning: .none)
    let test: TokenStream = try corpus.stream(for: TestSplit.self, letters, beginning: .none)
    #expect(training.ids == [97, 97, 97, 97])
    #expect(development.ids == [98, 98, 98, 98])
    #expect(test.ids == [99, 99, 99, 99])
    #expect(
      [TrainingSplit.name, DevelopmentSplit.name, TestSplit.name] == [
        "train", "development", "test",
      ])
  }

  @Test func noByteIsReadTwice() throws {
    let link = folder.path + "/../" + (folder.path.split(separator: "/").last ?? "") + "/book.txt"
    let cases: [(TextSpecification, TextSpecification, TextSpecification, String?)] = [
      (part(0, 4), part(4, 8), part(8, 12), nil),
      (
        part(0, 5), part(4, 8), part(8, 12),
        "\(book): error: the train and the development split both read the same bytes of this file"
      ),
      (
        part(0, 4), part(4, nil), part(8, 12),
        "\(book): error: the development and the test split both read the same bytes of this file"
      ),
      (
        part(8, nil), part(4, 8), part(11, nil),
        "\(book): error: the train and the test split both read the same bytes of this file"
      ),
      // The same file by another name.
      (
        part(0, 4), part(4, 8), part(3, 4, link),
        "\(book): error: the train and the test split both read the same bytes of this file"
      ),
      // A range that is no range is for the reader to refuse.
      (part(5, 2), part(0, 8), part(8, 12), nil),
    ]
    for (training, development, test, expected) in cases {
      #expect(
        errorText { _ = try Corpus(training: training, development: development, test: test) }
          == expected)
    }
  }
}

/// One id for each byte.
struct Letters: Tokenizer {
  var vocabularySize: Int { 256 }
  var beginningOfSequence: Int32?
  var endOfSequence: Int32? { nil }
  func encode(_ text: [UInt8]) -> Encoding { Encoding(ids: text.map(Int32.init), droppedBytes: 3) }
  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] {
    ids.map { UInt8(truncatingIfNeeded: $0) }
  }
}
