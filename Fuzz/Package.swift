// swift-tools-version: 6.2
// Entry points for libFuzzer, one single-file executable each. Kept out of the main manifest because
// they only link with `--sanitize=fuzzer`; without the coverage option today's libFuzzer sees no
// coverage at all. `make fuzz` builds them and runs each for FUZZ_SECONDS, 60 where it isn't set:
//
//   swift build --package-path Fuzz -c release --sanitize=fuzzer --sanitize=address \
//     -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table
//   Fuzz/.build/release/FuzzJSONText -max_total_time=60 Fuzz/Corpus/FuzzJSONText
//
// Each has a folder of its name in Corpus: small inputs to begin with, and every input that was ever a finding.
import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "zeroqat", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzJSONText", dependencies: [.product(name: "JSONText", package: "zeroqat")]),
    // What maps a file: an input stands in one, and all that is in it is read.
    .target(name: "FuzzedFile", dependencies: [.product(name: "Checkpoints", package: "zeroqat")]),
    .executableTarget(
      name: "FuzzTokenizerJSON",
      dependencies: [.product(name: "Tokenizers", package: "zeroqat")]),
    .executableTarget(
      name: "FuzzRecord",
      dependencies: ["JSONText", "Records"].map { .product(name: $0, package: "zeroqat") }),
    .executableTarget(
      name: "FuzzReplayLog",
      dependencies: ["FuzzedFile", .product(name: "Optimizers", package: "zeroqat")]),
    .executableTarget(
      name: "FuzzProgramMessages",
      dependencies: ["JSONText", "Methods"].map { .product(name: $0, package: "zeroqat") }),
    .executableTarget(
      name: "FuzzConfiguration",
      dependencies: ["JSONText", "Tensors", "Transformers"].map {
        .product(name: $0, package: "zeroqat")
      }),
  ]
    + ["FuzzGGUF", "FuzzPickle", "FuzzSafetensors"].map { name in
      .executableTarget(
        name: name,
        dependencies: ["FuzzedFile", .product(name: "Checkpoints", package: "zeroqat")])
    }
)
