// swift-tools-version: 6.2
// The table of contents: rooms in dependency order. A room may import what its line lists, nothing else;
// `swift build --explicit-target-dependency-import-check error` (make check) holds it to that.
import PackageDescription

/// What every Swift room is compiled with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// One room: a library target, and the test target that mirrors it; `data` are folders of the tests
/// that hold no source.
func room(
  _ name: String, _ imports: [Target.Dependency] = [], tests: [Target.Dependency] = [],
  data: [String] = []
) -> [Target] {
  [
    .target(name: name, dependencies: imports, swiftSettings: strict),
    .testTarget(
      name: "\(name)Tests",
      dependencies: [.target(name: name), "TestSupport"] + imports.withoutSystemLibraries + tests,
      path: "Tests/\(name)Tests", exclude: data, swiftSettings: strict),
  ]
}

extension [Target.Dependency] {
  /// The list without the C modules, which tests reach only through the room that wraps them.
  var withoutSystemLibraries: [Target.Dependency] {
    filter { dependency in
      guard case .byNameItem(let name, _) = dependency else { return true }
      return !["CBLAS", "CCurl", "CDigests", "CFence", "CJSON", "CKernels"].contains(name)
    }
  }
}

/// The rooms that the variable `ZEROQAT_ROOMS` names, with their tests and all that they stand on.
///
/// `ZEROQAT_ROOMS=Tensors,Quantizers swift test` builds quickly while one room is worked on. Everything
/// when it isn't set: `make check` never sets it.
func chosen(_ targets: [Target]) -> [Target] {
  guard let names = Context.environment["ZEROQAT_ROOMS"] else { return targets }
  let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
  var open = names.split(separator: ",").flatMap { [String($0), "\($0)Tests"] }
  var reached: Set<String> = []
  while let name = open.popLast() {
    guard let target = byName[name], reached.insert(name).inserted else { continue }
    for case .byNameItem(let next, _) in target.dependencies { open.append(next) }
    for case .targetItem(let next, _) in target.dependencies { open.append(next) }
    for case .plugin(let next, _) in target.plugins ?? [] { open.append(next) }
  }
  return targets.filter { reached.contains($0.name) }
}

let rooms = chosen(
  [
    // — ground: C libraries, text, numbers —
    .systemLibrary(
      name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
    .target(
      name: "CKernels",
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"])]),
  ]
    // Starts programs behind fences. No flags: those of the C targets are part of the science's digest.
    + [.target(name: "CFence")]
    // Opens libcurl when something is fetched; nothing is linked, as cells are processes that are measured.
    + [.target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")])]
    + [
      .target(name: "CDigests", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])])
    ]
    + room("System", ["CFence"])
    + room("Statistics")
    + room("Vocabulary")
    + room("Digests", ["CDigests", "System"])
    + room("SourceDigest", ["Digests"])
    + room("JSONText", ["CJSON", "System"])
    + room("Tensors", ["CBLAS", "CKernels"], tests: ["Checkpoints"])
    // — science —
    + room("Checkpoints", ["System", "JSONText", "Vocabulary"])
    + room("Tokenizers", ["System", "JSONText"], tests: ["Checkpoints", "Digests"])
    + room("Transformers", ["Tensors", "Checkpoints", "JSONText", "Vocabulary"])
    + room(
      "Quantizers", ["Tensors", "CKernels", "Vocabulary"], tests: ["Checkpoints", "JSONText"])
    + room("Optimizers", ["Tensors", "Digests", "System"], tests: ["Transformers", "Checkpoints"])
    + room(
      "Tasks", ["Tokenizers", "JSONText", "Statistics", "Vocabulary"],
      tests: ["Checkpoints", "Digests"])
    + room(
      "Pretraining",
      [
        "Tensors", "Transformers", "Optimizers", "Tasks", "Tokenizers", "Checkpoints", "JSONText",
        "Digests", "System", "Vocabulary",
      ])
    + room(
      "MethodKit",
      [
        "Tensors", "Transformers", "Quantizers", "Optimizers", "Tasks", "Tokenizers", "JSONText",
        "Digests", "Statistics", "Vocabulary",
      ],
      tests: ["Checkpoints"])
    + room(
      "Methods",
      [
        "MethodKit", "Tensors", "Transformers", "Quantizers", "Optimizers", "Tasks", "JSONText",
        "Checkpoints", "Digests", "System", "Vocabulary",
      ],
      tests: ["NewMethod", "Tokenizers"])
    + [
      // The template that a newcomer copies; the methods' contract suite runs it.
      .target(
        name: "NewMethod", dependencies: ["MethodKit", "Quantizers", "Tensors", "Transformers"],
        path: "Examples/NewMethod", exclude: ["README.md"], swiftSettings: strict)
    ]
    // — bookkeeping: never sees a tensor —
    + room("Records", ["JSONText", "Digests", "Statistics", "Vocabulary"])
    + room("Harness", ["Records", "JSONText", "Digests", "Statistics", "System", "Vocabulary"])
    + room("Hub", ["CCurl", "Harness", "Records", "Digests", "JSONText", "System"])
    + room("Reporting", ["Records", "JSONText", "Statistics", "Vocabulary"], data: ["Snapshots"])
    // — where the two meet: logs of trainings, and one cell in its own process —
    + room(
      "Audit", ["Records", "Harness", "Optimizers", "Digests", "JSONText", "System", "Vocabulary"])
    + room(
      "Worker",
      [
        "Records", "Methods", "MethodKit", "Tasks", "Tokenizers", "Checkpoints", "Transformers",
        "Quantizers", "Optimizers", "Tensors", "Digests", "JSONText", "Statistics", "System",
        "Vocabulary",
      ])
    + room(
      "Export",
      [
        "Worker", "Audit", "Harness", "Methods", "MethodKit", "Records", "Tokenizers",
        "Checkpoints",
        "Transformers", "Quantizers", "Optimizers", "Tasks", "Tensors", "Digests", "JSONText",
        "System", "Vocabulary",
      ])
    // — door —
    + [
      .executableTarget(
        name: "zeroqat",
        dependencies: [
          "Worker", "Export", "Methods", "Audit", "Pretraining", "Tensors", "Tasks", "Tokenizers",
          "Harness", "Hub", "Reporting", "Records", "JSONText", "System", "Vocabulary",
          argumentParser,
        ], swiftSettings: strict, plugins: ["ScienceDigest"]),
      // Knows which sources made the binary; a cell's id depends on it.
      .executableTarget(
        name: "science-digest", dependencies: ["SourceDigest"], swiftSettings: strict),
      .plugin(name: "ScienceDigest", capability: .buildTool(), dependencies: ["science-digest"]),
      .testTarget(
        name: "zeroqatTests",
        dependencies: [
          "zeroqat", "TestSupport", "Audit", "Harness", "Methods", "Records", "Optimizers",
          "Checkpoints", "JSONText", "Digests", "System",
        ],
        path: "Tests/zeroqatTests", swiftSettings: strict),
      .target(
        name: "TestSupport",
        dependencies: ["Checkpoints", "Digests", "JSONText", "Records", "Vocabulary"],
        path: "Tests/TestSupport",
        swiftSettings: strict),
    ])

let package = Package(
  name: "zeroqat",
  // Libraries are products so that the nested packages (Fuzz, Benchmarks) can see them.
  products: [
    "JSONText", "Tensors", "Checkpoints", "Tokenizers", "Transformers", "Quantizers", "Optimizers",
    "Records", "Methods",
  ]
  .filter { name in rooms.contains { $0.name == name } }
  .map { .library(name: $0, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: rooms
)
