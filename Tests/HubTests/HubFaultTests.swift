import Glibc
import Harness
import Hub
import System
import TestSupport
import Testing

/// Every fault that a hub, the way to it, or this machine may have: what is said, how the program ends, what is kept.
@Suite struct HubFaultTests {
  private static func isListing(_ request: LoopbackServer.Request) -> Bool {
    request.target.hasPrefix("/api/")
  }

  private func partial(_ sample: SampleHub) -> Int? {
    FileStatus(of: sample.blob("model.safetensors") + ".incomplete")?.bytes
  }

  @Test(
    arguments: [
      (
        401, "", nil,
        "the hub doesn't show 'owner/model' to strangers (401): it is private or gated, or doesn't exist; check the name, or set HF_TOKEN"
      ),
      (401, "", "hf_x", "the hub doesn't accept the token of HF_TOKEN for 'owner/model' (401)"),
      (
        401, "RepoNotFound", "hf_x",
        "the hub has no model 'owner/model' that this token may see"
      ),
      (
        401, "GatedRepo", nil,
        "'owner/model' is gated: ask for access at HUB/owner/model, and set HF_TOKEN"
      ),
      (
        403, "GatedRepo", "hf_x",
        "'owner/model' is gated: ask for access at HUB/owner/model, as whom the token of HF_TOKEN is"
      ),
      (403, "", "hf_x", "the hub refuses 'owner/model' (403): because ? I say so"),
      (404, "RepoNotFound", nil, "the hub has no model 'owner/model'"),
      (404, "RevisionNotFound", nil, "'owner/model' has no revision 'main'"),
      (418, "", nil, "HOST answered 418, which is no answer to that"),
    ] as [(Int, String, String?, String)])
  func whatTheHubRefuses(status: Int, code: String, token: String?, words: String) throws {
    let sample = try SampleHub(hub: { _ in
      .init(status, [("X-Error-Code", code), ("X-Error-Message", "because \u{1} I say so")])
    })
    let error = try #require(try sample.failure(environment: ["HF_TOKEN": token ?? " "]))
    let host = String(sample.hub.address.dropFirst(7))
    #expect(
      "\(error)"
        == words.replacing("HUB", with: sample.hub.address).replacing("HOST", with: host))
    #expect(error.exitStatus == 2)
    #expect(sample.waits.isEmpty && sample.hub.requests.count == 1)
    #expect(try listFolder(sample.folder.path).isEmpty)
  }

  @Test func aListedFileThatIsGone() throws {
    let sample = try SampleHub(hub: { Self.isListing($0) ? nil : .init(404) })
    #expect(try sample.failure() == .noFile(path: "config.json", id: SampleHub.id))
  }

  @Test func tooManyRequestsAreWaitedFor() throws {
    let busy = Countdown(2)
    let sample = try SampleHub(hub: { _ in busy.next() ? .init(429, [("Retry-After", "7")]) : nil })
    _ = try sample.fetch()
    #expect(sample.waits == [7, 7])
    let host = sample.hub.address.dropFirst(7)
    #expect(sample.words == [String](repeating: "\(host) answered 429; again in 7 s", count: 2))
  }

  @Test func aDateIsWaitedFor() throws {
    let busy = Countdown(1)
    let sample = try SampleHub(hub: { _ in
      busy.next() ? .init(429, [("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT")]) : nil
    })
    _ = try sample.fetch()
    #expect(sample.waits == [30])
  }

  @Test func nobodyWaitsForEver() throws {
    let sample = try SampleHub(hub: { _ in .init(429, [("Retry-After", "86400")]) })
    let error = try #require(try sample.failure())
    #expect(
      "\(error)"
        == "\(sample.hub.address.dropFirst(7)) has too many requests (429) and asks to wait 86400 s; do the same later"
    )
    #expect(error.exitStatus == 3 && sample.waits.isEmpty)
    let always = try SampleHub(hub: { _ in .init(429, [("Retry-After", "0")]) })
    #expect(
      try always.failure() == .tooMany(host: String(always.hub.address.dropFirst(7)), seconds: nil))
    #expect(always.waits == [1, 1, 1, 1])
  }

  @Test func aHubThatIsDown() throws {
    let down = Countdown(2)
    let sample = try SampleHub(hub: { _ in down.next() ? .init(503) : nil })
    _ = try sample.fetch()
    #expect(sample.waits == [1, 2])
    let always = try SampleHub(hub: { _ in .init(502) })
    let error = try #require(try always.failure())
    #expect(
      "\(error)"
        == "\(always.hub.address.dropFirst(7)) answered 502, 5 times; the same command goes on from there"
    )
    #expect(error.exitStatus == 3 && always.waits == [1, 2, 4, 8])
  }

  @Test func nobodyListens() throws {
    let sample = try SampleHub()
    let port = sample.hub.port
    sample.hub.stop()
    usleep(50_000)
    let error = try #require(try sample.failure())
    #expect(
      "\(error)"
        == "no connection to 127.0.0.1:\(port), 5 times; the same command goes on from there")
    #expect(error.exitStatus == 3)
    let nowhere = try #require(
      try sample.failure(environment: ["HF_ENDPOINT": "http://nowhere.invalid"]))
    #expect(
      "\(nowhere)".hasPrefix(
        "the name 'nowhere.invalid' leads nowhere: no network, or a proxy is needed, 5 times"))
  }

  @Test func whatIsCutForGoodCanBeGoneOnWith() throws {
    let weights = SampleHub.sample[2]
    let sample = try SampleHub(store: { request in
      var reply = SampleHub.reply(request, weights)
      reply.cutAfter = 1000
      return reply
    })
    let error = try #require(try sample.failure())
    #expect(
      "\(error)"
        == "the connection to \(sample.store.address.dropFirst(7)) was cut, 5 times; the same command goes on from there"
    )
    #expect(error.exitStatus == 3 && partial(sample) == 5000)
    // Without a commit, nothing takes the half for the whole.
    #expect(sample.cache.snapshot(of: SampleHub.id, .models) == nil)
  }

  @Test func wrongBytes() throws {
    let sample = try SampleHub(store: { _ in
      .init(200, body: SampleHub.weights.dropLast() + [SampleHub.weights[0] &+ 1])
    })
    let error = try #require(try sample.failure())
    #expect(
      "\(error)".wholeMatch(
        of: try Regex(
          "'model.safetensors' came with the wrong bytes: expected SHA-256 \(SampleHub.sample[2].name), "
            + "found [0-9a-f]{64}; they are removed, and the same command fetches them again"))
        != nil,
      "\(error)")
    #expect(error.exitStatus == 3 && partial(sample) == nil)
    #expect(FileStatus(of: sample.blob("model.safetensors")) == nil)
    #expect(FileStatus(of: sample.snapshot + "/model.safetensors") == nil)
  }

  @Test func wrongBytesOfASmallFile() throws {
    let config = SampleHub.sample[0]
    let sample = try SampleHub(hub: { request in
      guard request.method == "GET", request.target.hasSuffix("config.json") else { return nil }
      return .init(200, body: [UInt8](repeating: 32, count: config.bytes.count))
    })
    let error = try #require(try sample.failure())
    #expect(
      "\(error)".hasPrefix(
        "'config.json' came with the wrong bytes: expected git's SHA-1 \(config.name), found "))
  }

  @Test func wrongSizes() throws {
    let short = try SampleHub(store: { _ in .init(200, body: Array(SampleHub.weights.prefix(99))) })
    #expect(
      try short.failure() == .wrongSize(path: "model.safetensors", expected: 300_000, found: 99))
    let long = try SampleHub(store: { _ in .init(200, body: SampleHub.weights + [1]) })
    #expect(
      try long.failure() == .wrongSize(path: "model.safetensors", expected: 300_000, found: 300_001)
    )
    // Without a length, and without an end.
    let endless = try SampleHub(store: { _ in
      var reply = LoopbackServer.Reply(200, body: SampleHub.weights)
      (reply.length, reply.isEndless) = (-1, true)
      return reply
    })
    let error = try #require(try endless.failure())
    #expect(
      "\(error)".hasPrefix(
        "'model.safetensors' came with the wrong size: expected 300000 bytes, found 3"))
    #expect(error.exitStatus == 3 && (partial(endless) ?? 0) <= 300_000)
    // A length beyond all that comes.
    let lying = try SampleHub(store: { _ in
      var reply = LoopbackServer.Reply(200, body: Array(SampleHub.weights.prefix(1000)))
      reply.length = 300_000
      return reply
    })
    #expect("\(try #require(try lying.failure()))".contains("was cut, 5 times"))
  }

  @Test func anEndlessListing() throws {
    let sample = try SampleHub(hub: { _ in
      var reply = LoopbackServer.Reply(200)
      (reply.length, reply.isEndless) = (-1, true)
      return reply
    })
    #expect(
      try sample.failure()
        == .answerTooLong(host: String(sample.hub.address.dropFirst(7)), bytes: 1 << 26))
  }

  @Test func anEndlessHead() throws {
    let sample = try SampleHub(hub: { _ in
      .init(200, (0..<300).map { ("X-\($0)", String(repeating: "x", count: 1000)) })
    })
    let error = try #require(try sample.failure())
    #expect(error.exitStatus == 2)
    guard case .transport = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func rangesThatNobodyAskedFor() throws {
    let sample = try SampleHub(store: { _ in
      .init(206, [("Content-Range", "bytes 5-299999/300000")], body: SampleHub.weights)
    })
    try makeFolder(sample.repository + "/blobs")
    try writeDurably(
      Array(SampleHub.weights.prefix(1000)), to: sample.blob("model.safetensors") + ".incomplete")
    let error = try #require(try sample.failure())
    #expect(
      "\(error)"
        == "what the hub says of 'model.safetensors' can't be used: bytes 1000 and those behind it were asked for, "
        + "of 300000, and the answer is of 'bytes 5-299999/300000'")
    #expect(partial(sample) == 1000)
  }

  @Test func aCodingThatNobodyAskedFor() throws {
    let sample = try SampleHub(store: { _ in
      .init(200, [("Content-Encoding", "gzip")], body: SampleHub.weights)
    })
    #expect(
      try sample.failure()
        == .badFacts(
          path: "model.safetensors", reason: "it comes in the coding 'gzip', which nobody asked for"
        ))
  }

  @Test func aServerThatFallsSilent() throws {
    for isListing in [true, false] {
      let trick: SampleHub.Trick = { _ in
        var reply = LoopbackServer.Reply(200)
        reply.silence = 4
        return reply
      }
      let sample =
        isListing ? try SampleHub(hub: trick) : try SampleHub(store: trick)
      let error = try sample.failure(connections: {
        $0.answerSeconds = 0.3
        $0.stallSeconds = 1
      })
      #expect(
        error
          == .transport(
            TransportError(
              host: String((isListing ? sample.hub : sample.store).address.dropFirst(7)),
              cause: .tooSlow),
            attempts: 5))
    }
  }

  @Test(arguments: ["../x", "/etc/passwd", "a/../../x", "a//b", "a\\\\b", "", ".", "a\\u0007b"])
  func namesThatLeadOut(path: String) throws {
    let sample = try SampleHub(
      listing: """
        {"sha": "\(SampleHub.commit)", "siblings": [{"rfilename": "config.json"}, {"rfilename": "\(path)"}]}
        """)
    let error = try #require(try sample.failure())
    guard case .unsafeName = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.exitStatus == 2 && sample.hub.requests.count == 1)
    #expect(try listFolder(sample.folder.path).isEmpty)
  }

  @Test func anIndexThatLeadsOut() throws {
    let index = SampleHub.File(
      path: "model.safetensors.index.json",
      bytes: Array("{\"weight_map\": {\"a\": \"../../x.safetensors\"}}".utf8))
    let sample = try SampleHub([SampleHub.sample[0], index])
    #expect(
      "\(try #require(try sample.failure()))"
        == "'model.safetensors.index.json' of the repository can't be used: it names '../../x.safetensors', which the repository hasn't"
    )
  }

  @Test func factsThatContradict() throws {
    func failure(_ fields: [(String, String)]) throws -> String {
      let sample = try SampleHub(hub: { request in
        Self.isListing(request) ? nil : .init(200, fields, body: SampleHub.sample[0].bytes)
      })
      return "\(try #require(try sample.failure()))"
    }
    let start = "what the hub says of 'config.json' can't be used: "
    let tag = ("ETag", "\"\(SampleHub.sample[0].name)\"")
    #expect(try failure([tag]) == start + "it names no commit; is HF_ENDPOINT a hub?")
    #expect(
      try failure([tag, ("X-Repo-Commit", "abc")])
        == start + "it is of commit abc, and \(SampleHub.commit) was listed")
    let commit = ("X-Repo-Commit", SampleHub.commit)
    #expect(
      try failure([("ETag", "\"../../x\""), commit])
        == start
        + "its ETag \"../../x\" is neither SHA-256 nor git's SHA-1, so that nobody could tell whether its bytes are right"
    )
    let other = String(repeating: "a", count: 40)
    #expect(
      try failure([("ETag", "\"\(other)\""), commit])
        == start + "it was listed as \(SampleHub.sample[0].name), and is \(other)")
    #expect(
      try failure([tag, commit, ("X-Linked-Size", "7")])
        == start + "it was listed with 23 bytes, and has 7")
  }

  @Test(arguments: [
    ("[]", "it names no commit in \"sha\""),
    ("{\"sha\": \"main\"}", "it names no commit in \"sha\""),
    ("<html>", "it isn't JSON"),
    ("{\"sha\": \"\(SampleHub.commit)\"}", "it has no files in \"siblings\""),
    (
      "{\"sha\": \"\(SampleHub.commit)\", \"siblings\": [{\"rfilename\": 3}]}",
      "a file has no name in \"rfilename\""
    ),
    (
      "{\"sha\": \"\(SampleHub.commit)\", \"siblings\": [{\"rfilename\": \"a\"}, {\"rfilename\": \"a\"}]}",
      "it has 'a' twice"
    ),
  ]) func listingsThatAreNone(text: String, reason: String) throws {
    #expect(
      try SampleHub(listing: text).failure() == .badListing(id: SampleHub.id, reason: reason))
  }

  @Test func moreThanFits() throws {
    let huge = 1 << 49
    let sample = try SampleHub(
      listing: SampleHub.listing(
        of: Array(SampleHub.sample[2...2]) + [SampleHub.sample[0]], bytes: huge),
      hub: { request in
        Self.isListing(request)
          ? nil
          : .init(
            200,
            [
              ("ETag", SampleHub.sample[request.target.hasSuffix("json") ? 0 : 2].name),
              ("X-Repo-Commit", SampleHub.commit), ("X-Linked-Size", "\(huge)"),
            ])
      })
    let error = try #require(try sample.failure())
    #expect(error.exitStatus == 2)
    #expect("\(error)".hasPrefix("1024.0 TiB are to be fetched, and "))
    #expect("\(error)".contains(" are free at '\(sample.cache.path)'; make room, or name"))
    #expect(sample.hub.requests.allSatisfy { Self.isListing($0) || $0.method == "HEAD" })
  }

  @Test func redirectsThatAreNotFollowed() throws {
    for (location, reason) in [
      ("file:///etc/passwd", "to 'file:///etc/passwd', no http or https address"),
      (
        "http://user:word@127.0.0.1/x",
        "to 'http://user:word@127.0.0.1/x', no http or https address"
      ),
    ] {
      let sample = try SampleHub(hub: { _ in .init(302, [("Location", location)]) })
      #expect(
        try sample.failure()
          == .badRedirect(host: String(sample.hub.address.dropFirst(7)), reason: reason))
    }
    let round = try SampleHub(hub: { request in .init(307, [("Location", request.target)]) })
    #expect(
      try round.failure()
        == .badRedirect(
          host: String(round.hub.address.dropFirst(7)), reason: "more than 10 times in a row"))
  }

  @Test func aRenamedRepositoryIsFollowedWithTheToken() throws {
    let sample = try SampleHub(hub: { request in
      request.target.hasPrefix("/api/models/owner/model/revision/main")
        && !request.target.contains("again")
        ? .init(307, [("Location", "/api/models/owner/model/revision/main?again")]) : nil
    })
    _ = try sample.fetch()
    #expect(sample.hub.requests[1].fields["authorization"] == "Bearer \(SampleHub.secret)")
  }

  @Test func offlineTheCacheMustHaveIt() throws {
    let sample = try SampleHub()
    let environment = ["HF_HUB_OFFLINE": "1"]
    let error = try #require(try sample.failure(environment: environment))
    #expect(
      "\(error)"
        == "HF_HUB_OFFLINE is set, and the hub's cache lacks everything of 'owner/model' at 'main'; unset it to fetch"
    )
    #expect(error.exitStatus == 2 && sample.hub.requests.isEmpty)
    _ = try sample.fetch()
    let before = sample.hub.requests.count
    let there = try sample.fetch(environment: environment)
    #expect(there.snapshot == sample.snapshot && there.kept == 3 && there.fetched == 0)
    #expect(unlink(sample.blob("model.safetensors")) == 0)
    #expect(
      try sample.failure(environment: ["TRANSFORMERS_OFFLINE": "true"])
        == .offline(
          variable: "TRANSFORMERS_OFFLINE", id: SampleHub.id, revision: "main",
          missing: "the weights"))
    #expect(sample.hub.requests.count == before)
  }

  @Test func aFolderThatCannotBeWritten() throws {
    let sample = try SampleHub()
    _ = try sample.folder.write("a file", to: "hub")
    let error = try #require(try sample.failure())
    #expect(
      "\(error)".hasPrefix("cannot make the folder '\(sample.repository)"), "\(error)")
    #expect(error.exitStatus == 3)
  }

  @Test func aSignalEndsIt() throws {
    let sample = try SampleHub()
    let transport = CurlTransport(ConnectionSettings(), isInterrupted: { true })
    let clock = HubClock(now: { 0 }, unixSeconds: { 0 }, sleep: { _ in })
    let fetch = HubFetch(
      try HubRepository(SampleHub.id), FileChoice(), into: sample.cache,
      from: try HubSettings(["HF_ENDPOINT": sample.hub.address]), by: transport, clock: clock,
      progress: FetchProgress(isTerminal: false, now: { 0 }, write: { _ in }), report: { _ in })
    #expect(throws: HubError.interrupted) { try fetch() }
  }
}
