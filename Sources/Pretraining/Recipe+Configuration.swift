import JSONText
import Tokenizers
import Transformers

extension Recipe {
  /// The model's `config.json` as the hub spells it.
  func hubConfiguration(_ tokenizer: any Tokenizer) -> JSON {
    var marks: [JSON.Member] = []
    for (name, id) in [
      ("bos_token_id", tokenizer.beginningOfSequence), ("eos_token_id", tokenizer.endOfSequence),
    ] {
      if let id { marks.append(JSON.Member(name, .integer(Int64(id)))) }
    }
    return architecture.hubConfiguration(shape, marks: marks)
  }

  /// The model's shape and conventions.
  func modelConfiguration() throws(JSONError) -> ModelConfiguration {
    try architecture.configuration(shape)
  }
}
