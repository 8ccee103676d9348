import Hub
import Synchronization
import TestSupport
import Testing

/// What is shown of a fetch that takes its time.
@Suite struct FetchProgressTests {
  /// Fetches the sample's 300,000 bytes and the small files at a clock that goes on by `step` a look.
  private func shown(isTerminal: Bool, step: Double) throws -> String {
    let text = Mutex("")
    let time = Mutex(-step)
    let sample = try SampleHub()
    let clock: @Sendable () -> Double = {
      time.withLock { time in
        time += step
        return time
      }
    }
    let fetch = HubFetch(
      try HubRepository(SampleHub.id), FileChoice(), into: sample.cache,
      from: try HubSettings(["HF_ENDPOINT": sample.hub.address]),
      by: CurlTransport(ConnectionSettings()),
      clock: HubClock(now: clock, unixSeconds: { 0 }, sleep: { _ in }),
      progress: FetchProgress(isTerminal: isTerminal, now: clock) { words in
        text.withLock { $0 += words }
      }, report: { _ in })
    _ = try fetch()
    return text.withLock { $0 }
  }

  @Test func nothingOfAShortOne() throws {
    #expect(try shown(isTerminal: true, step: 0) == "")
    #expect(try shown(isTerminal: false, step: 0.01) == "")
  }

  @Test func linesWithWhatIsLeft() throws {
    let lines = try shown(isTerminal: false, step: 10).split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      #expect(
        line.wholeMatch(
          of:
            #/  (config\.json|tokenizer\.json|model\.safetensors): [0-9.]+ (bytes|KiB) of 293\.0 KiB, [0-9.]+ (bytes|KiB) a second, .+ left/#
        ) != nil, "\(line)")
    }
  }

  @Test func onATerminalTheLineIsRemoved() throws {
    let text = try shown(isTerminal: true, step: 10)
    #expect(text.hasPrefix("\r\u{1b}[K  ") && text.hasSuffix("\r\u{1b}[K"))
    #expect(!text.contains("\n"))
  }
}
