extension KernelCases {
  private typealias Codes = UnsafeMutablePointer<UInt8>

  /// Kernels that turn numbers into codes for integer products.
  static let integers: [Case] = [
    (
      "zq_token_codes",
      { library, set in
        let kernel = try library.clone(
          "zq_token_codes", set,
          as: (@convention(c) (In, Int, Int32, Double, Codes, Int, UnsafeMutablePointer<Double>) ->
            Void).self)
        return overLengths { count, values in
          ([2, 4, 8] as [Int32]).flatMap { width in
            // Bytes beyond the padded length are nobody's.
            let padded = (count + 3) / 4 * 4
            var codes = [UInt8](repeating: 9, count: padded + 1)
            var sum = [Double](repeating: 0, count: 3)
            kernel(values, count, width, grid(0.3, -4), &codes, padded, &sum)
            return codes.map(UInt32.init) + bits([Float(sum[1]), Float(sum[2])])
          }
        }
      }
    ),
    (
      "zq_code_sum",
      { library, set in
        let kernel = try library.clone(
          "zq_code_sum", set, as: (@convention(c) (UnsafePointer<UInt8>, Int) -> Int32).self)
        return lengths.map { count in
          UInt32(kernel((0..<count).map { UInt8(truncatingIfNeeded: 37 * $0) }, count))
        }
      }
    ),
    (
      "zq_interleave",
      { library, set in
        let kernel = try library.clone(
          "zq_interleave", set,
          as: (@convention(c) (UnsafePointer<UInt8>, Int, Int, Codes) -> Void).self)
        return lengths.flatMap { count in
          var panel = [UInt8](repeating: 7, count: (count + 3) / 4 * 128)
          for row in [0, 5, 31] {
            kernel((0..<count).map { UInt8(truncatingIfNeeded: 37 * $0 + row) }, row, count, &panel)
          }
          return panel.map(UInt32.init)
        }
      }
    ),
  ]
}
