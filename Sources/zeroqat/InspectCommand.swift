internal import ArgumentParser
internal import Harness
internal import JSONText
internal import Records
internal import System
internal import Worker

/// `zeroqat inspect model.gguf`: whether a model can be used, and what it is; and the same of what was made here.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a model is, tensor by tensor; or a record, a replay log, a grid.",
    discussion: """
      Without one of the words below it, a model is meant: 'inspect PATH' is 'inspect model PATH'.
      """,
    subcommands: [
      InspectModelCommand.self, InspectRecordCommand.self, InspectLogCommand.self,
      InspectGridCommand.self,
    ],
    defaultSubcommand: InspectModelCommand.self)
}

/// How an inspection is written.
enum InspectionFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json
}

extension InspectionFormat {
  /// Writes lines for a reader, or an object for a program.
  func write(_ inspection: some Encodable & CustomStringConvertible) throws {
    try writeToStandardOutput(
      self == .json ? jsonText(of: inspection, style: .pretty) : "\(inspection)")
  }
}

/// `zeroqat inspect model PATH`: a model and its tokenizer.
struct InspectModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
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
