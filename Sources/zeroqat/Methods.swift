internal import Harness

/// The methods that grids may name.
///
/// Until the registry is there, names alone are known and every option is taken.
let methodRegistry = MethodRegistry(
  names: ["full-precision", "rtn", "smoothquant", "zeroqat", "zeroqat-light"]
) { _, _ in }
