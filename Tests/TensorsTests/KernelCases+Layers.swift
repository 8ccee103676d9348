import TestSupport
import Testing

extension KernelCases {
  static let elementwise: [Case] = [
    (
      "zq_scale_row",
      { library, set in
        let kernel = try library.clone(
          "zq_scale_row", set, as: (@convention(c) (Out, In?, Float, Int) -> Void).self)
        return overLengths { count, values in
          var (x, y) = (values, values)
          kernel(&x, numbers(count, seed: 4), 1.7, count)
          kernel(&y, nil, 0.3, count)
          return bits(x) + bits(y)
        }
      }
    ),
    (
      "zq_divide_row",
      { library, set in
        let kernel = try library.clone(
          "zq_divide_row", set, as: (@convention(c) (Out, Float, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, 0.37, count)
          return bits(x)
        }
      }
    ),
    (
      "zq_silu_multiply",
      { library, set in
        let kernel = try library.clone(
          "zq_silu_multiply", set, as: (@convention(c) (Out, In, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, numbers(count, seed: 5), count)
          return bits(x)
        }
      }
    ),
    (
      "zq_relu",
      { library, set in
        let kernel = try library.clone(
          "zq_relu", set, as: (@convention(c) (Out, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, count)
          return bits(x)
        }
      }
    ),
    (
      "zq_add",
      { library, set in
        let kernel = try library.clone(
          "zq_add", set, as: (@convention(c) (Out, In, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, numbers(count, seed: 6), count)
          return bits(x)
        }
      }
    ),
    (
      "zq_add_bias",
      { library, set in
        let kernel = try library.clone(
          "zq_add_bias", set, as: (@convention(c) (Out, In, Int, Int, Int) -> Void).self)
        return overLengths { count, values in
          var x = values + values
          kernel(&x, numbers(count, seed: 7), 2, count, count)
          return bits(x)
        }
      }
    ),
    (
      "zq_rope_row",
      { library, set in
        let kernel = try library.clone(
          "zq_rope_row", set, as: (@convention(c) (Out, In, In, Int, Int, Int32) -> Void).self)
        return [2, 8, 16, 64, 80, 128].flatMap { head in
          ([0, 1] as [Int32]).flatMap { interleaved in
            var x = numbers(3 * head, seed: UInt64(head))
            kernel(
              &x, numbers(head / 2, seed: 1), numbers(head / 2, seed: 2), 3, head, interleaved)
            return bits(x)
          }
        }
      }
    ),
    (
      "zq_probe_exponentials",
      { library, set in
        let kernel = try library.clone(
          "zq_probe_exponentials", set, as: (@convention(c) (In, Out, Int) -> Void).self)
        // Every 4,099th pattern of a float.
        let x = stride(from: UInt32(0), to: .max - 4099, by: 4099).map { Float(bitPattern: $0) }
        var out = x
        kernel(x, &out, x.count)
        return bits(out)
      }
    ),
  ]

  static let reductions: [Case] = [
    (
      "zq_dot",
      { library, set in
        let kernel = try library.clone(
          "zq_dot", set, as: (@convention(c) (In, In, Int) -> Double).self)
        return overLengths { count, values in
          let sum = kernel(values, numbers(count, seed: 8), count).bitPattern
          return [UInt32(truncatingIfNeeded: sum), UInt32(sum >> 32)]
        }
      }
    ),
    (
      "zq_rms_norm",
      { library, set in
        let kernel = try library.clone(
          "zq_rms_norm", set, as: (@convention(c) (In, In, In?, Out, Int, Int, Float) -> Void).self)
        return overLengths { count, values in
          var (a, b) = (values, values)
          let (gain, bias) = (numbers(count, seed: 9), numbers(count, seed: 10))
          kernel(values, gain, nil, &a, 1, count, 1e-5)
          kernel(values, gain, bias, &b, 1, count, 1e-5)
          return bits(a) + bits(b)
        }
      }
    ),
    (
      "zq_layer_norm",
      { library, set in
        let kernel = try library.clone(
          "zq_layer_norm", set, as: (@convention(c) (In, In, In, Out, Int, Int, Float) -> Void).self
        )
        return overLengths { count, values in
          var a = values
          kernel(
            values, numbers(count, seed: 9), numbers(count, seed: 10), &a, 1, count, 1e-5)
          return bits(a)
        }
      }
    ),
    (
      "zq_causal_softmax",
      { library, set in
        let kernel = try library.clone(
          "zq_causal_softmax", set, as: (@convention(c) (Out, Int, Int, Int) -> Void).self)
        return overLengths { count, values in
          let rows = min(5, count)
          var x = (0..<rows).flatMap { _ in values }
          kernel(&x, rows, count, count - rows + 1)
          return bits(x)
        }
      }
    ),
    (
      "zq_fold_logsumexp",
      { library, set in
        let kernel = try library.clone(
          "zq_fold_logsumexp", set,
          as: (@convention(c) (In, Int, Out, UnsafeMutablePointer<Double>) -> Void).self)
        return overLengths { count, values in
          var (maximum, sum) = (-Float.infinity, 0.0)
          for _ in 0..<3 { kernel(values, count, &maximum, &sum) }
          kernel(numbers(count, seed: 11).map { $0 + 3 }, count, &maximum, &sum)
          return [
            maximum.bitPattern, UInt32(truncatingIfNeeded: sum.bitPattern),
            UInt32(sum.bitPattern >> 32),
          ]
        }
      }
    ),
    (
      "zq_fold_column_maxima",
      { library, set in
        let kernel = try library.clone(
          "zq_fold_column_maxima", set, as: (@convention(c) (In, Out, Int, Int) -> Void).self)
        return overLengths { count, values in
          var maxima = [Float](repeating: 0, count: count)
          kernel(values + numbers(count, seed: 12), &maxima, 2, count)
          return bits(maxima)
        }
      }
    ),
    (
      "zq_fold_column_range",
      { library, set in
        let kernel = try library.clone(
          "zq_fold_column_range", set,
          as: (@convention(c) (In, Out, Out, Int, Int) -> Void).self)
        return overLengths { count, values in
          var least = [Float](repeating: .infinity, count: count)
          var most = [Float](repeating: -.infinity, count: count)
          kernel(values + numbers(count, seed: 13), &least, &most, 2, count)
          return bits(least) + bits(most)
        }
      }
    ),
    (
      "zq_all_finite",
      { library, set in
        let kernel = try library.clone(
          "zq_all_finite", set, as: (@convention(c) (In, Int) -> Int32).self)
        return overLengths { count, values in [UInt32(bitPattern: kernel(values, count))] }
      }
    ),
  ]
}
