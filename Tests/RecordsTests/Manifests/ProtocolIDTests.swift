import Records
import Testing

@Suite struct ProtocolIDTests {
  @Test func readsAndPrints() throws {
    let id = try ProtocolID("wikitext2-2048", datasets: ["books", "wikitext2"])
    #expect(id.dataset == "wikitext2")
    #expect(id.windowTokens == 2048)
    #expect(id.description == "wikitext2-2048")
    #expect(try ProtocolID("c4-new-512", datasets: ["c4-new"]).dataset == "c4-new")
  }

  @Test(arguments: [
    "", "books", "-512", "books-", "books-1", "books-70000", "books-+512", "books-0512",
    "books-99999999999999999999",
  ])
  func refusesOtherForms(text: String) {
    let error = #expect(throws: ProtocolIDError.self) {
      try ProtocolID(text, datasets: ["books"])
    }
    #expect(
      error?.description == "bad protocol id '\(text)': "
        + "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'")
  }

  @Test func offersTheNearestDataset() {
    let error = #expect(throws: ProtocolIDError.self) {
      try ProtocolID("bokos-512", datasets: ["books", "wikitext2"])
    }
    #expect(
      error?.description
        == "bad protocol id 'bokos-512': there is no dataset 'bokos'; did you mean 'books'?")
  }

  @Test func listsDatasetsWhenNoneIsNear() {
    let error = #expect(throws: ProtocolIDError.self) {
      try ProtocolID("x-512", datasets: ["books", "wikitext2"])
    }
    #expect(
      error?.description
        == "bad protocol id 'x-512': there is no dataset 'x'; known: 'books', 'wikitext2'")
  }
}
