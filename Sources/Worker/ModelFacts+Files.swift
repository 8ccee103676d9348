import Checkpoints
import Glibc
import JSONText
package import Records
import Tokenizers
import Transformers
import Vocabulary

extension ModelFacts {
  /// What the configuration of the model at `path` says; no tensor is looked at, and no vocabulary.
  ///
  /// - Throws: ``JSONText/JSONError`` or ``Checkpoints/CheckpointError`` for a configuration that isn't read here;
  ///   ``WorkerError`` or ``Tokenizers/TokenizerError`` for a folder without a tokenizer that is.
  package init(path: String) throws {
    let configuration: ModelConfiguration
    let rule: BeginningRule?
    if access(path + "/config.json", R_OK) == 0 {
      let document = try JSONDocument(contentsOf: path + "/config.json")
      configuration = try ModelConfiguration(hubConfiguration: document)
      let hasTokenizer = ["tokenizer.json", "tokenizer.model", "vocab.json"].contains {
        access("\(path)/\($0)", R_OK) == 0
      }
      // Drawn weights go with a tokenizer of bytes.
      guard hasTokenizer || document.root["synthetic_seed"] != nil else {
        throw WorkerError.noTokenizer(path: path)
      }
      rule = try BeginningRule(folder: path)
    } else if let file = try openCheckpoint(at: path) as? GGUFFile {
      configuration = try ModelConfiguration(gguf: file)
      rule = try ModelTokenizer.beginning(file)
    } else {
      throw CheckpointError(
        .missing, in: path,
        "expected a folder with config.json beside the weights, or a .gguf file; found no config.json"
      )
    }
    self.init(
      architecture: configuration.architecture, positions: configuration.positions,
      beginning: rule.map {
        Beginning(adds: $0.adds, source: $0.source, overruled: $0.overruled)
      },
      linears: configuration.linears.map { kind in
        Linear(name: kind.name, inputs: configuration.shape(of: kind).inputs)
      })
  }
}
