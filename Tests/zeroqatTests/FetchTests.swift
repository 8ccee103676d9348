import Digests
import Glibc
import JSONText
import Synchronization
import System
import TestSupport
import Testing

/// `zeroqat fetch` as a user has it: what it prints, how it ends, and that every command finds what came.
@Suite struct FetchTests {
  private static let secret = "hf_nobodyMaySeeThis"
  private static let commit = String(repeating: "abcdef0123", count: 4)

  /// A small model behind a hub; `trick` is asked first.
  private final class Hub {
    let checkout: RealCheckout
    let server: LoopbackServer

    init(
      weights: [UInt8]? = nil, more: [String: [UInt8]] = [:],
      _ trick: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply? = { _ in nil }
    ) throws {
      checkout = try RealCheckout()
      let folder = checkout.root + "/cache/zeroqat/models/fixture"
      var files: [String: [UInt8]] = [:]
      for name in try listFolder(folder) { files[name] = try readFile("\(folder)/\(name)") }
      if let weights { files["model.safetensors"] = weights }
      let served = files.merging(more) { $1 }
      let digests = served.mapValues { sha256Hex(of: $0) }
      server = try LoopbackServer { request in
        if let reply = trick(request) { return reply }
        if request.target.hasPrefix("/api/") {
          let entries = served.sorted { $0.key < $1.key }.map { name, bytes in
            "{\"rfilename\": \"\(name)\", \"lfs\": {\"sha256\": \"\(digests[name] ?? "")\", \"size\": \(bytes.count)}}"
          }
          return .init(
            200,
            body: Array(
              "{\"sha\": \"\(FetchTests.commit)\", \"siblings\": [\(entries.joined(separator: ","))]}"
                .utf8))
        }
        let name = String(request.target.split(separator: "/").last ?? "")
        guard let bytes = served[name], let digest = digests[name] else { return .init(404) }
        let facts = [("X-Repo-Commit", FetchTests.commit), ("ETag", "\"\(digest)\"")]
        guard let start = request.rangeStart else { return .init(200, facts, body: bytes) }
        return .init(
          206, facts + [("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")],
          body: Array(bytes[start...]))
      }
    }

    deinit { server.stop() }

    var environment: [String: String] {
      [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": checkout.root,
        "XDG_CACHE_HOME": checkout.root + "/cache", "HF_ENDPOINT": server.address,
        "HF_TOKEN": FetchTests.secret,
      ]
    }

    var repository: String { checkout.root + "/cache/huggingface/hub/models--owner--model" }
    var snapshot: String { "\(repository)/snapshots/\(FetchTests.commit)" }

    /// Runs the program behind a shell's words: its status, negative for a signal, and both outputs.
    func run(
      _ arguments: [String], shell: String = "", more: [String: String] = [:],
      interruption: () -> (count: Int, number: Int32) = { (0, 0) }
    ) throws -> (status: Int32, output: String) {
      var output: [UInt8] = []
      let child = ChildProcess(
        executable: "/bin/sh",
        arguments: ["-c", shell + #" exec "$@""#, "sh", try BuiltProgram.path] + arguments,
        environment: environment.merging(more) { $1 })
      let ending = try child.run(interruption: interruption) { output += $0 }
      let text = String(decoding: output, as: UTF8.self)
      #expect(!text.contains(FetchTests.secret))
      switch ending.exit {
      case .status(let status): return (status, text)
      case .signal(let number): return (-number, text)
      }
    }
  }

  @Test func whatCameIsFoundByItsId() throws {
    let hub = try Hub()
    let fetched = try hub.run(["fetch", "owner/model"])
    #expect(fetched.status == 0)
    #expect(
      fetched.output.wholeMatch(
        of: try Regex("owner/model: \\d files fetched \\([0-9.]+ KiB\\)\n\(hub.snapshot)\n"))
        != nil,
      "\(fetched.output)")
    let path = try hub.run(["fetch", "owner/model"], shell: "exec 2>/dev/null;")
    #expect(path.output == hub.snapshot + "\n")
    let text = hub.checkout.root + "/own.txt"
    try writeDurably(
      Array((0..<200).map { "tree \($0) of water.\n" }.joined().utf8), to: text)
    let offline = ["HF_HUB_OFFLINE": "1"]
    let scored = try hub.run(
      ["eval", "owner/model", "--text", text, "--window", "32", "--bits", "W4A16g32"], more: offline
    )
    #expect(scored.status == 0 && scored.output.contains("perplexity  "), "\(scored.output)")
    #expect(try hub.run(["inspect", "owner/model"]).output.hasPrefix("llama, 2 blocks"))
    #expect(try hub.run(["fetch", "owner/model"], more: offline).status == 0)
  }

