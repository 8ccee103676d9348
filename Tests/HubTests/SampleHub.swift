import Digests
import Harness
import Hub
import Synchronization
import System
import TestSupport

/// A hub with one repository, and another host that its large files are at, as the hub has it.
final class SampleHub: Sendable {
  /// A file of the repository.
  struct File: Sendable {
    var path: String
    var bytes: [UInt8]
    var isLarge = false

    var name: String {
      if isLarge { return sha256Hex(of: bytes) }
      var hash = SHA1()
      hash.update(Array("blob \(bytes.count)\0".utf8) + bytes)
      return hash.hex
    }
  }

  static let commit = String(repeating: "0123456789", count: 4)
  static let id = "owner/model"
  static let secret = "hf_theSecretOfThisTest"

  /// What is done instead of the right thing; nil for the right thing.
  typealias Trick = @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply?

  let files: [File]
  let hub: LoopbackServer
  let store: LoopbackServer
  let folder: TemporaryFolder
  private let waited = Mutex<[Double]>([])
  private let lines = Mutex<[String]>([])

  /// Weights of the sample: bytes that look like nothing.
  static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  static let sample = [
    File(path: "config.json", bytes: Array("{\"model_type\": \"llama\"}".utf8)),
    File(path: "tokenizer.json", bytes: Array("{}".utf8)),
    File(path: "model.safetensors", bytes: weights, isLarge: true),
    File(path: "pytorch_model.bin", bytes: Array("pickle".utf8), isLarge: true),
    File(path: "README.md", bytes: Array("# A model".utf8)),
    File(path: "onnx/model.onnx", bytes: Array("onnx".utf8)),
  ]

  /// A hub with these files.
  ///
  /// - Parameters:
  ///   - files: What the repository has.
  ///   - listing: The text of its listing in place of the right one.
  ///   - hubTrick: Asked first for each request to the hub.
  ///   - storeTrick: The same of the other host.
  /// - Throws: What starting servers and making a folder throws.
  init(
    _ files: [File] = SampleHub.sample, listing: String? = nil,
    hub hubTrick: @escaping Trick = { _ in nil },
    store storeTrick: @escaping Trick = { _ in nil }
  ) throws {
    self.files = files
    folder = try TemporaryFolder()
    let store = try LoopbackServer { request in
      if let reply = storeTrick(request) { return reply }
      guard let file = files.first(where: { "/large/\($0.name)?signature=x" == request.target })
      else { return .init(403) }
      return Self.reply(request, file)
    }
    self.store = store
    let address = store.address
    hub = try LoopbackServer { request in
      if let reply = hubTrick(request) { return reply }
      if request.target.hasPrefix("/api/models/\(Self.id)/revision/") {
        return .init(200, body: Array((listing ?? Self.listing(of: files)).utf8))
      }
      let start = "/\(Self.id)/resolve/\(Self.commit)/"
      guard request.target.hasPrefix(start),
        let file = files.first(where: { $0.path == request.target.dropFirst(start.count) })
      else { return .init(404, [("X-Error-Code", "EntryNotFound")]) }
      guard file.isLarge else {
        var reply = Self.reply(request, file)
        reply.fields += [("ETag", "\"\(file.name)\""), ("X-Repo-Commit", Self.commit)]
        return reply
      }
      return .init(
        302,
        [
          ("Location", "\(address)/large/\(file.name)?signature=x"), ("X-Repo-Commit", Self.commit),
          ("X-Linked-Etag", "\"\(file.name)\""), ("X-Linked-Size", "\(file.bytes.count)"),
          ("ETag", "\"something-else\""),
        ], body: Array("Found".utf8))
    }
  }

  deinit {
    hub.stop()
    store.stop()
  }

  /// All bytes, or those of the range.
  static func reply(_ request: LoopbackServer.Request, _ file: File) -> LoopbackServer.Reply {
    guard let start = request.rangeStart else { return .init(200, body: file.bytes) }
    return .init(
      206,
      [("Content-Range", "bytes \(start)-\(file.bytes.count - 1)/\(file.bytes.count)")],
      body: Array(file.bytes[start...]))
  }

  static func listing(of files: [File], bytes: Int? = nil) -> String {
    let entries = files.map { file in
      let size = bytes ?? file.bytes.count
      let large =
        file.isLarge ? ", \"lfs\": {\"sha256\": \"\(file.name)\", \"size\": \(size)}" : ""
      let blob = file.isLarge ? "" : ", \"blobId\": \"\(file.name)\""
      return "{\"rfilename\": \"\(file.path)\", \"size\": \(size)\(blob)\(large)}"
    }
    return
      "{\"id\": \"\(id)\", \"sha\": \"\(commit)\", \"more\": 1, \"siblings\": [\(entries.joined(separator: ","))]}"
  }

  /// The cache.
  var cache: HubCache { HubCache(["HF_HUB_CACHE": folder.path("hub")]) }
  var repository: String { folder.path("hub/models--owner--model") }
  var snapshot: String { "\(repository)/snapshots/\(Self.commit)" }
  func blob(_ path: String) -> String {
    "\(repository)/blobs/\(files.first { $0.path == path }?.name ?? "?")"
  }

  /// Seconds of each wait so far.
  var waits: [Double] { waited.withLock { $0 } }
  /// Lines that were said so far.
  var words: [String] { lines.withLock { $0 } }

  /// Fetches with the token, without waiting really; `waiting` is called in each wait.
  func fetch(
    _ choice: FileChoice = FileChoice(), revision: String = "main",
    environment: [String: String] = [:],
    connections: (inout ConnectionSettings) -> Void = { _ in }, gain: Int = 1 << 16,
    waiting: @escaping () -> Void = {}
  ) throws -> HubFetch.Outcome {
    var environment = environment
    environment["HF_ENDPOINT"] = environment["HF_ENDPOINT"] ?? hub.address
    environment["HF_TOKEN"] = environment["HF_TOKEN"] ?? Self.secret
    let settings = try HubSettings(environment)
    var own = settings.connections
    connections(&own)
    let clock = HubClock(
      now: { 0 }, unixSeconds: { 784_111_777 },
      sleep: { seconds in
        self.waited.withLock { $0.append(seconds) }
        waiting()
      })
    let progress = FetchProgress(isTerminal: false, now: { 0 }, write: { _ in })
    let fetch = HubFetch(
      try HubRepository(Self.id, revision: revision), choice, into: cache, from: settings,
      by: CurlTransport(own), patience: Patience(gain: gain), clock: clock, progress: progress,
      report: { line in self.lines.withLock { $0.append(line) } })
    return try fetch()
  }

  /// What a fetch throws; nil where it throws nothing.
  func failure(
    _ choice: FileChoice = FileChoice(), revision: String = "main",
    environment: [String: String] = [:],
    connections: (inout ConnectionSettings) -> Void = { _ in }
  ) throws -> HubError? {
    do {
      _ = try fetch(choice, revision: revision, environment: environment, connections: connections)
      return nil
    } catch let error as HubError { return error }
  }
}
