import Tensors
import TestSupport
import Testing

/// Every kernel gives the same bits on the baseline, AVX2 and AVX-512.
@Suite("Instruction sets agree bit for bit", .needsEveryInstructionSet)
struct InstructionSetTests {
  @Test("Each kernel", arguments: KernelCases.all.map(\.name))
  func agreement(name: String) throws {
    let library = try #require(KernelLibrary.shared)
    let kernel = try #require(KernelCases.all.first { $0.name == name })
    let baseline = try kernel.run(library, .baseline)
    for set in [KernelLibrary.InstructionSet.avx2, .avx512] {
      let other = try kernel.run(library, set)
      // NaNs may differ in sign and payload, which nothing looks at.
      let different = zip(baseline, other).enumerated().filter { entry in
        let (a, b) = entry.element
        return a != b && !(Float(bitPattern: a).isNaN && Float(bitPattern: b).isNaN)
      }
      #expect(baseline.count == other.count)
      #expect(
        different.isEmpty,
        "\(name), \(set): \(different.count) of \(baseline.count) differ, first \(different.first?.offset ?? -1)"
      )
    }
  }

  @Test("No kernel is left out")
  func complete() throws {
    let tested = Set(KernelCases.all.map(\.name)).subtracting(["zq_probe_exponentials"])
    #expect(tested == (try KernelLibrary.clonedFunctions()))
  }

  @Test(
    "The program's own normals are the library's", arguments: KernelLibrary.InstructionSet.allCases)
  func program(set: KernelLibrary.InstructionSet) throws {
    let library = try #require(KernelLibrary.shared)
    let kernel = try library.clone(
      "zq_gaussian_row", set,
      as: (@convention(c) (Out, Int, UInt32, UInt32, UInt32, UInt64) -> Void).self)
    var (a, b) = ([Float](repeating: 0, count: 5000), [Float](repeating: 1, count: 5000))
    kernel(&a, 5000, 1, 2, 3, 4)
    NormalStream(seed: 4, draw: 3).fill(&b, count: 5000, row: 1, tensor: 2)
    #expect(KernelCases.bits(a) == KernelCases.bits(b))
  }

  @Test("e^x is within 1.5 ulps of the exact value from −87 to 88")
  func exponential() throws {
    let library = try #require(KernelLibrary.shared)
    let kernel = try library.clone(
      "zq_probe_exponentials", .baseline, as: (@convention(c) (In, Out, Int) -> Void).self)
    var x = stride(from: Float(-87), through: 88, by: 0x1p-13).map { $0 }
    for power in -60 ... -1 { x += [Float(sign: .plus, exponent: power, significand: 1.37)] }
    x += x.filter { abs($0) < 1 }.map { -$0 }
    var out = x
    kernel(x, &out, x.count)
    var worst: (error: Double, x: Float) = (0, 0)
    for (value, found) in zip(x, out) {
      let exact = exponentialOf(Double(value))
      let error = abs(Double(found) - exact) / Double(Float(exact).ulp)
      if error > worst.error { worst = (error, value) }
    }
    #expect(worst.error < 1.5, "\(worst.error) ulps at \(worst.x)")
    #expect(worst.error > 0.3, "the test compares something")
    var edges: [Float] = [0, -0.0, .nan, -.infinity, -1000, .infinity, 1000]
    kernel(edges, &edges, edges.count)
    #expect(edges[0] == 1 && edges[1] == 1 && edges[2].isNaN)
    // Saturates: tiny beside e^0 below, finite above.
    #expect(edges[3] == edges[4] && edges[4] > 0 && edges[4] < 2e-38)
    #expect(edges[5] == edges[6] && edges[6] > 1e38 && edges[6].isFinite)
  }
}
