import JSONText
import Tensors
import Transformers

/// Any bytes as a `config.json`: an error that says something, or a model whose sizes can all be reckoned with, the
/// same each time.
@c(LLVMFuzzerTestOneInput)
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let c: ModelConfiguration
  do {
    let document = try JSONDocument(text: bytes, file: "config.json")
    c = try ModelConfiguration(hubConfiguration: document)
    let again = try ModelConfiguration(hubConfiguration: document)
    precondition(c == again, "one text, two configurations")
  } catch {
    precondition(!error.reason.isEmpty && !error.description.isEmpty)
    return 0
  }
  precondition([c.vocabularySize, c.blocks, c.positions, c.operandGroup].allSatisfy { $0 > 0 })
  precondition(c.positionRows >= 0 && c.linearParameters > 0 && c.normEpsilon.isFinite)
  precondition(c.attentionScale > 0 && c.attentionScale.isFinite)
  for kind in c.linears {
    let (outputs, inputs) = c.shape(of: kind)
    precondition(outputs > 0 && inputs > 0)
    _ = c.hasBias(kind)
  }
  precondition(c.norms.allSatisfy { c.channels(of: $0) > 0 })
  for block in [0, c.blocks / 2, c.blocks - 1] {
    precondition(c.reach(ofBlock: block) ?? 1 > 0)
  }
  precondition(c.heads % c.keyHeads == 0)
  // Angles are tables: only of what is as small as a model.
  guard c.headSize <= 1024 else { return 0 }
  let none = SingleTable(Matrix(rows: 0, columns: c.embeddingWidth))
  let model = Transformer(configuration: c, frame: ModelFrame(embedding: none, head: none))
  _ = model.rotaryTable(windowTokens: 2)
  return 0
}
