import JSONText
import Methods

/// What an external program writes, cut into pieces: the same messages however it is cut, or a fault that says something.
///
/// The first byte is the size of the pieces; the rest is the program's output.
@c(LLVMFuzzerTestOneInput)
public func fuzzProgramMessages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let first = bytes.first, let manifest else { return 0 }
  let output = Array(bytes.dropFirst())
  let whole = outcome(of: output, in: max(1, output.count), manifest)
  let cut = outcome(of: output, in: Int(first) + 1, manifest)
  precondition(whole == cut, "other messages in pieces of \(Int(first) + 1) bytes")
  return 0
}

private let manifest: ExternalProgramManifest? = {
  let text = """
    { "schema": 1, "name": "p", "version": "1", "summary": "s", "citation": "c",
      "protocol": { "from": 1, "to": 1 } }
    """
  return try? ExternalProgramManifest(JSONDocument(text: Array(text.utf8), file: "manifest"))
}()

/// The messages until the first fault, and the fault.
private struct Outcome: Equatable {
  var messages: [ExternalProgramMessage] = []
  var fault: ExternalProgramFault?
}

private func outcome(
  of output: [UInt8], in size: Int, _ manifest: ExternalProgramManifest
) -> Outcome {
  var dialogue = ExternalProgramDialogue(manifest, activationBits: nil)
  var found = Outcome()
  do {
    for start in stride(from: 0, to: output.count, by: size) {
      for message in try dialogue.take(output[start..<min(start + size, output.count)]) {
        found.messages.append(message)
      }
    }
    try dialogue.finish()
    guard let last = found.messages.last else { preconditionFailure("an end without a message") }
    precondition(last.kind == .result || last.kind == .failure, "an end without a last word")
    precondition(dialogue.isIntroduced)
  } catch {
    precondition(!error.reason.isEmpty && !error.description.contains("\n"))
    found.fault = error
    // Messages of the piece that the fault is in depend on the cut.
    found.messages = []
  }
  return found
}
