import MethodKit
import Tasks
import TestSupport
import Testing
import Tokenizers
import Vocabulary

/// A task's right answers as windows with targets.
@Suite struct GradientTaskTests {
  @Test("The answer's tokens are scored, and nothing else")
  func windows() throws {
    let examples = [
      OptionExample(context: "ab", answers: ["x", "yz"], answer: 1),
      OptionExample(context: "c", answers: ["w", "v"], answer: 0),
    ]
    let task = try OptionTask<TrainingSplit>(
      examples,
      OptionEncoder(Bytes(), beginning: .none, contextTokens: 50, convention: .mezo))
    let text = GradientTraining.Text(task)
    func ids(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }
    #expect(text.windowTokens == 4 && text.count == 2)
    #expect(text.ids == ids("ab y") + ids("c") + ids("   "))
    #expect(text.targets == [-1] + ids(" yz") + ids(" w") + [-1, -1])
  }
}

/// Every byte is a token.
private struct Bytes: Tokenizer {
  let vocabularySize = 256
  let beginningOfSequence: Int32? = nil
  let endOfSequence: Int32? = nil

  func encode(_ text: [UInt8]) -> Encoding { Encoding(ids: text.map { Int32($0) }) }

  func decode(_ ids: [Int32]) throws(TokenizerError) -> [UInt8] { ids.map { UInt8(clamping: $0) } }
}
