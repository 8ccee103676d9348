import Digests
import Glibc
import Harness
import Hub
import System
import TestSupport
import Testing

/// What a fetch brings, asks for and leaves, where all goes well or nearly so.
@Suite struct HubFetchTests {
  private func target(_ link: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(link, &buffer, buffer.count)
    return count < 0
      ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test func theCacheIsLaidOutAsTheHubsOwn() throws {
    let sample = try SampleHub()
    let outcome = try sample.fetch()
    #expect(outcome.snapshot == sample.snapshot && outcome.commit == SampleHub.commit)
    #expect(outcome.words == "3 files fetched (293.0 KiB)")
    #expect(try listFolder(sample.repository) == ["blobs", "refs", "snapshots"])
    #expect(try readFile(sample.repository + "/refs/main") == Array(SampleHub.commit.utf8))
    #expect(
      try listFolder(sample.snapshot) == ["config.json", "model.safetensors", "tokenizer.json"])
    #expect(try listFolder(sample.repository + "/blobs").count == 3)
    for file in SampleHub.sample.prefix(3) {
      #expect(target("\(sample.snapshot)/\(file.path)") == "../../blobs/\(file.name)")
      #expect(try readFile("\(sample.snapshot)/\(file.path)") == file.bytes)
    }
    #expect(
      try listFolder(sample.cache.path) == [".locks", "models--owner--model"])
    #expect(sample.cache.snapshot(of: SampleHub.id, .models) == sample.snapshot)
  }

  @Test func theTokenGoesToTheHubAlone() throws {
    let sample = try SampleHub()
    _ = try sample.fetch()
    #expect(sample.hub.requests.count == 7)
    for request in sample.hub.requests {
      #expect(request.fields["authorization"] == "Bearer \(SampleHub.secret)", "\(request)")
      #expect(request.fields["accept-encoding"] == "identity")
    }
    #expect(sample.store.requests.count == 1)
    for request in sample.store.requests { #expect(request.fields["authorization"] == nil) }
    let written = try files(below: sample.folder.path)
    #expect(written.count >= 7)
    for path in written {
      let text = String(decoding: try readFile(path), as: UTF8.self)
      #expect(!text.contains(SampleHub.secret), "\(path)")
    }
    #expect(!sample.words.joined().contains(SampleHub.secret))
  }

  private func files(below folder: String) throws -> [String] {
    try listFolder(folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return FileStatus(of: path)?.isFolder == true ? try files(below: path) : [path]
    }
  }

  @Test func whatIsThereIsNotAskedForAgain() throws {
    let sample = try SampleHub()
    _ = try sample.fetch()
    let before = sample.hub.requests.count
    let again = try sample.fetch()
    #expect(again.words == "all 3 files were there")
    #expect(sample.hub.requests.count == before + 1 && sample.store.requests.count == 1)
    // A blob without its link is linked, not fetched.
    #expect(unlink(sample.snapshot + "/model.safetensors") == 0)
    #expect(try sample.fetch().kept == 3)
    #expect(sample.store.requests.count == 1)
    #expect(try readFile(sample.snapshot + "/model.safetensors") == SampleHub.weights)
  }

  @Test func aLinkThatLeadsNowhereIsMadeAnew() throws {
    let sample = try SampleHub()
    try makeFolder(sample.snapshot)
    #expect(symlink("../../blobs/none", sample.snapshot + "/config.json") == 0)
    _ = try sample.fetch()
    #expect(try readFile(sample.snapshot + "/config.json") == SampleHub.sample[0].bytes)
  }

  @Test func branchesTagsAndCommits() throws {
    let sample = try SampleHub()
    _ = try sample.fetch(revision: "refs/pr/1")
    #expect(
      sample.hub.requests[0].target == "/api/models/owner/model/revision/refs%2Fpr%2F1?blobs=true")
    #expect(
      try readFile(sample.repository + "/refs/refs/pr/1") == Array(SampleHub.commit.utf8))
    _ = try sample.fetch(revision: SampleHub.commit)
    #expect(try listFolder(sample.repository + "/refs") == ["refs"])
  }

  @Test func whatWasCutIsGoneOnWith() throws {
    let weights = SampleHub.sample[2]
    let sample = try SampleHub(store: { request in
      var reply = SampleHub.reply(request, weights)
      reply.cutAfter = 70_000
      return reply
    })
    #expect(try sample.fetch().fetched == 3)
    #expect(sample.store.requests.map(\.rangeStart) == [nil, 70_000, 140_000, 210_000, 280_000])
    // As each brought something, each is followed by a first wait.
    #expect(sample.waits == [1, 1, 1, 1])
    #expect(
      sample.words[0]
        == "the connection to \(sample.store.address.dropFirst(7)) was cut; again in 1 s")
    #expect(try readFile(sample.blob("model.safetensors")) == SampleHub.weights)
    #expect(try listFolder(sample.repository + "/blobs").allSatisfy { !$0.hasSuffix("incomplete") })
  }

  @Test func whatAnEarlierFetchLeftIsGoneOnWith() throws {
    let sample = try SampleHub()
    try makeFolder(sample.repository + "/blobs")
    try writeDurably(
      Array(SampleHub.weights.prefix(100_001)), to: sample.blob("model.safetensors") + ".incomplete"
    )
    #expect(try sample.fetch().bytes == 300_000 - 100_001 + 23 + 2)
    #expect(sample.store.requests.map(\.rangeStart) == [100_001])
    #expect(sample.words == ["'model.safetensors' goes on at 97.7 KiB"])
    #expect(try readFile(sample.blob("model.safetensors")) == SampleHub.weights)
  }

  @Test func aServerWithoutRangesSendsEverythingAgain() throws {
    let weights = SampleHub.sample[2]
    let sample = try SampleHub(store: { _ in .init(200, body: weights.bytes) })
    try makeFolder(sample.repository + "/blobs")
    try writeDurably(
      Array(SampleHub.weights.prefix(1000)), to: sample.blob("model.safetensors") + ".incomplete")
    _ = try sample.fetch()
    #expect(try readFile(sample.blob("model.safetensors")) == SampleHub.weights)
  }

  @Test func wrongBytesOfAnEarlierFetchAreFetchedAnew() throws {
    let sample = try SampleHub()
    try makeFolder(sample.repository + "/blobs")
    try writeDurably(
      [UInt8](repeating: 7, count: 1000), to: sample.blob("model.safetensors") + ".incomplete")
    _ = try sample.fetch()
    #expect(sample.store.requests.map(\.rangeStart) == [1000, nil])
    #expect(
      sample.words.last == "'model.safetensors' has wrong bytes, and is fetched from its beginning")
    #expect(try readFile(sample.blob("model.safetensors")) == SampleHub.weights)
  }

  @Test func twoFetchesOfOneFileWaitForEachOther() throws {
    let sample = try SampleHub()
    let folder = sample.cache.path + "/.locks/models--owner--model"
    try makeFolder(folder)
    let name = SampleHub.sample[2].name
    var lock: OpenFile? = try OpenFile("\(folder)/\(name).lock", for: .updating)
    #expect(try lock?.lock() == true)
    let weights = sample.blob("model.safetensors")
    let outcome = try sample.fetch(waiting: {
      // The other one is done in the third wait.
      guard sample.waits.count == 3 else { return }
      try? writeDurably(SampleHub.weights, to: weights)
      lock = nil
    })
    #expect(outcome.fetched == 2 && outcome.kept == 1)
    #expect(sample.waits == [0.2, 0.2, 0.2])
    #expect(sample.words == ["another process fetches 'model.safetensors'; waiting for it"])
    #expect(sample.store.requests.isEmpty)
    #expect(lock == nil)
  }

  @Test func partsAreThoseOfTheIndex() throws {
    let parts = (1...2).map {
      SampleHub.File(
        path: "model-0000\($0)-of-00002.safetensors", bytes: Array("part \($0)".utf8), isLarge: true
      )
    }
    let index = SampleHub.File(
      path: "model.safetensors.index.json",
      bytes: Array(
        """
        {"metadata": {}, "weight_map": {"a": "\(parts[1].path)", "b": "\(parts[0].path)", "c": "\(parts[1].path)"}}
        """.utf8))
    let more = SampleHub.File(path: "consolidated.safetensors", bytes: [1], isLarge: true)
    let sample = try SampleHub([SampleHub.sample[0], index, more] + parts)
    #expect(try sample.fetch().fetched == 4)
    #expect(
      try listFolder(sample.snapshot) == [
        "config.json", parts[0].path, parts[1].path, "model.safetensors.index.json",
      ])
  }

  @Test func patternsAndAll() throws {
    let sample = try SampleHub()
    _ = try sample.fetch(FileChoice(include: ["*.onnx", "README*"]))
    #expect(try listFolder(sample.snapshot) == ["README.md", "onnx"])
    #expect(
      target(sample.snapshot + "/onnx/model.onnx")
        == "../../../blobs/\(SampleHub.sample[5].name)")
    _ = try sample.fetch(FileChoice(exclude: ["pytorch*"], all: true))
    #expect(
      try listFolder(sample.snapshot) == [
        "README.md", "config.json", "model.safetensors", "onnx", "tokenizer.json",
      ])
  }

  @Test func aProxyIsAskedInTheHubsPlace() throws {
    let sample = try SampleHub()
    let proxy = try LoopbackServer { request in
      .init(200, body: Array("\(request.method) is none of a proxy's business".utf8))
    }
    defer { proxy.stop() }
    let environment = ["http_proxy": proxy.address]
    #expect(
      try sample.failure(environment: environment)
        == .badListing(id: SampleHub.id, reason: "it isn't JSON"))
    #expect(
      proxy.requests.map(\.target) == [
        "\(sample.hub.address)/api/models/owner/model/revision/main?blobs=true"
      ])
    #expect(sample.hub.requests.isEmpty)
    _ = try sample.fetch(environment: environment.merging(["no_proxy": "127.0.0.1"]) { $1 })
    #expect(proxy.requests.count == 1)
  }
}
