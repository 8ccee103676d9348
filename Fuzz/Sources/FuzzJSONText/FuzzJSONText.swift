import JSONText

/// Any bytes: a value that survives writing and reading, or an error with a place.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let document: JSONDocument
  do {
    document = try JSONDocument(text: bytes, file: "fuzz.json")
  } catch {
    precondition(error.line > 0 && error.column > 0 && !error.description.isEmpty)
    return 0
  }
  do {
    let text = try jsonText(of: document.root, style: .pretty)
    let again = try JSONDocument(text: Array(text.utf8), file: "again.json")
    precondition(again.root == document.root, "the value changed on its way through text")
  } catch {
    preconditionFailure("an accepted value was refused: \(error)")
  }
  _ = try? document.decode([String: [Double?]].self)
  return 0
}
