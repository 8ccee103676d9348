import Tokenizers

/// Any bytes as a `tokenizer.json`: an error that says something, or a tokenizer whose ids are its own, can be
/// decoded, and come out the same each time.
@c(LLVMFuzzerTestOneInput)
public func fuzzTokenizerJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let opened: TokenizerFolder
  do {
    opened = try TokenizerFolder(json: bytes, file: "fuzz.json")
  } catch {
    precondition(!error.description.isEmpty)
    return 0
  }
  let tokenizer = opened.tokenizer
  let sample = Array("a ab  <b> \u{2581}\u{E9}\r\n12 the </s>'s x".utf8) + [0xFF, 0xC3]
  for text in [sample, Array(bytes.suffix(200))] {
    let encoding = tokenizer.encode(text)
    precondition(encoding == tokenizer.encode(text), "ids of one text differ")
    precondition(encoding.ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
    do {
      _ = try tokenizer.decode(encoding.ids)
    } catch {
      preconditionFailure("own ids weren't decoded: \(error)")
    }
  }
  return 0
}
