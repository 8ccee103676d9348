import Checkpoints
import Glibc
import JSONText
import MethodKit
import Quantizers
import System
import Tasks
import Tensors
import Transformers

/// One run of an external program: what it is given, what it says, what it returns.
struct ExternalProgramRun {
  /// The program.
  let place: ExternalProgramPlace
  /// Its own options, whole.
  let options: JSON
  /// The bits that are asked for.
  let bits: QuantizationSpec
  /// What it may take.
  let limits: KeptLimits

  /// Bytes of standard error after which a program is ended.
  static let mostErrors = 1 << 24

  private var name: String { place.manifest.name }

  private func fault(_ reason: String) -> ExternalProgramFault {
    ExternalProgramFault(name, reason)
  }

  /// Runs the program on the cell's model and text, and makes a model of what it returns.
  ///
  /// - Throws: ``ExternalProgramFault`` for what the program did wrong; ``ExternalProgramMisfit``, `FileError`,
  ///   `CheckpointError` for what this program couldn't do.
  func model(_ context: MethodContext) throws -> QuantizedModel {
    let base = try Self.makeBase()
    let outcome = Swift.Result { try model(context, below: base) }
    try removeTree(base)
    return try outcome.get()
  }

  /// A new folder that nobody else knows.
  private static func makeBase() throws -> String {
    let parent = processEnvironment()["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let template = strdup(parent + "/zeroqat-external-XXXXXX")
    defer { free(template) }
    guard let template, mkdtemp(template) != nil else {
      throw FileError("make a folder in", parent, code: errno)
    }
    return String(cString: template)
  }

  private func model(_ context: MethodContext, below base: String) throws -> QuantizedModel {
    let observer = context.observer
    let scratch = base + "/work"
    try makeFolder(scratch)
    let folder = try observer.during(.load) {
      try ExternalModelFolder(context.source, at: base + "/model")
    }
    let texts = [
      ("training", context.training.littleEndianBytes, context.training.count),
      ("development", context.development.littleEndianBytes, context.development.count),
    ]
    for (split, bytes, count) in texts {
      try writeExternalTokenFile(
        bytes, windows: count, tokens: context.training.windowTokens,
        to: "\(base)/\(split).safetensors")
    }
    let job = try self.job(context, base: base, scratch: scratch)
    let weights = try observer.during(.quantize) {
      try converse(job, base: base, scratch: scratch, observer)
    }
    if let change = try folder.change() {
      throw fault("it changed the model's folder: \(change)")
    }
    return try observer.during(.load) { try returned(weights, scratch: scratch, folder, context) }
  }

  /// The line that the program gets once it has said hello.
  private func job(_ context: MethodContext, base: String, scratch: String) throws -> [UInt8] {
    func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
    let job = JSON.object([
      JSON.Member("type", .string("job")),
      JSON.Member("protocol", integer(ExternalProgramManifest.protocolVersion)),
      JSON.Member("model", .string(base + "/model")),
      JSON.Member("training", .string(base + "/training.safetensors")),
      JSON.Member("development", .string(base + "/development.safetensors")),
      JSON.Member("windowTokens", integer(context.training.windowTokens)),
      JSON.Member("folder", .string(scratch)),
      JSON.Member("weightBits", integer(bits.weightBits ?? 16)),
      JSON.Member("activationBits", integer(bits.activationBits ?? 16)),
      JSON.Member("groupSize", integer(bits.groupSize ?? 0)),
      JSON.Member("options", options),
      JSON.Member("seed", integer(Int(truncatingIfNeeded: context.seed & 0x7fff_ffff_ffff_ffff))),
      JSON.Member("threads", integer(Threads.count)),
      JSON.Member("seconds", .number(limits.seconds, text: "\(limits.seconds)")),
      JSON.Member("memoryBytes", integer(limits.bytes)),
    ])
    return Array(try jsonText(of: job, style: .compact).utf8) + [UInt8(ascii: "\n")]
  }

  /// Only what a program needs to find its libraries and its own folder.
  private func environment(scratch: String) -> [String: String] {
    let threads = "\(Threads.count)"
    return [
      "PATH": processEnvironment()["PATH"] ?? "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": scratch,
      "TMPDIR": scratch, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads,
      "MKL_NUM_THREADS": threads, "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1",
      "ZEROQAT_PROTOCOL": "\(ExternalProgramManifest.protocolVersion)",
    ]
  }

  /// Talks to the program until it ends.
  ///
  /// - Returns: The file that its weights are in, below the working folder.
  private func converse(
    _ job: [UInt8], base: String, scratch: String, _ observer: any RunObserver
  ) throws -> String {
    KeptProgram.ignoreBrokenPipes()
    let program = KeptProgram(
      program: place.path, folder: scratch, environment: environment(scratch: scratch),
      limits: limits, leavings: base)
    var dialogue = ExternalProgramDialogue(place.manifest, activationBits: bits.activationBits)
    var trouble: ExternalProgramFault?
    var tail = OutputTail()
    var errorBytes = 0
    let outcome = try program.run { bytes in
      do throws(ExternalProgramFault) {
        var reaction = KeptProgram.Reaction.goOn
        for message in try dialogue.take(bytes) {
          if message.kind == .hello { reaction = .answer(job) }
          keep(message, observer)
        }
        return reaction
      } catch {
        trouble = error
        return .stop
      }
    } errors: { bytes in
      tail.append(bytes)
      errorBytes += bytes.count
      guard errorBytes > Self.mostErrors else { return .goOn }
      trouble = fault("it wrote more than \(Self.mostErrors >> 20) MiB to its standard error")
      return .stop
    }
    if let trouble { throw trouble }
    let ending: KeptEnding
    switch outcome {
    case .success(let found): ending = found
    case .failure(let loss):
      throw fault("its keeper \(words(of: loss.exit)), which it must have done")
    }
    keep(ending, observer)
    try check(ending, dialogue, words: tail.reason)
    switch dialogue.last {
    case .result(let weights, _): return weights
    case .failure(let reason):
      throw ExternalProgramFault(name, "it refused: \(reason)", isRefusal: true)
    default: throw fault("it ended without a 'result'")
    }
  }

  private func check(_ ending: KeptEnding, _ dialogue: ExternalProgramDialogue, words last: String?)
    throws
  {
    let words = last.map { "; its last words: \($0)" } ?? ""
    switch ending.cause {
    case .time:
      throw fault("it took longer than \(Self.plain(limits.seconds)) s, and was ended\(words)")
    case .memory:
      throw fault(
        "it held more than \(limits.bytes >> 20) MiB of memory with its children, and was ended")
    case .processes:
      throw fault("it had more than \(limits.processes) processes at a time, and was ended")
    case .stopped: throw InterruptedExternalProgram(program: name)
    case nil: break
    }
    // Half a message tells more than the status that followed from it.
    guard ending.exit == .status(0) else {
      throw fault("it \(self.words(of: ending.exit))\(words)")
    }
    try dialogue.finish()
    guard ending.leftBehind.isEmpty else {
      let names = ending.leftBehind.map { "'\($0)'" }.joined(separator: ", ")
      throw fault("it left processes running, which were ended: \(names)")
    }
  }

  private func words(of exit: ChildProcess.Exit) -> String {
    switch exit {
    case .status(let status): "ended with status \(status)"
    case .signal(let number): "was ended by signal \(number)"
    }
  }

  private static func plain(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
  }

  private func keep(_ message: ExternalProgramMessage, _ observer: any RunObserver) {
    switch message {
    case .progress(let done, let total): observer.progress(done, of: total, .step)
    case .fact(let name, let value, let unit): observer.keep("program: " + name, value, unit: unit)
    case .remark(let text): observer.remark("\(name): \(text)")
    case .hello, .result, .failure: break
    }
  }

  private func keep(_ ending: KeptEnding, _ observer: any RunObserver) {
    observer.keep(ExternalProgramFault.timeName, ending.seconds, unit: "s")
    observer.keep("program's processor time", ending.processorSeconds, unit: "s")
    observer.keep(
      ExternalProgramFault.memoryName, Double(ending.peakBytes), unit: "bytes")
    for fence in Fence.allCases where !ending.fences.contains(fence) {
      observer.remark("this kernel couldn't see to it that the program didn't \(fence.absence)")
    }
  }

  /// The model that the returned weights make.
  private func returned(
    _ weights: String, scratch: String, _ folder: ExternalModelFolder, _ context: MethodContext
  ) throws -> QuantizedModel {
    let path = scratch + "/" + weights
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw fault("its result names the file '\(weights)', and there is none")
    }
    guard status.st_mode & S_IFMT == S_IFREG, let real = realpath(path, nil) else {
      throw fault("its result names '\(weights)', which isn't a plain file")
    }
    defer { free(real) }
    guard let root = realpath(scratch, nil) else {
      throw FileError("follow", scratch, code: errno)
    }
    defer { free(root) }
    guard String(cString: real).hasPrefix(String(cString: root) + "/") else {
      throw fault("its result names '\(weights)', which lies outside of its working folder")
    }
    let base = try ModelSource(path: folder.path)
    let overlay: ExternalWeights
    do {
      overlay = try ExternalWeights(SafetensorsFile(path), over: base.checkpoint)
    } catch {
      throw fault("its weights: " + words(of: error, scratch))
    }
    let source = try ModelSource(configuration: base.configuration, checkpoint: overlay)
    do {
      for sentence in try overlay.excesses() { context.observer.remark("\(name): \(sentence)") }
      try checkLevels(overlay, of: source, base)
      var model = try QuantizedModel(asItIs: source)
      model.blocks.tokenQuantizer = bits.tokenQuantizer()
      return model
    } catch let error as CheckpointError {
      throw fault("its weights: " + words(of: error, scratch))
    }
  }

