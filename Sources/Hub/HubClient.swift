/// Asks a hub: with redirects, with patience, and with the token where it belongs.
package final class HubClient {
  private let settings: HubSettings
  private let transport: any HubTransport
  private let patience: Patience
  private let clock: HubClock
  private let report: (String) -> Void

  /// Redirects of one answer.
  private static let mostRedirects = 10
  /// Bytes of a listing: the longest seen have ten thousand files.
  private static let longestListing = 1 << 26

  /// A client.
  ///
  /// - Parameters:
  ///   - settings: Where the hub is, and what opens it.
  ///   - transport: What does the requests.
  ///   - patience: How often a passing trouble is tried again.
  ///   - clock: Time.
  ///   - report: Gets a line when something is tried again.
  package init(
    _ settings: HubSettings, _ transport: any HubTransport, patience: Patience, clock: HubClock,
    report: @escaping (String) -> Void
  ) {
    self.settings = settings
    self.transport = transport
    self.patience = patience
    self.clock = clock
    self.report = report
  }

  /// Attempts at something.
  func attempts() -> Attempts { Attempts(patience, clock, report) }

  /// Bytes that make an attempt worth another five.
  var gain: Int { patience.gain }

  /// What the hub has of a repository at its revision.
  package func listing(of repository: HubRepository) throws -> HubListing {
    let revision = WebAddress.encoded(repository.revision, keepsSlashes: false)
    let address = settings.endpoint.with(
      "/api/models/\(repository.id)/revision/\(revision)?blobs=true")
    let body: [UInt8] = try patiently {
      let body = BodyCollector(host: address.words, limit: Self.longestListing)
      let head = try follow(
        HubRequest(.get, address, headers: ["Accept: application/json"]), into: body)
      try check(head, of: repository, path: nil, host: address.words)
      return body.bytes
    }
    return try HubListing(text: body, of: repository.id)
  }

  /// What the hub says of a file.
  struct Facts: Equatable {
    var bytes: Int
    var blob: BlobName
  }

  /// Size and digest of a file at a commit, held to what was listed.
  func facts(
    of file: HubListing.File, at commit: String, of repository: HubRepository
  ) throws -> Facts {
    let address = self.address(of: file.path, at: commit, of: repository)
    let head = try patiently {
      let head = try follow(
        HubRequest(.head, address), staysHere: true, into: NoBody())
      if !head.isRedirect {
        try check(head, of: repository, path: file.path, host: address.words)
      }
      return head
    }
    func bad(_ reason: String) -> HubError { .badFacts(path: file.path, reason: reason) }
    guard let found = head["x-repo-commit"] else {
      throw bad("it names no commit; is HF_ENDPOINT a hub?")
    }
    guard found == commit else {
      throw bad("it is of commit \(HubError.shown(found)), and \(commit) was listed")
    }
    guard let tag = head["x-linked-etag"] ?? head["etag"], let blob = BlobName(etag: tag) else {
      throw bad(
        "its ETag \(HubError.shown(head["x-linked-etag"] ?? head["etag"] ?? "(none)")) is neither SHA-256 nor "
          + "git's SHA-1, so that nobody could tell whether its bytes are right")
    }
    let sized = head["x-linked-size"] ?? (head.isRedirect ? nil : head["content-length"])
    guard let bytes = sized.flatMap({ Int($0) }) ?? file.bytes, bytes >= 0, bytes < 1 << 50 else {
      throw bad("it has no size")
    }
    if let listed = file.bytes, listed != bytes {
      throw bad("it was listed with \(listed) bytes, and has \(bytes)")
    }
    if let listed = file.blob, listed.kind == blob.kind, listed != blob {
      throw bad("it was listed as \(listed), and is \(blob)")
    }
    return Facts(bytes: bytes, blob: blob)
  }

  /// Does one request for a file's bytes, from `offset` on.
  func bytes(
    of path: String, at commit: String, of repository: HubRepository, from offset: Int,
    into sink: any ResponseSink
  ) throws {
    let address = self.address(of: path, at: commit, of: repository)
    let range = offset > 0 ? ["Range: bytes=\(offset)-"] : []
    let head = try follow(
      HubRequest(.get, address, headers: range, isSmall: false), into: sink)
    try check(head, of: repository, path: path, host: address.words)
  }

  private func address(
    of path: String, at commit: String, of repository: HubRepository
  ) -> WebAddress {
    settings.endpoint.with(
      "/\(repository.id)/resolve/\(commit)/\(WebAddress.encoded(path, keepsSlashes: true))")
  }

  /// Tries until it goes well, or is known not to.
  private func patiently<T>(_ attempt: () throws -> T) throws -> T {
    var attempts = attempts()
    while true {
      do { return try attempt() } catch { try attempts.wait(after: error) }
    }
  }

  /// Does a request and those that redirects lead to.
  ///
  /// The token goes to the hub alone: not to another scheme, host or port, and not to the hub again
  /// after an answer led away from it.
  ///
  /// - Parameters:
  ///   - request: The first request.
  ///   - staysHere: Whether an answer that leads elsewhere is the one that is wanted.
  ///   - sink: Gets the answer that isn't a redirect, if it is a good one.
  /// - Returns: The last answer's head.
  /// - Throws: What the transport and the sink throw, ``HubError/badRedirect(host:reason:)``.
  private func follow(
    _ request: HubRequest, staysHere: Bool = false, into sink: any ResponseSink
  ) throws -> ResponseHead {
    var request = request
    var isAtHub = true
    for _ in 0...Self.mostRedirects {
      isAtHub = isAtHub && request.address.origin == settings.endpoint.origin
      var shown = request
      if isAtHub, let token = settings.token { shown.headers.append(token.header) }
      let hop = Hop(sink, host: request.address.words)
      try transport.perform(shown, into: hop)
      guard let head = hop.head else {
        throw TransportError(host: request.address.words, cause: .cut)
      }
      guard head.isRedirect, let location = head["location"] else { return head }
      guard let next = request.address.following(location) else {
        throw HubError.badRedirect(
          host: request.address.words,
          reason: "to '\(HubError.shown(location))', no http or https address")
      }
      if request.address.scheme == "https", next.scheme == "http" {
        throw HubError.badRedirect(
          host: request.address.words, reason: "from https to http, at \(next.words)")
      }
      if staysHere, next.origin != request.address.origin { return head }
      request.address = next
    }
    throw HubError.badRedirect(
      host: settings.endpoint.words, reason: "more than \(Self.mostRedirects) times in a row")
  }

  /// Throws what a status means.
  private func check(
    _ head: ResponseHead, of repository: HubRepository, path: String?, host: String
  ) throws {
    let code = head["x-error-code"]
    let token = settings.token
    switch head.status {
    case 200, 206: return
    case 401 where code != "GatedRepo":
      throw code == "RepoNotFound" && token != nil
        ? HubError.noRepository(id: repository.id, hasToken: true)
        : HubError.unauthorized(id: repository.id, token: token?.source)
    case 401, 403:
      guard code == "GatedRepo" else {
        throw HubError.forbidden(id: repository.id, reason: head["x-error-message"])
      }
      throw HubError.gated(
        id: repository.id, page: "\(settings.endpoint.text.trimmingSlash)/\(repository.id)",
        token: token?.source)
    case 404 where path != nil && code != "RepoNotFound" && code != "RevisionNotFound":
      throw HubError.noFile(path: path ?? "", id: repository.id)
    case 404:
      throw code == "RevisionNotFound"
        ? HubError.noRevision(id: repository.id, revision: repository.revision)
        : HubError.noRepository(id: repository.id, hasToken: token != nil)
    case 408, 429, 500, 502, 503, 504:
      let asked = head["retry-after"].flatMap {
        Patience.seconds(retryAfter: $0, unixSeconds: clock.unixSeconds())
      }
      throw PassingAnswer(host: host, status: head.status, retryAfter: asked)
    default: throw HubError.unexpected(host: host, status: head.status)
    }
  }
}

