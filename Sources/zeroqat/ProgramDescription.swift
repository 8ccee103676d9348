internal import Harness
internal import Records
internal import System
internal import Tensors

/// The version that CHANGELOG.md speaks of.
private let programVersion = "0.10.0"

/// What `--version` says: everything of the program that a number can depend on.
var programDescription: String {
  let names = builtScience.methods.keys.sorted()
  let width = names.map(\.count).max() ?? 0
  let methods = names.map { name in
    "  \(name)\(String(repeating: " ", count: width - name.count))  "
      + (builtScience.methods[name]?.digest ?? "")
  }
  let core = BLASCore.auto.name(
    processorFlags: BLASCore.processorFlags, environment: processEnvironment())
  return
    (["zeroqat \(programVersion), commit \(builtCommit)"]
    + ["BLAS: \(BLAS.version), kernels \(core) in cells by default"]
    + ["kernels of our own: \(KernelSet(processorFlags: BLASCore.processorFlags).rawValue)"]
    + ["science that all methods share: \(builtScience.shared)", "methods' own:"] + methods)
    .joined(separator: "\n")
}