  @Test func aModelThatIsNotHereIsToldHowToCome() throws {
    let hub = try Hub()
    let found = try hub.run(["inspect", "owner/model"])
    #expect(found.status == 2)
    #expect(
      found.output.hasSuffix(
        "; 'zeroqat fetch owner/model' brings it, if it is a model of the hub\n"))
  }

  @Test func theTokenIsInNoProcessesArguments() throws {
    let seen = Mutex<[String]>([])
    let hub = try Hub { _ in
      for name in (try? listFolder("/proc")) ?? [] {
        guard let line = smallFile("/proc/\(name)/cmdline"), line.contains("owner/model") else {
          continue
        }
        seen.withLock { $0.append(line) }
      }
      return nil
    }
    #expect(try hub.run(["fetch", "owner/model"]).status == 0)
    let lines = seen.withLock { $0 }
    #expect(!lines.isEmpty && lines.allSatisfy { !$0.contains(Self.secret) })
  }

  @Test func memoryDoesNotGrowWithTheFile() throws {
    let peaks = Mutex<[Int]>([])
    let hub = try Hub(
      more: ["a.bin": [UInt8](repeating: 9, count: 3 << 26), "b.bin": [1, 2, 3]]
    ) { request in
      guard request.method == "GET", request.target.hasSuffix("b.bin") else { return nil }
      // The one before it has come by now.
      for name in (try? listFolder("/proc")) ?? [] {
        guard smallFile("/proc/\(name)/cmdline")?.contains("a.bin") == true,
          let line = smallFile("/proc/\(name)/status")?.split(separator: "\n").first(where: {
            $0.hasPrefix("VmHWM:")
          }), let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
        else { continue }
        peaks.withLock { $0.append(Int(kibibytes) ?? .max) }
      }
      return nil
    }
    let found = try hub.run(["fetch", "owner/model", "--include", "a.bin", "--include", "b.bin"])
    #expect(found.status == 0, "\(found.output)")
    let peak = try #require(peaks.withLock { $0.max() })
    #expect(peak < 100 << 10, "\(peak >> 10) MiB, and the file has 192")
  }

  @Test func endings() throws {
    let gone = try Hub { _ in .init(404, [("X-Error-Code", "RepoNotFound")]) }
    let missed = try gone.run(["fetch", "owner/model"])
    #expect(missed.status == 2)
    #expect(missed.output == "error: the hub has no model 'owner/model' that this token may see\n")
    let busy = try Hub { _ in .init(429, [("Retry-After", "90000")]) }
    let later = try busy.run(["fetch", "owner/model"])
    #expect(later.status == 3 && later.output.contains("asks to wait 90000 s"), "\(later.output)")
    let both = try busy.run(["fetch", "owner/model", "--all", "--include", "x"])
    #expect(both.status == 2)
    #expect(both.output.contains("--all is every file, so that --include adds none"))
    let plain = try busy.run(["fetch", "model"])
    #expect(plain.status == 2 && plain.output.contains("write 'hf:model'"))
    let offline = try busy.run(["fetch", "owner/model"], more: ["HF_HUB_OFFLINE": "1"])
    #expect(offline.status == 2 && offline.output.contains("lacks everything"))
  }

  @Test func aFullDiskLeavesWhatCame() throws {
    let weights = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
    let hub = try Hub(weights: weights)
    // In blocks of 512 bytes: 64 KiB of a file.
    let full = try hub.run(["fetch", "owner/model"], shell: "ulimit -f 128;")
    let blob = "\(hub.repository)/blobs/\(sha256Hex(of: weights))"
    #expect(full.status == 3)
    #expect(
      full.output.hasSuffix(
        "error: cannot write '\(blob).incomplete': File too large; what came so far is kept, and the same command "
          + "goes on from there\n"), "\(full.output)")
    let left = try #require(FileStatus(of: blob + ".incomplete")?.bytes)
    #expect((1...65_536).contains(left))
    let whole = try hub.run(["fetch", "owner/model"])
    #expect(whole.status == 0)
    #expect(try readFile(hub.snapshot + "/model.safetensors") == weights)
    #expect(hub.server.requests.compactMap(\.rangeStart) == [left])
  }

  @Test func anInterruptionLeavesWhatCame() throws {
    let weights = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 40_503 >> 7) }
    let isHeld = Atomic(true)
    let wasAsked = Atomic(false)
    let hub = try Hub(weights: weights) { request in
      guard request.method == "GET", request.target.hasSuffix("model.safetensors"),
        isHeld.load(ordering: .relaxed)
      else { return nil }
      wasAsked.store(true, ordering: .relaxed)
      var reply = LoopbackServer.Reply(200, body: weights)
      reply.pauseAfter = 50_000
      return reply
    }
    let cut = try hub.run(["fetch", "owner/model"]) {
      wasAsked.load(ordering: .relaxed) ? (1, SIGINT) : (0, 0)
    }
    #expect(
      cut.status == 130
        && cut.output.hasSuffix("interrupted; the same command goes on from there\n"))
    isHeld.store(false, ordering: .relaxed)
    #expect(try hub.run(["fetch", "owner/model"]).status == 0)
    #expect(try readFile(hub.snapshot + "/model.safetensors") == weights)
  }
}
