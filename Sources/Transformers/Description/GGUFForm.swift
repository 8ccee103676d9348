import Checkpoints

/// How GGUF files hold a family: what is said of it there, and what is left to the program.
///
/// > Source: the architectures of the gguf package, 0.19; what the program has to know, as llama.cpp's
/// > conversions and loader have it.
struct GGUFForm: Sendable {
  /// Its `general.architecture`, which also begins the names of its keys.
  let name: String
  /// Rows of Q and K are stored for interleaved rotary pairs.
  let isInterleaved: Bool
  /// What its tensors are called.
  var names = TensorNames.gguf
  /// Whether `rope_freqs.weight`, where it is there, divides its frequencies.
  var hasRotaryDivisors = false
  /// Keys that it reads beside those that all do.
  var keys: [String] = []
  /// Reads those, and adds to a configuration of sound counts what no file says.
  var complete: @Sendable (inout ModelConfiguration, GGUFKeys) throws(CheckpointError) -> Void = {
    (_, _) throws(CheckpointError) in
  }

  /// Tensors that the configuration is read from.
  var tensors: Set<String> { hasRotaryDivisors ? ["rope_freqs.weight"] : [] }

  /// The family of a file, and how it is held there.
  ///
  /// - Throws: ``Checkpoints/CheckpointError`` where the file names none, ``ModelError`` for one that isn't read.
  static func of(_ file: GGUFFile) throws -> (family: ModelFamily, form: GGUFForm) {
    let name = try file.string("general.architecture")
    for family in ModelFamily.all {
      if let form = family.gguf, form.name == name { return (family, form) }
    }
    throw ModelError.unsupported(
      path: file.path, what: "GGUF architecture \"\(name)\"",
      supported: ModelFamily.all.compactMap { $0.gguf.map { "\"\($0.name)\"" } }
        .joined(separator: ", "))
  }
}
