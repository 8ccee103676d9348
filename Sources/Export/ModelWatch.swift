internal import Glibc
internal import MethodKit
internal import Methods
internal import Optimizers
internal import Quantizers
internal import Synchronization
internal import Tasks

/// Stands between a worker and the methods that it runs, and keeps the model that is scored.
///
/// A worker hands its model to nobody, only scores and digests. The model is the method's last, or, where a record's
/// scores are of an earlier checkpoint, that one: a copy, as training moves weights in place.
final class ModelWatch: Sendable {
  private struct State {
    /// Methods that are running inside each other: some are made of another.
    var depth = 0
    var last: QuantizedModel?
    var checkpoint: QuantizedModel?
  }

  /// The checkpoint whose model is wanted; nil for the method's last.
  private let step: Int?
  private let state = Mutex(State())

  /// A watch for the model after `step` updates, or for the last one.
  init(step: Int?) { self.step = step }

  /// Runs `body`, whose methods on this thread are listened to.
  func watching<R>(_ body: () throws -> R) rethrows -> R {
    let before = Self.watches.withLock { $0.updateValue(self, forKey: pthread_self()) }
    defer { Self.watches.withLock { $0[pthread_self()] = before } }
    return try MethodCatalog.watched(by: { Self.watched($0) }, body)
  }

  /// The model that was wanted; nil where none came.
  var model: QuantizedModel? { state.withLock { step == nil ? $0.last : $0.checkpoint } }

  private static let watches = Mutex<[pthread_t: ModelWatch]>([:])

  /// The watch that this thread's methods have; nil for none.
  fileprivate static var current: ModelWatch? { watches.withLock { $0[pthread_self()] } }

  private static func watched(_ type: any QuantizationMethod.Type)
    -> any QuantizationMethod.Type
  {
    func open<Method: QuantizationMethod>(_ type: Method.Type) -> any QuantizationMethod.Type {
      Watched<Method>.self
    }
    return open(type)
  }

  /// Runs a method; only the outermost is listened to.
  fileprivate func run(
    _ context: MethodContext, _ quantize: (MethodContext) throws -> QuantizedModel
  ) throws -> QuantizedModel {
    let isOutermost = state.withLock { state in
      state.depth += 1
      return state.depth == 1
    }
    defer { state.withLock { $0.depth -= 1 } }
    guard isOutermost else { return try quantize(context) }
    let model = try quantize(
      MethodContext(
        source: context.source, training: context.training, material: context.material,
        development: context.development, seed: context.seed,
        observer: WatchedObserver(context.observer, self)))
    state.withLock { $0.last = model }
    return model
  }

  fileprivate func sees(_ model: QuantizedModel, at step: Int) {
    guard step == self.step else { return }
    let copy = model.copied
    state.withLock { $0.checkpoint = copy }
  }
}

/// A method that a ``ModelWatch`` listens to, and the same in everything else.
private struct Watched<Method: QuantizationMethod>: QuantizationMethod {
  typealias Options = Method.Options

  static var card: MethodCard { Method.card }

  private let method: Method

  init(options: Options, bits: QuantizationSpec) throws {
    method = try Method(options: options, bits: bits)
  }

  static func resolved(_ options: Options, for setting: MethodSetting) throws -> Options {
    try Method.resolved(options, for: setting)
  }

  func quantize(_ context: MethodContext) throws -> QuantizedModel {
    guard let watch = ModelWatch.current else { return try method.quantize(context) }
    return try watch.run(context) { try method.quantize($0) }
  }

  func memory(_ shape: MemoryShape) -> MemoryEstimate? { method.memory(shape) }
}

/// Hands everything on to the worker, and looks at checkpoints on the way.
private final class WatchedObserver: RunObserver {
  private let worker: any RunObserver
  private let watch: ModelWatch

  init(_ worker: any RunObserver, _ watch: ModelWatch) {
    self.worker = worker
    self.watch = watch
  }

  func during<R>(_ phase: RunPhase, _ body: () throws -> R) rethrows -> R {
    try worker.during(phase, body)
  }

  func progress(_ done: Int, of total: Int, _ item: ProgressItem) {
    worker.progress(done, of: total, item)
  }

  func keep(_ name: String, _ value: Double, unit: String) {
    worker.keep(name, value, unit: unit)
  }

  func keep(_ series: MeasuredSeries) { worker.keep(series) }

  func remark(_ sentence: String) { worker.remark(sentence) }

  func journalledProbes(of trajectory: TrainingTrajectory) throws -> [Probe] {
    try worker.journalledProbes(of: trajectory)
  }

  func journal(_ probe: Probe) throws { try worker.journal(probe) }

  func checkpoint(step: Int, _ model: QuantizedModel) throws -> DevelopmentScore {
    let score = try worker.checkpoint(step: step, model)
    watch.sees(model, at: step)
    return score
  }

  func choose(step: Int) throws { try worker.choose(step: step) }

  func keep(_ summary: TrainingSummary) { worker.keep(summary) }
}
