import TestSupport
import Testing

typealias Out = UnsafeMutablePointer<Float>
typealias In = UnsafePointer<Float>

/// Each kernel's clone on awkward inputs, as bits to compare.
enum KernelCases {
  typealias Case = (
    name: String, run: @Sendable (KernelLibrary, KernelLibrary.InstructionSet) throws -> [UInt32]
  )

  /// Lengths around the sixteen lanes and the sixty-four of a group.
  static let lengths = [1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 255, 577, 1000]

  /// Awkward numbers: many sizes, subnormals, zeros of both signs, ties of a grid, and specials.
  static func numbers(_ count: Int, seed: UInt64, special: Bool = false) -> [Float] {
    var generator = SplitMix64(seed: seed)
    var values = generator.normal(count, deviation: 2)
    for i in values.indices {
      switch generator.next() % 16 {
      case 0: values[i] = 0
      case 1: values[i] = -0.0
      case 2: values[i] *= 0x1p-130
      case 3: values[i] = (values[i] * 2).rounded() / 2
      case 4: values[i] *= 40
      default: break
      }
    }
    if special, count > 2 {
      values[count / 2] = .nan
      values[count / 3] = .infinity
      values[count - 1] = -.infinity
    }
    return values
  }

  static func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  /// Runs `body` on numbers of every length, plain and with NaN and infinities.
  static func overLengths(_ body: (Int, [Float]) throws -> [UInt32]) rethrows -> [UInt32] {
    try lengths.flatMap { count in
      try body(count, numbers(count, seed: UInt64(count)))
        + body(count, numbers(count, seed: UInt64(count) + 1, special: true))
    }
  }

  /// A grid travels in one SSE register, as a double would.
  static func grid(_ scale: Float, _ zero: Float) -> Double {
    Double(bitPattern: UInt64(zero.bitPattern) << 32 | UInt64(scale.bitPattern))
  }

  private static func stream(_ name: String) -> Case {
    (
      name,
      { library, set in
        let kernel = try library.clone(
          name, set,
          as: (@convention(c) (Out, Int, UInt32, UInt32, UInt32, UInt64) -> Void).self)
        // Long enough to see words near 0 and 2³², where the logarithm is at its worst.
        return ([200_000] + lengths).flatMap { count in
          var out = [Float](repeating: 0, count: count)
          kernel(&out, count, 3, 5, 7, 0x0123_4567_89ab_cdef)
          return bits(out)
        }
      }
    )
  }

  static let random: [Case] = [
    stream("zq_gaussian_row"), stream("zq_rademacher_row"), stream("zq_uniform_row"),
    (
      "zq_round_stochastic",
      { library, set in
        let kernel = try library.clone(
          "zq_round_stochastic", set, as: (@convention(c) (Out, In, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, values.map { abs($0) - abs($0).rounded(.down) }, count)
          return bits(x)
        }
      }
    ),
    (
      "zq_gaussian_axpy_row",
      { library, set in
        let kernel = try library.clone(
          "zq_gaussian_axpy_row", set,
          as: (@convention(c) (Out, Float, Int, UInt32, UInt32, UInt32, UInt64) -> Void).self)
        return overLengths { count, values in
          var w = values
          kernel(&w, 1.1e-3, count, 9, 8, 7, 6)
          return bits(w)
        }
      }
    ),
  ]

  static let quantization: [Case] = [
    (
      "zq_grid_of",
      { library, set in
        let kernel = try library.clone(
          "zq_grid_of", set,
          as: (@convention(c) (In, Int, Int32, Float, Float, Float) -> Double).self)
        return overLengths { count, values in
          ([2, 3, 4, 8] as [Int32]).flatMap { width in
            let grid = kernel(values, count, width, 0.95, 0.9, 1e-4).bitPattern
            return [UInt32(truncatingIfNeeded: grid), UInt32(grid >> 32)]
          }
        }
      }
    ),
    (
      "zq_fake_quantize",
      { library, set in
        let kernel = try library.clone(
          "zq_fake_quantize", set, as: (@convention(c) (Out, Int, Int32, Double) -> Void).self)
        return overLengths { count, values in
          ([2, 4, 8] as [Int32]).flatMap { width in
            var x = values
            kernel(&x, count, width, grid(0.25, 3))
            return bits(x)
          }
        }
      }
    ),
    (
      "zq_codes",
      { library, set in
        let kernel = try library.clone(
          "zq_codes", set,
          as: (@convention(c) (In, UnsafeMutablePointer<UInt8>, Int, Int32, Double) -> Void).self)
        return overLengths { count, values in
          var codes = [UInt8](repeating: 9, count: count)
          kernel(values, &codes, count, 4, grid(0.3, -4))
          return codes.map(UInt32.init)
        }
      }
    ),
    (
      "zq_move_codes",
      { library, set in
        let kernel = try library.clone(
          "zq_move_codes", set,
          as: (@convention(c) (
            UnsafeMutablePointer<UInt8>, In, In, Float, Int, Int32
          ) -> Void).self)
        return overLengths { count, values in
          var codes = (0..<count).map { UInt8($0 % 16) }
          kernel(
            &codes, values, values.map { abs($0) - abs($0).rounded(.down) }, 0.3, count, 4)
          return codes.map(UInt32.init)
        }
      }
    ),
    (
      "zq_dequantize",
      { library, set in
        let kernel = try library.clone(
          "zq_dequantize", set,
          as: (@convention(c) (UnsafePointer<UInt8>, Out, Int, Double) -> Void).self)
        return lengths.flatMap { count in
          var x = [Float](repeating: 0, count: count)
          kernel((0..<count).map { UInt8(truncatingIfNeeded: 37 * $0) }, &x, count, grid(0.1, 131))
          return bits(x)
        }
      }
    ),
    (
      "zq_fake_quantize_rows",
      { library, set in
        let kernel = try library.clone(
          "zq_fake_quantize_rows", set,
          as: (@convention(c) (Out, Int, Int, Int, Int32, Float) -> Void).self)
        return overLengths { count, values in
          ([4, 6, 8] as [Int32]).flatMap { width in
            var x = values + values.reversed() + values
            kernel(&x, 3, count, count, width, 1e-4)
            return bits(x)
          }
        }
      }
    ),
    (
      "zq_unpack",
      { library, set in
        let kernel = try library.clone(
          "zq_unpack", set,
          as: (@convention(c) (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>, Int, Int32) ->
            Void).self)
        return lengths.flatMap { count in
          (1...8).flatMap { width in
            let packed = (0..<(count * width + 7) / 8).map {
              UInt8(truncatingIfNeeded: 73 * $0 + 5)
            }
            var codes = [UInt8](repeating: 0, count: count)
            kernel(packed, &codes, count, Int32(width))
            return codes.map(UInt32.init)
          }
        }
      }
    ),
  ]

  static let all =
    random + quantization + integers + halves + quantizerGradients + elementwise + reductions
    + gradients
}