extension String {
  /// Without a slash at the end.
  fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

/// Keeps a redirect's words from the sink that waits behind it.
private final class Hop: ResponseSink {
  private(set) var head: ResponseHead?
  private let sink: any ResponseSink
  private let host: String
  private var ignored = 0

  /// Words that come with a redirect or an error: nobody reads them.
  private static let longestIgnored = 1 << 20

  init(_ sink: any ResponseSink, host: String) {
    self.sink = sink
    self.host = host
  }

  private var isWanted: Bool { head.map { $0.status == 200 || $0.status == 206 } ?? false }

  func begin(_ head: ResponseHead) throws {
    self.head = head
    if isWanted { try sink.begin(head) }
  }

  func take(_ bytes: UnsafeRawBufferPointer) throws {
    if isWanted { return try sink.take(bytes) }
    ignored += bytes.count
    if ignored > Self.longestIgnored {
      throw HubError.answerTooLong(host: host, bytes: Self.longestIgnored)
    }
  }
}

/// Keeps a short answer.
private final class BodyCollector: ResponseSink {
  private(set) var bytes: [UInt8] = []
  private let host: String
  private let limit: Int

  init(host: String, limit: Int) {
    self.host = host
    self.limit = limit
  }

  func begin(_ head: ResponseHead) throws { bytes = [] }

  func take(_ more: UnsafeRawBufferPointer) throws {
    guard bytes.count + more.count <= limit else {
      throw HubError.answerTooLong(host: host, bytes: limit)
    }
    bytes.append(contentsOf: more)
  }
}

/// Of an answer that has a head alone.
private final class NoBody: ResponseSink {
  func begin(_ head: ResponseHead) throws {}
  func take(_ bytes: UnsafeRawBufferPointer) throws {}
}
