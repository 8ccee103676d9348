internal import ArgumentParser
internal import Harness
internal import System
internal import Worker

/// `zeroqat inspect model.gguf`: whether a model can be used, and what it is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Open a model and its tokenizer, and say what they are.")

  @Argument(help: "A .gguf file, or a folder with config.json, safetensors and a tokenizer.")
  var model: String

  func run() throws {
    try writeToStandardOutput("\(ModelInspection(path: model))\n")
  }
}
