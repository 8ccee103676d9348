import Records
import Testing

@Suite struct ProtocolRequestTests {
  private let datasets = ["books", "c4", "c4-new", "sst2", "zeroshot"]

  @Test func readsAndPrints() throws {
    let expected: [(String, text: String?, tasks: [TaskName])] = [
      ("books-512", "books-512", []), ("c4-new-8", "c4-new-8", []),
      ("sst2", nil, [TaskName(dataset: "sst2", task: nil)]),
      ("zeroshot-arc-easy", nil, [TaskName(dataset: "zeroshot", task: "arc-easy")]),
      (
        "books-512+zeroshot-piqa+sst2", "books-512",
        [TaskName(dataset: "zeroshot", task: "piqa"), TaskName(dataset: "sst2", task: nil)]
      ),
      // The longer of two datasets that begin the name.
      ("c4-new-x", nil, [TaskName(dataset: "c4-new", task: "x")]),
    ]
    for (request, text, tasks) in expected {
      let found = try ProtocolRequest(request, datasets: datasets)
      #expect(found.text?.description == text)
      #expect(found.tasks == tasks)
      #expect(found.description == request)
    }
  }

  @Test(arguments: [
    (
      "", "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'"
    ),
    (
      "books-1", "expected a dataset, a hyphen and 2 to 65536 tokens per window, as in 'books-512'"
    ),
    ("bokos-512", "there is no dataset 'bokos'; did you mean 'books'?"),
    ("books-512+sst3", "there is no dataset 'sst3'; did you mean 'sst2'?"),
    ("sst2+books-512", "the text 'books-512' comes first"),
    ("books-512+", "there is no dataset ''; known: 'books', 'c4', 'c4-new', 'sst2', 'zeroshot'"),
    ("sst2+sst2", "'sst2' is in it twice"),
  ])
  func refuses(request: String, reason: String) {
    let error = #expect(throws: ProtocolIDError.self) {
      try ProtocolRequest(request, datasets: datasets)
    }
    #expect(error?.description == "bad protocol id '\(request)': \(reason)")
  }
}
