internal import Glibc
package import Harness
internal import System

/// Brings a model's files into the hub's cache.
///
/// What is there stays; what is half there is gone on with; a file gets its name when its bytes are the right ones,
/// and a branch gets its commit when all of its files are there. Two fetches of one file wait for each other.
package struct HubFetch {
  private let repository: HubRepository
  private let choice: FileChoice
  private let store: HubStore
  private let settings: HubSettings
  private let client: HubClient
  private let clock: HubClock
  private let progress: FetchProgress
  private let report: (String) -> Void

  /// What came of it.
  package struct Outcome: Sendable, Equatable {
    /// The folder with the model's files.
    package var snapshot: String
    /// The commit.
    package var commit: String
    /// Files that came, and their bytes.
    package var fetched: Int
    /// Bytes that came.
    package var bytes: Int
    /// Files that were there.
    package var kept: Int

    /// `3 files fetched (1.5 GiB), 2 were there`.
    package var words: String {
      let files = "\(fetched) file\(fetched == 1 ? "" : "s") fetched (\(byteWords(bytes)))"
      let there = "\(kept) \(kept == 1 ? "was" : "were") there"
      return fetched == 0
        ? "all \(kept) files were there" : kept == 0 ? files : "\(files), \(there)"
    }
  }

  /// Space that is left on the disk for everybody else, bytes.
  private static let margin = 1 << 26

  /// A fetch; nothing is touched yet.
  ///
  /// - Parameters:
  ///   - repository: What is fetched.
  ///   - choice: Which of its files.
  ///   - cache: Where to.
  ///   - settings: Where from.
  ///   - transport: What does the requests.
  ///   - patience: How often a passing trouble is tried again.
  ///   - clock: Time.
  ///   - progress: How far it is.
  ///   - report: Gets lines for a reader.
  package init(
    _ repository: HubRepository, _ choice: FileChoice, into cache: HubCache,
    from settings: HubSettings,
    by transport: any HubTransport, patience: Patience = Patience(), clock: HubClock,
    progress: FetchProgress, report: @escaping (String) -> Void
  ) {
    self.repository = repository
    self.choice = choice
    store = HubStore(cache, repository)
    self.settings = settings
    self.clock = clock
    self.progress = progress
    let said: (String) -> Void = {
      progress.clear()
      report($0)
    }
    self.report = said
    client = HubClient(settings, transport, patience: patience, clock: clock, report: said)
  }

  /// Fetches.
  ///
  /// - Throws: ``HubError``.
  package func callAsFunction() throws -> Outcome {
    defer { progress.clear() }
    if let variable = settings.offlineVariable { return try offline(because: variable) }
    if let token = settings.token, !settings.endpoint.isPrivate {
      report(
        "note: the token of \(token.source) goes to \(settings.endpoint.origin) where others can read it: not https"
      )
    }
    let listing = try client.listing(of: repository)
    let chosen = try choice.files(of: listing, id: repository.id)
    var outcome = Outcome(
      snapshot: store.snapshot(listing.commit), commit: listing.commit, fetched: 0, bytes: 0,
      kept: 0)
    try fetch(chosen.files, of: listing, &outcome)
    if let index = chosen.index {
      let text: [UInt8]
      do { text = try readFile("\(outcome.snapshot)/\(index.path)") } catch {
        throw HubError.disk(error)
      }
      try fetch(choice.parts(named: text, in: index, of: listing), of: listing, &outcome)
    }
    try store.remember(listing.commit, as: repository.revision)
    return outcome
  }

  /// A file that is to be fetched.
  private struct Missing {
    var path: String
    var facts: HubClient.Facts
    /// Bytes that an earlier fetch left.
    var left: Int
  }

  private func fetch(
    _ files: [HubListing.File], of listing: HubListing, _ outcome: inout Outcome
  ) throws {
    var tasks: [Missing] = []
    for file in files {
      if let bytes = FileStatus(of: "\(outcome.snapshot)/\(file.path)")?.bytes, bytes == file.bytes
      {
        outcome.kept += 1
        continue
      }
      let facts = try client.facts(of: file, at: listing.commit, of: repository)
      if FileStatus(of: store.blob(facts.blob))?.bytes == facts.bytes {
        try store.link(file.path, at: listing.commit, to: facts.blob)
        outcome.kept += 1
        continue
      }
      let left = FileStatus(of: store.partial(facts.blob))?.bytes ?? 0
      tasks.append(Missing(path: file.path, facts: facts, left: left > facts.bytes ? 0 : left))
    }
    // The same bytes under two names come once.
    var seen: Set<BlobName> = []
    let missing = tasks.filter { seen.insert($0.facts.blob).inserted }
      .reduce(0) { $0 + $1.facts.bytes - $1.left }
    if missing > 0, let free = store.freeBytes, free < missing + Self.margin {
      throw HubError.noSpace(bytes: missing, free: free, folder: store.cache)
    }
    progress.expect(missing)
    if !tasks.isEmpty { try store.prepare() }
    for task in tasks {
      let came = try fetch(task, at: listing.commit)
      try store.link(task.path, at: listing.commit, to: task.facts.blob)
      if let came {
        outcome.fetched += 1
        outcome.bytes += came
      } else {
        outcome.kept += 1
      }
    }
  }

  /// Fetches one blob under its lock; the bytes that came, nil where another process brought it meanwhile.
  private func fetch(_ task: Missing, at commit: String) throws -> Int? {
    var hasSaid = false
    var lock = try store.lock(task.facts.blob)
    while lock == nil {
      if !hasSaid { report("another process fetches '\(task.path)'; waiting for it") }
      hasSaid = true
      try clock.sleep(0.2)
      lock = try store.lock(task.facts.blob)
    }
    return try withExtendedLifetime(lock) { () -> Int? in
      let blob = store.blob(task.facts.blob)
      if FileStatus(of: blob)?.bytes == task.facts.bytes { return nil }
      let came = try download(task, at: commit)
      do throws(FileError) { try moveFile(store.partial(task.facts.blob), to: blob) } catch {
        throw HubError.disk(error)
      }
      return came
    }
  }

  /// Brings the bytes of a blob to its partial file; how many came.
  private func download(_ missing: Missing, at commit: String) throws -> Int {
    let partial = store.partial(missing.facts.blob)
    var came = 0
    var known = 0
    // What is there is digested first, which takes its time.
    let left = FileStatus(of: partial)?.bytes ?? 0
    if left > 0, left <= missing.facts.bytes {
      report("'\(missing.path)' goes on at \(byteWords(left))")
    }
    let download = try BlobDownload(missing.path, missing.facts, at: partial) { offset in
      if offset > known {
        came += offset - known
        progress.came(offset - known, of: missing.path)
      } else {
        progress.expect(known - offset)
      }
      known = offset
    }
    known = download.offset
    var isResumed = known > 0
    while true {
      try complete(download, of: missing.path, at: commit)
      do {
        try download.finish()
        return came
      } catch {
        guard case .wrongDigest = error else { throw error }
        guard isResumed else {
          // Nothing tells right bytes from wrong ones, so that none is gone on with.
          try? removeTree(partial)
          throw error
        }
        // What an earlier fetch left may be what is wrong.
        isResumed = false
        report("'\(missing.path)' has wrong bytes, and is fetched from its beginning")
        try download.startOver()
      }
    }
  }

  /// Asks for what is missing of a file until it is all there.
  private func complete(
    _ download: BlobDownload, of path: String, at commit: String
  ) throws {
    var attempts = client.attempts()
    while !download.isComplete {
      let before = download.offset
      do {
        try client.bytes(
          of: path, at: commit, of: repository, from: before, into: download)
        guard download.isComplete else {
          throw TransportError(host: settings.endpoint.words, cause: .cut)
        }
      } catch {
        if download.offset - before >= client.gain { attempts.gained() }
        try attempts.wait(after: error)
      }
    }
  }

  /// What the cache has, where nobody may be asked.
  private func offline(because variable: String) throws -> Outcome {
    func missing(_ what: String) -> HubError {
      .offline(
        variable: variable, id: repository.id, revision: repository.revision, missing: what)
    }
    guard let commit = store.commit(of: repository.revision),
      FileStatus(of: store.snapshot(commit))?.isFolder == true
    else { throw missing("everything") }
    let snapshot = store.snapshot(commit)
    let listing = HubListing(
      commit: commit,
      files: try Self.paths(in: snapshot).map {
        HubListing.File(
          path: $0, bytes: FileStatus(of: "\(snapshot)/\($0)")?.bytes, blob: nil)
      }.filter { $0.bytes != nil })
    let chosen: FileChoice.Chosen
    do { chosen = try choice.files(of: listing, id: repository.id) } catch {
      switch error {
      case .noConfiguration: throw missing("config.json")
      case .noWeights: throw missing("the weights")
      case .nothingMatches: throw missing("such a file")
      default: throw error
      }
    }
    var count = chosen.files.count
    if let index = chosen.index {
      do {
        let text = try readFile("\(snapshot)/\(index.path)")
        count += try choice.parts(named: text, in: index, of: listing).count
      } catch let error as HubError {
        if case .badIndex = error { throw missing("parts of the weights") }
        throw error
      }
    }
    return Outcome(snapshot: snapshot, commit: commit, fetched: 0, bytes: 0, kept: count)
  }

  /// Paths of all files below a folder.
  private static func paths(in folder: String, below path: String = "") throws -> [String] {
    try listFolder(folder + (path.isEmpty ? "" : "/\(path)")).flatMap { name -> [String] in
      let inner = path.isEmpty ? name : "\(path)/\(name)"
      // A snapshot's folders are its own; its files are links.
      return FileStatus(of: "\(folder)/\(inner)")?.isFolder == true
        ? try paths(in: folder, below: inner) : [inner]
    }
  }
}
