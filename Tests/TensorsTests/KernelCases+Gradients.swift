import TestSupport
import Testing

extension KernelCases {
  static let gradients: [Case] = [
    (
      "zq_silu_product",
      { library, set in
        let kernel = try library.clone(
          "zq_silu_product", set, as: (@convention(c) (In, In, Out, Int) -> Void).self)
        return overLengths { count, values in
          var out = values
          kernel(values, numbers(count, seed: 5), &out, count)
          return bits(out)
        }
      }
    ),
    (
      "zq_rms_norm_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_rms_norm_backward", set,
          as: (@convention(c) (In, In, In, Out, Out, Out?, Int, Int, Float) -> Void).self)
        return overLengths { count, values in
          var (dx, dgain, dbias) = (values, values, values)
          kernel(
            values, numbers(count, seed: 14), numbers(count, seed: 15), &dx, &dgain, &dbias, 1,
            count, 1e-5)
          return bits(dx) + bits(dgain) + bits(dbias)
        }
      }
    ),
    (
      "zq_layer_norm_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_layer_norm_backward", set,
          as: (@convention(c) (In, In, In, Out, Out, Out, Int, Int, Float) -> Void).self)
        return overLengths { count, values in
          var (dx, dgain, dbias) = (values, values, values)
          kernel(
            values, numbers(count, seed: 14), numbers(count, seed: 15), &dx, &dgain, &dbias, 1,
            count, 1e-5)
          return bits(dx) + bits(dgain) + bits(dbias)
        }
      }
    ),
    (
      "zq_softmax_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_softmax_backward", set, as: (@convention(c) (In, Out, Int, Int, Int) -> Void).self)
        return overLengths { count, values in
          let rows = min(5, count)
          var x = (0..<rows).flatMap { _ in values }
          kernel(numbers(rows * count, seed: 16), &x, rows, count, count - rows + 1)
          return bits(x)
        }
      }
    ),
    (
      "zq_gelu_product",
      { library, set in
        let kernel = try library.clone(
          "zq_gelu_product", set, as: (@convention(c) (In, In, Out, Int) -> Void).self)
        return overLengths { count, values in
          var out = values
          kernel(values, numbers(count, seed: 5), &out, count)
          return bits(out)
        }
      }
    ),
    (
      "zq_gelu_multiply_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_gelu_multiply_backward", set,
          as: (@convention(c) (In, In, Out, Out, Int) -> Void).self)
        return overLengths { count, values in
          var (dgate, dup) = (values, numbers(count, seed: 17))
          kernel(values, numbers(count, seed: 18), &dgate, &dup, count)
          return bits(dgate) + bits(dup)
        }
      }
    ),
    (
      "zq_silu_multiply_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_silu_multiply_backward", set,
          as: (@convention(c) (In, In, Out, Out, Int) -> Void).self)
        return overLengths { count, values in
          var (dgate, dup) = (values, numbers(count, seed: 17))
          kernel(values, numbers(count, seed: 18), &dgate, &dup, count)
          return bits(dgate) + bits(dup)
        }
      }
    ),
    (
      "zq_relu_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_relu_backward", set, as: (@convention(c) (Out, In, Int) -> Void).self)
        return overLengths { count, values in
          var x = numbers(count, seed: 19)
          kernel(&x, values, count)
          return bits(x)
        }
      }
    ),
    (
      "zq_rope_row_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_rope_row_backward", set,
          as: (@convention(c) (Out, In, In, Int, Int, Int32) -> Void).self)
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
      "zq_add_column_sums",
      { library, set in
        let kernel = try library.clone(
          "zq_add_column_sums", set, as: (@convention(c) (In, Out, Int, Int, Int) -> Void).self)
        return overLengths { count, values in
          var sums = numbers(count, seed: 20)
          kernel(values + numbers(count, seed: 21), &sums, 2, count, count)
          return bits(sums)
        }
      }
    ),
    (
      "zq_cross_entropy_gradient",
      { library, set in
        let kernel = try library.clone(
          "zq_cross_entropy_gradient", set,
          as: (@convention(c) (
            Out, Int, Int, Float, Out, UnsafeMutablePointer<Double>
          ) -> Void).self)
        return overLengths { count, values in
          var (x, largest, sum) = (values, Float(0), 0.0)
          kernel(&x, count, count / 2, 0.3, &largest, &sum)
          return bits(x) + [
            largest.bitPattern, UInt32(truncatingIfNeeded: sum.bitPattern),
            UInt32(sum.bitPattern >> 32),
          ]
        }
      }
    ),
    (
      "zq_divergence_gradient",
      { library, set in
        let kernel = try library.clone(
          "zq_divergence_gradient", set,
          as: (@convention(c) (Out, In, Int, Float, Double, Double) -> Double).self)
        return overLengths { count, values in
          var x = values
          let loss = kernel(&x, numbers(count, seed: 22), count, 0.3, 2.5, 3.5).bitPattern
          return bits(x) + [UInt32(truncatingIfNeeded: loss), UInt32(loss >> 32)]
        }
      }
    ),
  ]
}
