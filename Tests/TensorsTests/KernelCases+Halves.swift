extension KernelCases {
  private typealias Halves = UnsafeMutablePointer<UInt16>

  private static func narrowing(_ name: String) -> Case {
    (
      name,
      { library, set in
        let kernel = try library.clone(
          name, set, as: (@convention(c) (In, Halves, Int) -> Void).self)
        return overLengths { count, values in
          var halves = [UInt16](repeating: 0, count: count)
          kernel(values.map { $0 * 1e-4 }, &halves, count)
          return halves.map(UInt32.init)
        }
      }
    )
  }

  private static func stochastic(_ name: String) -> Case {
    (
      name,
      { library, set in
        let kernel = try library.clone(
          name, set, as: (@convention(c) (In, In, Halves, Int) -> Void).self)
        return overLengths { count, values in
          var halves = [UInt16](repeating: 0, count: count)
          kernel(
            values.map { $0 * 1e-4 }, values.map { abs($0) - abs($0).rounded(.down) }, &halves,
            count)
          return halves.map(UInt32.init)
        }
      }
    )
  }

  private static func widening(_ name: String) -> Case {
    (
      name,
      { library, set in
        let kernel = try library.clone(
          name, set, as: (@convention(c) (UnsafePointer<UInt16>, Out, Int) -> Void).self)
        var out = [Float](repeating: 0, count: 65536)
        kernel(Array(0...UInt16.max), &out, 65536)
        return bits(out)
      }
    )
  }

  /// Kernels between float32 and sixteen bits.
  static let halves: [Case] = [
    narrowing("zq_to_half"), widening("zq_from_half"), narrowing("zq_to_brain"),
    widening("zq_from_brain"), stochastic("zq_to_half_stochastic"),
    stochastic("zq_to_brain_stochastic"),
  ]
}
