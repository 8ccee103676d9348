// swift-tools-version: 6.2
// Entry points for libFuzzer, one single-file executable each. Kept out of the main manifest because
// they only link with `--sanitize=fuzzer`; without the coverage option today's libFuzzer sees no
// coverage at all:
//
//   swift build --package-path Fuzz -c release --sanitize=fuzzer --sanitize=address \
//     -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table
//   Fuzz/.build/release/FuzzJSONText -max_total_time=60 Fuzz/Corpus/FuzzJSONText
import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "zeroqat", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzJSONText", dependencies: [.product(name: "JSONText", package: "zeroqat")])
  ]
)
