import TestSupport
import Testing

extension KernelCases {
  private static func words(_ values: [Double]) -> [UInt32] {
    values.flatMap { value in
      // NaNs may differ in sign and payload, which nothing looks at.
      let word = value.isNaN ? UInt64.max : value.bitPattern
      return [UInt32(truncatingIfNeeded: word), UInt32(word >> 32)]
    }
  }

  private static func inPlace(_ name: String, _ widths: [Int32]) -> Case {
    (
      name,
      { library, set in
        let kernel = try library.clone(
          name, set, as: (@convention(c) (Out, Int, Int32) -> Void).self)
        return overLengths { count, values in
          widths.flatMap { width in
            var x = values
            kernel(&x, count, width)
            return bits(x)
          }
        }
      }
    )
  }

  static let quantizerGradients: [Case] = [
    inPlace("zq_symmetric", [2, 4, 8]), inPlace("zq_asymmetric", [1, 4, 8]),
    inPlace("zq_mean_absolute", [1, 2]),
    (
      "zq_grid_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_grid_backward", set,
          as: (@convention(c) (In, Out, Int, Int32, Double, UnsafeMutablePointer<Double>) -> Void)
            .self)
        return overLengths { count, values in
          ([2, 4, 8] as [Int32]).flatMap { width in
            var (d, sums) = (numbers(count, seed: 8), [0.0, 0.0])
            kernel(values, &d, count, width, grid(0.25, 3), &sums)
            return bits(d) + words(sums)
          }
        }
      }
    ),
    (
      "zq_fake_quantize_backward",
      { library, set in
        let kernel = try library.clone(
          "zq_fake_quantize_backward", set,
          as: (@convention(c) (In, Out, Int, Int32, Double, Float, Float, Float) -> Double).self)
        return overLengths { count, values in
          ([2, 4, 8] as [Int32]).flatMap { width in
            var d = numbers(count, seed: 9)
            let found = kernel(values, &d, count, width, grid(0.25, 3), 0.95, 0.9, 1e-4).bitPattern
            return bits(d) + [UInt32(truncatingIfNeeded: found), UInt32(found >> 32)]
          }
        }
      }
    ),
    (
      "zq_pass_inside",
      { library, set in
        let kernel = try library.clone(
          "zq_pass_inside", set, as: (@convention(c) (In, Out, Int, Float) -> Void).self)
        return overLengths { count, values in
          var d = numbers(count, seed: 10)
          kernel(values, &d, count, 2)
          return bits(d)
        }
      }
    ),
    (
      "zq_fold_product",
      { library, set in
        let kernel = try library.clone(
          "zq_fold_product", set,
          as: (@convention(c) (UnsafeMutablePointer<Double>, In, In?, Double, Int) -> Void).self)
        return overLengths { count, values in
          var sums = [Double](repeating: 0.1, count: count)
          kernel(&sums, values, numbers(count, seed: 11), 1.3, count)
          kernel(&sums, values, nil, -0.7, count)
          return words(sums)
        }
      }
    ),
    (
      "zq_dot3",
      { library, set in
        let kernel = try library.clone(
          "zq_dot3", set, as: (@convention(c) (In, In, In, Int) -> Double).self)
        return overLengths { count, values in
          words([kernel(values, numbers(count, seed: 12), numbers(count, seed: 13), count)])
        }
      }
    ),
    (
      "zq_add_scaled",
      { library, set in
        let kernel = try library.clone(
          "zq_add_scaled", set, as: (@convention(c) (Out, In, Float, Int) -> Void).self)
        return overLengths { count, values in
          var x = values
          kernel(&x, numbers(count, seed: 14), -0.6, count)
          return bits(x)
        }
      }
    ),
  ]
}
