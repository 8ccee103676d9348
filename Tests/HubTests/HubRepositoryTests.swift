import Hub
import Testing

/// Ids and revisions that a user may write.
@Suite struct HubRepositoryTests {
  @Test func ids() throws {
    #expect(try HubRepository("facebook/opt-125m").id == "facebook/opt-125m")
    #expect(try HubRepository("hf:facebook/opt-125m", revision: "v1.0").revision == "v1.0")
    #expect(try HubRepository("hf:gpt2").id == "gpt2")
    #expect(try HubRepository("a/b_c.D-9", revision: "refs/pr/1").revision == "refs/pr/1")
  }

  @Test(arguments: [
    "", "/", "a/", "/b", "a/b/c", "a/..", "../b", "a/.b", "a/b-", "a/b--c", "a/b..c", "a/b c",
    "a/bü",
    "hf:", "a/" + String(repeating: "b", count: 96), "a/b\u{0}",
  ]) func notAnID(text: String) {
    do {
      _ = try HubRepository(text)
      Issue.record("accepted")
    } catch {
      #expect(
        "\(error)".hasSuffix(
          "isn't an id of the hub, ORG/MODEL: names have letters, digits and single '-', '_' or '.' between them"
        ), "\(error)")
      #expect(error.exitStatus == 2)
    }
  }

  @Test func namesWithoutAnOwner() {
    func words(_ text: String) -> String? {
      do {
        _ = try HubRepository(text, described: ["tiny-llama"])
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      words("gpt2")
        == "'gpt2' isn't an id of the hub, ORG/MODEL: of a repository without an owner, write 'hf:gpt2'"
    )
    #expect(
      words("tiny-lama")
        == "'tiny-lama' isn't an id of the hub, ORG/MODEL: of a repository without an owner, write 'hf:tiny-lama'; "
        + "did you mean 'tiny-llama'?")
    #expect(
      words("tiny-llama")
        == "'tiny-llama' isn't an id of the hub, ORG/MODEL: that is a model of models/: './reproduce.sh' fetches its "
        + "files with the tables that use it")
  }

  @Test(arguments: [
    "", "..", "a/../b", "/a", "a b", "a~1", "a^", "a:b", "a?", "@{1}", "a\\b", "a\n",
  ])
  func notARevision(text: String) {
    #expect(throws: HubError.badRevision(text)) { try HubRepository("a/b", revision: text) }
  }
}
