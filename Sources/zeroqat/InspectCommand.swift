internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import System
internal import Worker

/// `zeroqat inspect model.gguf`: whether a model can be used, and what it is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Open a model and its tokenizer, and say what they are, tensor by tensor.")

  @Argument(
    help: """
      A folder with config.json, weights and a tokenizer, a .gguf file, a folder of models/ by name or path, \
      or an id in the hub's cache.
      """)
  var model: String

  @Flag(help: "A line for each tensor, instead of one for those of all blocks that are alike.")
  var tensors = false

  @Flag(help: "All of it as JSON.")
  var json = false

  @OptionGroup var checkout: CheckoutOption

  func run() throws {
    let found = try ModelArgument(model, root: checkout.root)
    if json {
      try writeToStandardOutput(
        jsonText(of: ModelInspection(path: found.path), style: .pretty))
      return
    }
    var lines: [String] = []
    if let files = found.files { lines.append(files.manifest.label) }
    if let outliers = found.reference?.outliers {
      lines.append(
        "channels \(outliers.channels.map(String.init).joined(separator: ", ")) made outliers "
          + "(×\(outliers.factor)) when the weights are read")
    }
    if found.reference?.synthetic == true {
      lines.append("weights are drawn when they are read: for memory and time alone")
    } else {
      let inspection = try ModelInspection(path: found.path)
      lines += [inspection.description, inspection.details(each: tensors)]
    }
    try writeToStandardOutput(lines.joined(separator: "\n") + "\n")
  }
}
