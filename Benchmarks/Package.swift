// swift-tools-version: 6.2
// Timings of the kernels, on the public API of the main package's libraries. Kept out of the main
// manifest, as nobody who only builds the project needs them:
//
//   make bench-kernels
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "zeroqat", path: "..")],
  targets: [
    .target(
      name: "CCeilings", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
    .executableTarget(
      name: "kernels",
      dependencies: [
        "CCeilings", .product(name: "Tensors", package: "zeroqat"),
        .product(name: "Quantizers", package: "zeroqat"),
      ], swiftSettings: strict),
  ]
)
