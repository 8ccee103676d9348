internal import Harness
internal import Records
internal import Worker

/// The methods that grids may name, as the catalog has them.
let methodRegistry = MethodRegistry(names: methodNames) { method, bits in
  try checkMethod(method, bits: bits)
}
