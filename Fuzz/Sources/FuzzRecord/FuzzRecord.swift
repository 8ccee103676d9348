import JSONText
import Records

/// Any bytes as a record: one that survives writing and reading, or an error with a place.
@c(LLVMFuzzerTestOneInput)
public func fuzzRecord(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let document: JSONDocument
  let record: RunRecord
  do {
    document = try JSONDocument(text: bytes, file: "record.json")
    record = try document.decode(RunRecord.self)
  } catch {
    precondition(error.line > 0 && error.column > 0 && !error.reason.isEmpty)
    return 0
  }
  // A record is equal to itself, and has no number that it can't write.
  precondition(record.firstDifference(from: record) == nil, "a record differs from itself")
  do {
    let text = try jsonText(of: record, style: .pretty)
    let again = try JSONDocument(text: Array(text.utf8), file: "again.json").decode(RunRecord.self)
    precondition(again == record, "the record changed on its way through text")
  } catch {
    preconditionFailure("an accepted record was refused: \(error)")
  }
  return 0
}
