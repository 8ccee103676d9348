import Hub
import Testing

/// Who sees the token, over hosts that no test can have.
@Suite struct RedirectTests {
  /// Answers by the address alone.
  private final class Script: HubTransport {
    let replies: [String: (Int, String)]
    private(set) var seen: [(address: String, hasToken: Bool)] = []

    init(_ replies: [String: (Int, String)]) { self.replies = replies }

    func perform(_ request: HubRequest, into sink: any ResponseSink) throws {
      seen.append(
        (
          request.address.text,
          request.headers.contains { $0.lowercased().hasPrefix("authorization") }
        ))
      let (status, location) = replies[request.address.text] ?? (404, "")
      var head = ResponseHead(status: status)
      head.fields = [("location", location)]
      try sink.begin(head)
    }
  }

  private func ask(_ script: Script) throws {
    let clock = HubClock(now: { 0 }, unixSeconds: { 0 }, sleep: { _ in })
    let settings = try HubSettings(["HF_ENDPOINT": "https://hub", "HF_TOKEN": "hf_x"])
    let client = HubClient(settings, script, patience: Patience(), clock: clock, report: { _ in })
    _ = try client.listing(of: HubRepository("a/b"))
  }

  private static let start = "https://hub/api/models/a/b/revision/main?blobs=true"

  @Test(arguments: [
    "https://other/x", "https://hub:8443/x", "https://hub.evil/x", "https://sub.hub/x", "//other/x",
  ]) func anotherHostDoesNotSeeIt(location: String) throws {
    let script = Script([Self.start: (302, location)])
    #expect(throws: HubError.noRepository(id: "a/b", hasToken: true)) { try ask(script) }
    #expect(script.seen.map(\.hasToken) == [true, false])
  }

  @Test func norTheHubAgainWhenAnotherHostSendsThere() throws {
    let script = Script([
      Self.start: (302, "https://other/x"), "https://other/x": (302, "https://hub/steal"),
    ])
    #expect(throws: HubError.self) { try ask(script) }
    #expect(script.seen.map(\.address) == [Self.start, "https://other/x", "https://hub/steal"])
    #expect(script.seen.map(\.hasToken) == [true, false, false])
  }

  @Test func theHubItselfDoes() throws {
    let script = Script([Self.start: (307, "/api/models/c/d")])
    #expect(throws: HubError.self) { try ask(script) }
    #expect(script.seen.map(\.hasToken) == [true, true])
  }

  @Test func nobodyGoesFromHTTPSToHTTP() throws {
    let script = Script([Self.start: (302, "http://hub/x")])
    #expect(throws: HubError.badRedirect(host: "hub", reason: "from https to http, at hub")) {
      try ask(script)
    }
    #expect(script.seen.count == 1)
  }
}
