/// What a model is written as.
package enum ExportForm: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Fake-quantized weights in float32, in the hub's layout.
  case hf
  /// Packed codes as AutoGPTQ lays them out, scales and the rest in half precision.
  case gptq
  /// Packed codes as compressed-tensors lays them out (`pack-quantized`), scales and the rest in float32.
  case compressedTensors = "compressed-tensors"
  /// One file for llama.cpp.
  case gguf

  /// As it is written on a command line.
  package var description: String { rawValue }

  /// What holds more than half precision does.
  var instead: String {
    switch self {
    case .gguf: "--type f32 holds it"
    default: "--to compressed-tensors and --to hf hold it"
    }
  }
}

/// How a GGUF file holds the weights of linears.
package enum GGUFWeightType: String, Sendable, CaseIterable {
  /// The smallest type below that has the record's grid; float32 where there is none.
  case auto
  /// IEEE binary32: the weights as they are.
  case f32
  /// IEEE binary16, rounded.
  case f16
  /// Blocks of 32 signed bytes and a scale.
  case q8_0
  /// Blocks of 32 codes of 4 bits, a scale, and 8 for a zero point.
  case q4_0
  /// Blocks of 32 codes of 4 bits, a scale and a least value.
  case q4_1
}
