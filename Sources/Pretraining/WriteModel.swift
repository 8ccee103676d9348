import Checkpoints
import JSONText
import Tokenizers

/// Writes a model in the hub's layout: `model.safetensors` in half precision, `config.json`, and the
/// tokenizer's files.
///
/// - Parameters:
///   - tensors: All parameters, as the hub has them.
///   - configuration: The content of `config.json`.
///   - tokenizerFiles: Names of the tokenizer's files.
///   - tokenizerFolder: Where they are.
///   - folder: Where everything goes.
/// - Throws: ``Checkpoints/CheckpointError``, ``JSONText/JSONError``, ``Tokenizers/FileReadError``.
func writeModel(
  _ tensors: [SafetensorsWriter.Tensor], configuration: JSON, tokenizerFiles: [String],
  from tokenizerFolder: String, to folder: String
) throws {
  try SafetensorsWriter.write(
    tensors, precision: .half,
    // Readers of other projects refuse a file that doesn't say for whom it is.
    metadata: ["format": "pt"], to: folder + "/model.safetensors")
  let text = try jsonText(of: configuration, style: .pretty)
  try replaceFile(at: folder + "/config.json", with: Array(text.utf8))
  for file in tokenizerFiles {
    try replaceFile(at: "\(folder)/\(file)", with: fileBytes(at: "\(tokenizerFolder)/\(file)"))
  }
}