  /// The error's words without the folder, which nobody else knows.
  private func words(of error: CheckpointError, _ scratch: String) -> String {
    "\(error)".replacing(scratch + "/", with: "", maxReplacements: 1)
      .replacing("error: ", with: "", maxReplacements: 1)
  }

  /// Every linear came, and has the bits that it should.
  private func checkLevels(_ overlay: ExternalWeights, of source: ModelSource, _ base: ModelSource)
    throws
  {
    let c = source.configuration
    let places = try ExternalLinearPlaces(base)
    for id in c.linearIDs {
      guard let place = places.linears[id] else { continue }
      guard bits.weightBits == nil || overlay.names.contains(place.tensor) else {
        throw fault(
          "its weights: tensor '\(place.tensor)' is missing; every linear of the blocks is returned"
        )
      }
      let (outputs, inputs) = c.shape(of: id.kind)
      let matrix = Matrix(rows: outputs, columns: inputs)
      try source.read(id, into: matrix)
      if let complaint = ExternalLevels.complaint(matrix, bits) {
        throw fault("its weights: tensor '\(place.tensor)', \(complaint)")
      }
    }
  }
}

/// A program that was ended because this process was.
struct InterruptedExternalProgram: Error, CustomStringConvertible {
  /// The program's name.
  let program: String

  var description: String { "program '\(program)' was interrupted" }
}
