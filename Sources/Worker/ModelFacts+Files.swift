import Checkpoints
import Glibc
import JSONText
package import Records
import Transformers
import Vocabulary

extension ModelFacts {
  /// What the configuration of the model at `path` says; no tensor is looked at, and no vocabulary.
  ///
  /// - Throws: ``JSONText/JSONError`` or ``Checkpoints/CheckpointError`` for a configuration that isn't read here.
  package init(path: String) throws {
    let configuration: ModelConfiguration
    var addsBeginning: Bool?
    if access(path + "/config.json", R_OK) == 0 {
      configuration = try ModelConfiguration(
        hubConfiguration: JSONDocument(contentsOf: path + "/config.json"))
      if access(path + "/tokenizer_config.json", R_OK) == 0,
        case .bool(let flag)? =
          try JSONDocument(contentsOf: path + "/tokenizer_config.json").root["add_bos_token"]
      {
        addsBeginning = flag
      }
    } else if let file = try openCheckpoint(at: path) as? GGUFFile {
      configuration = try ModelConfiguration(gguf: file)
      if file.metadata["tokenizer.ggml.add_bos_token"] != nil {
        addsBeginning = try file.bool("tokenizer.ggml.add_bos_token", default: false)
      }
    } else {
      throw CheckpointError(
        .missing, in: path,
        "expected a folder with config.json beside the weights, or a .gguf file; found no config.json"
      )
    }
    self.init(
      architecture: configuration.architecture, positions: configuration.positions,
      addsBeginning: addsBeginning)
  }
}
