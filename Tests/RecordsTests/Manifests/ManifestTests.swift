import JSONText
import Records
import TestSupport
import Testing

@Suite struct ManifestTests {
  static func model(_ text: String) throws -> (ModelManifest, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "manifest.json")
    return (try document.decode(ModelManifest.self), document)
  }

  static func dataset(_ text: String) throws -> (DatasetManifest, JSONDocument) {
    let document = try JSONDocument(text: Array(text.utf8), file: "manifest.json")
    return (try document.decode(DatasetManifest.self), document)
  }

  static let anchor = """
    { "protocol": "verse-8", "testWindows": 2, "perplexity": 30, "relativeTolerance": 0.01,
      "source": "elsewhere" }
    """

  @Test func anUnknownKindOfArchiveIsToldWhichThereAre() throws {
    let text = try #require(
      replacing(#""kind": "wheel""#, by: #""kind": "egg""#, in: SampleCheckout.model()))
    let error = #expect(throws: JSONError.self) { try Self.model(text) }
    #expect(error?.pointer == "/origin/kind")
    #expect(error?.reason == "unknown value 'egg'; known: 'wheel', 'sdist'")
  }

  @Test func modelsKnowTheirAnchors() throws {
    let (manifest, document) = try Self.model(SampleCheckout.model(anchors: Self.anchor))
    try manifest.check(in: document, folder: "toy")
    let anchor = try #require(manifest.anchor(for: "verse-8", testWindows: 2))
    #expect(manifest.anchor(for: "verse-8", testWindows: nil) == nil)
    #expect(manifest.anchor(for: "verse-9", testWindows: 2) == nil)
    #expect(anchor.isMet(by: 30.299))
    #expect(anchor.isMet(by: 29.701))
    #expect(!anchor.isMet(by: 30.301))
    #expect(!anchor.isMet(by: .nan))
    #expect(!anchor.isMet(by: .infinity))
  }

  @Test(
    arguments: [
      (
        #""schema": 1"#, #""schema": 9"#, "/schema",
        "schema 9 isn't supported; this build reads schema 1"
      ),
      (
        #""name": "toy","#, #""name": "yot","#, "/name",
        "expected the folder's name 'toy', found 'yot'"
      ),
      (
        #""bos": "none""#, #""bos": "twice""#, "/bos",
        "unknown value 'twice'; known: 'none', 'once'"
      ),
      (
        #""name": "toy.gguf""#, #""name": "../toy""#, "/files/0/name",
        "expected a bare file name, found '../toy'"
      ),
      (
        #""bytes": 12,"#, "", "/files/0",
        "a file from a package needs its 'member', 'bytes' and 'sha256'"
      ),
      ("b3782f71", "B3782f71", "/files/0/sha256", nil),
      (
        #""perplexity": 30"#, #""perplexity": 0.5"#, "/anchors/0/perplexity",
        "a perplexity is at least 1; found 0.5"
      ),
      (
        #""relativeTolerance": 0.01"#, #""relativeTolerance": 1"#, "/anchors/0/relativeTolerance",
        "expected a share between 0 and 1, found 1.0"
      ),
    ] as [(String, String, String, String?)])
  func modelsRefuse(piece: String, other: String, pointer: String, reason: String?) throws {
    let sample = SampleCheckout.model(anchors: Self.anchor)
    let text = try #require(replacing(piece, by: other, in: sample))
    let error = #expect(throws: JSONError.self) {
      let (manifest, document) = try Self.model(text)
      try manifest.check(in: document, folder: "toy")
    }
    #expect(error?.pointer == pointer)
    if let reason { #expect(error?.reason == reason) }
  }

  @Test(arguments: [
    (
      #""join": "plain""#, #""join": "space""#, "/join",
      "unknown value 'space'; known: 'wikitext2', 'plain'"
    ),
    (
      #""file": "verse.txt", "from": 0"#, #""file": "vrese.txt", "from": 0"#,
      "/splits/0/train/0/file",
      "unknown file 'vrese.txt'; did you mean 'verse.txt'?"
    ),
    (
      #""from": 0, "to": 19"#, #""from": 19, "to": 19"#, "/splits/0/train/0",
      "the bytes 19..<19 aren't a part of 'verse.txt'"
    ),
    (
      #""from": 0, "to": 19"#, #""from": -1, "to": 19"#, "/splits/0/train/0",
      "the bytes -1..<19 aren't a part of 'verse.txt'"
    ),
    (
      #""from": 19, "to": 41"#, #""from": 19, "to": 63"#, "/splits/0/development/0",
      "the bytes 19..<63 aren't a part of 'verse.txt'"
    ),
    (
      #""from": 19, "to": 41"#, #""from": 19, "to": 42"#, "/splits/0",
      "parts overlap: 'verse.txt' from byte 41 is in two of them"
    ),
    (
      #"[{ "file": "verse.txt", "from": 41 }]"#, "[]", "/splits/0/test",
      "expected at least one part"
    ),
  ])
  func datasetsRefuse(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(replacing(piece, by: other, in: SampleCheckout.dataset))
    let error = #expect(throws: JSONError.self) {
      let (manifest, document) = try Self.dataset(text)
      try manifest.check(in: document, folder: "verse")
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  static let committed = """
    {
      "schema": 1, "name": "toy", "label": "Toy", "architecture": "llama", "licence": "none",
      "environment": "ZEROQAT_TOY", "committed": true,
      "files": [
        { "name": "config.json", "bytes": 2, "sha256": "\(String(repeating: "a", count: 64))" },
        { "name": "model.safetensors", "bytes": 2, "sha256": "\(String(repeating: "b", count: 64))" }
      ],
      "bos": "none", "anchors": []
    }
    """

  static let variant = """
    {
      "schema": 1, "name": "toy", "label": "Toy", "architecture": "llama", "licence": "none",
      "environment": "ZEROQAT_TOY", "files": [],
      "variant": { "of": "yot", "outliers": { "channels": [3, 0], "factor": 16 } },
      "bos": "none", "anchors": []
    }
    """

  /// A configuration alone, whose weights are drawn.
  static let synthetic = committed.replacing(
    "\"committed\": true", with: "\"committed\": true, \"synthetic\": true"
  )
  .replacing("model.safetensors", with: "notes.txt")

  @Test func committedFilesAndVariantsAreModels() throws {
    for text in [Self.committed, Self.variant, Self.synthetic] {
      let (manifest, document) = try Self.model(text)
      try manifest.check(in: document, folder: "toy")
    }
  }

  @Test(arguments: [
    (
      committed, "model.safetensors", "weights.bin", "/files",
      "expected 'model.safetensors' among the committed files"
    ),
    (
      synthetic, "config.json", "other.json", "/files",
      "expected 'config.json' among the committed files"
    ),
    (
      synthetic, #""committed": true, "#, "", "/synthetic",
      #"expected "committed": true beside it; the configuration is all there is"#
    ),
    (
      committed, #""bytes": 2, "sha256": "b"#, #""sha256": "b"#, "/files/1",
      "a committed file needs its 'bytes' and 'sha256'"
    ),
    (
      committed, #""files": ["#,
      #""origin": { "package": "t", "version": "1", "kind": "wheel", "archive": "t", "bytes": 1, "sha256": "c" }, "files": ["#,
      "/files/0", "a file from a package needs its 'member', 'bytes' and 'sha256'"
    ),
    (
      variant, #""files": []"#, #""files": [{ "name": "a" }]"#, "/variant",
      "a variant has no files of its own"
    ),
    (variant, #""of": "yot""#, #""of": "toy""#, "/variant/of", "a model isn't a variant of itself"),
    (
      variant, "16", "24", "/variant/outliers/factor",
      "expected a power of two from 2 to 4096, found 24"
    ),
    (
      variant, "[3, 0]", "[]", "/variant/outliers/channels", "expected at least one channel"
    ),
    (
      variant, "[3, 0]", "[3, 3]", "/variant/outliers/channels/1",
      "expected an index from 0 that isn't there yet, found 3"
    ),
    (
      variant, "[3, 0]", "[-1]", "/variant/outliers/channels/0",
      "expected an index from 0 that isn't there yet, found -1"
    ),
  ])
  func placesRefuse(sample: String, piece: String, other: String, pointer: String, reason: String)
    throws
  {
    let text = try #require(replacing(piece, by: other, in: sample))
    let error = #expect(throws: JSONError.self) {
      let (manifest, document) = try Self.model(text)
      try manifest.check(in: document, folder: "toy")
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  /// The sample with its file in a further package.
  static let furtherOrigin = """
    {
      "schema": 1, "name": "verse", "label": "Verse", "licence": "none",
      "origins": [
        {
          "package": "verse", "version": "1", "kind": "sdist", "archive": "verse-1.tar.gz",
          "bytes": 9, "sha256": "\(String(repeating: "a", count: 64))"
        }
      ],
      "environment": "ZEROQAT_VERSE",
      "files": [
        {
          "name": "verse.txt", "package": "verse", "member": "v", "bytes": 62,
          "sha256": "df1c02e9e0217a74657a5c209889a0e39bae39fceba0a54ed72f119c1d07a5f1"
        }
      ],
      "join": "plain",
      "splits": [
        {
          "name": "lines",
          "train": [{ "file": "verse.txt", "from": 0, "to": 19 }],
          "development": [{ "file": "verse.txt", "from": 19, "to": 41 }],
          "test": [{ "file": "verse.txt", "form": "jsonl:text", "from": 41 }]
        }
      ]
    }
    """

  @Test func filesNameTheirPackage() throws {
    let (manifest, document) = try Self.dataset(Self.furtherOrigin)
    try manifest.check(in: document, folder: "verse")
    #expect(manifest.isFetchable)
    #expect(manifest.origin(of: manifest.files[0])?.version == "1")
    #expect(try Self.dataset(SampleCheckout.dataset).0.isFetchable == false)
  }

  @Test(arguments: [
    (
      #""package": "verse", "member""#, #""package": "vrese", "member""#, "/files/0/package",
      "unknown package 'vrese'; did you mean 'verse'?"
    ),
    (
      #""member": "v", "#, "", "/files/0",
      "a file from a package needs its 'member', 'bytes' and 'sha256'"
    ),
    (
      #""form": "jsonl:text""#, #""form": "csv""#,
      "/splits/0/test/0/form", "unknown value 'csv'; known: 'jsonl:text'"
    ),
  ])
  func furtherPackagesRefuse(piece: String, other: String, pointer: String, reason: String) throws {
    let text = try #require(replacing(piece, by: other, in: Self.furtherOrigin))
    let error = #expect(throws: JSONError.self) {
      let (manifest, document) = try Self.dataset(text)
      try manifest.check(in: document, folder: "verse")
    }
    #expect(error?.pointer == pointer)
    #expect(error?.reason == reason)
  }

  /// The repository's own manifests and grids keep all rules.
  @Test func theRepositoryKeepsTheRules() throws {
    let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
    // A folder without a manifest isn't offered as a model: its weights aren't there yet.
    let models = TemporaryFolder.names(in: root + "/models").filter {
      TemporaryFolder.names(in: "\(root)/models/\($0)").contains("manifest.json")
    }
    let datasets = TemporaryFolder.names(in: root + "/datasets")
    #expect(models.contains("smollm2-135m-instruct"))
    #expect(
      datasets == [
        "books", "boolq", "cb", "classics", "copa", "rte", "snippets", "squad", "sst2",
        "wikitext2", "zeroshot",
      ])
    for name in models {
      let document = try JSONDocument(contentsOf: "\(root)/models/\(name)/manifest.json")
      try document.decode(ModelManifest.self).check(in: document, folder: name)
    }
    for name in datasets {
      let document = try JSONDocument(contentsOf: "\(root)/datasets/\(name)/manifest.json")
      try document.decode(DatasetManifest.self).check(in: document, folder: name)
    }
    // Of words, and what all tables share, there are no grids.
    let tables = TemporaryFolder.names(in: root + "/tables").filter {
      TemporaryFolder.names(in: "\(root)/tables/\($0)").contains("grid.json")
    }
    #expect(tables.contains("table2"))
    for table in tables {
      let document = try JSONDocument(contentsOf: "\(root)/tables/\(table)/grid.json")
      var grid = try document.decode(Grid.self)
      grid.learn(unquantized: ["full-precision", "mezo"])
      #expect(grid.table == table)
      try grid.check(
        in: document,
        against: KnownNames(
          models: models, datasets: datasets,
          // Which methods there are is the catalog's to say: `zeroqat plan --all` asks it.
          methods: grid.rows.flatMap { [$0.method] + [$0.finetuning?.method].compactMap(\.self) },
          unquantized: ["full-precision", "mezo"]))
    }
  }
}
