import Glibc
import Synchronization
import Tensors
import TestSupport
import Testing

/// Bits of the normals: one function of (seed, draw, tensor, row, column), however they are asked for.
@Suite("Normal streams")
struct NormalStreamTests {
  private func fill(_ stream: NormalStream, _ count: Int, row: Int, tensor: Int) -> [Float] {
    var out = [Float](repeating: .nan, count: count)
    stream.fill(&out, count: count, row: row, tensor: tensor)
    return out
  }

  private static let counts = [
    1, 3, 15, 16, 17, 48, 63, 64, 65, 127, 128, 129, 576, 1000, 4095, 4096,
  ]

  @Test("The vectorised row equals the scalar one bit for bit", arguments: counts)
  func reference(count: Int) {
    for (seed, draw) in [(0, 0), (1, 1), (0xffff_ffff, 7), (UInt64.max, UInt32.max)]
      as [(UInt64, UInt32)]
    {
      for (row, tensor) in [(0, 0), (1, 0), (575, 209), (0xffff_ffff, 0xffff_ffff)] {
        let stream = NormalStream(seed: seed, draw: draw)
        let fast = fill(stream, count, row: row, tensor: tensor)
        let slow = stream.reference(count: count, row: row, tensor: tensor)
        #expect(
          fast.map(\.bitPattern) == slow.map(\.bitPattern), "\(seed) \(draw) \(row) \(tensor)")
      }
    }
  }

  @Test("A shorter row is the beginning of a longer one, and nothing is written behind it")
  func prefix() {
    let stream = NormalStream(seed: 5, draw: 3)
    let long = fill(stream, 1000, row: 4, tensor: 2)
    for count in Self.counts where count <= 1000 {
      var out = [Float](repeating: -77, count: count + 64)
      stream.fill(&out, count: count, row: 4, tensor: 2)
      #expect(out[..<count].elementsEqual(long[..<count]))
      #expect(out[count...].allSatisfy { $0 == -77 }, "\(count)")
    }
  }

  @Test("Each argument matters, and neighbours share nothing")
  func arguments() {
    let base = fill(NormalStream(seed: 1, draw: 1), 256, row: 1, tensor: 1)
    let others = [
      fill(NormalStream(seed: 2, draw: 1), 256, row: 1, tensor: 1),
      fill(NormalStream(seed: 1 | 1 << 32, draw: 1), 256, row: 1, tensor: 1),
      fill(NormalStream(seed: 1, draw: 2), 256, row: 1, tensor: 1),
      fill(NormalStream(seed: 1, draw: 1), 256, row: 2, tensor: 1),
      fill(NormalStream(seed: 1, draw: 1), 256, row: 1, tensor: 2),
      // Swapped arguments must not meet.
      fill(NormalStream(seed: 1, draw: 2), 256, row: 2, tensor: 1),
      fill(NormalStream(seed: 1, draw: 1), 256, row: 2, tensor: 2),
    ]
    for (index, other) in others.enumerated() {
      let shared = Set(base).intersection(other).count
      #expect(shared < 3, "stream \(index) shares \(shared) of 256 values")
    }
  }

  @Test("Threads and order don't matter", arguments: [1, 2, 3, 4])
  func threads(count: Int) {
    let stream = NormalStream(seed: 11, draw: 4)
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = count
    let (rows, columns) = (37, 577)
    let matrix = Matrix(rows: rows, columns: columns)
    forEachTile(rows) { tile, _ in
      let row = rows - 1 - tile
      stream.fill(matrix.row(row), count: columns, row: row, tensor: 8)
    }
    for row in 0..<rows {
      #expect(
        matrix.rows(row..<row + 1).elements == fill(stream, columns, row: row, tensor: 8))
    }
  }

  @Test("Adding a multiple is one fused multiply-add per element, bit for bit", arguments: counts)
  func axpy(count: Int) {
    var generator = SplitMix64(seed: UInt64(count))
    let stream = NormalStream(seed: 3, draw: 9)
    let z = fill(stream, count, row: 2, tensor: 6)
    for factor in [1e-3, -1e-3, 1, 0, 7.25e10] as [Float] {
      let w = generator.uniform(count)
      var sum = w + [99]
      stream.add(to: &sum, factor: factor, count: count, row: 2, tensor: 6)
      let expected = zip(w, z).map { fma(factor, $1, $0) }
      #expect(sum[..<count].map(\.bitPattern) == expected.map(\.bitPattern), "factor \(factor)")
      #expect(sum[count] == 99)
    }
  }

  @Test("There and back again leaves the rounding of two additions, not zero drift by design")
  func thereAndBack() {
    let stream = NormalStream(seed: 3, draw: 9)
    var generator = SplitMix64(seed: 1)
    let w = generator.normal(512)
    var moved = w
    stream.add(to: &moved, factor: 1e-3, count: 512, row: 0, tensor: 0)
    #expect(zip(moved, w).filter { $0 != $1 }.count > 500)
    stream.add(to: &moved, factor: -1e-3, count: 512, row: 0, tensor: 0)
    expectClose(moved, w, .absolute(1e-6))
  }

  @Test("±1 in equal shares, by the same counters")
  func rademacher() {
    let stream = RademacherStream(seed: 21, draw: 2)
    let count = 1 << 20
    var w = [Float](repeating: 0, count: count)
    stream.add(to: &w, factor: 0.5, count: count, row: 3, tensor: 1)
    #expect(w.allSatisfy { abs($0) == 0.5 })
    let positive = w.count { $0 > 0 }
    // Five deviations of a fair coin.
    #expect(abs(Double(positive) - Double(count) / 2) < 5 * Double(count).squareRoot() / 2)
    for lag in [1, 16, 32, 64] {
      var agreement = 0
      for i in 0..<count - lag where w[i] == w[i + lag] { agreement += 1 }
      let n = Double(count - lag)
      #expect(abs(Double(agreement) - n / 2) < 5 * n.squareRoot() / 2, "lag \(lag)")
    }
    for c in stride(from: 0, to: 640, by: 7) {
      let words = philox4x32(
        counter: [UInt32(c / 64 * 16 + c % 16), 3, 1, 2], key: [21, 0])
      #expect(w[c] == (words[c % 64 / 16] >> 31 == 0 ? 0.5 : -0.5), "element \(c)")
    }
  }

  @Test("Uniforms are the upper 24 bits of counters that no direction has")
  func uniforms() {
    let count = 1 << 16
    var (seen, sums): (Set<[Float]>, [Double]) = ([], [])
    for stream in [NormalStream(seed: 21, draw: 2), RademacherStream(seed: 21, draw: 2)]
      as [any Directions]
    {
      for purpose: NoisePurpose in [.probe, .update, .codes] {
        var u = [Float](repeating: -1, count: count)
        stream.fillUniforms(&u, count: count, row: 3, tensor: 5 << 24 | 1, purpose)
        #expect(u.allSatisfy { $0 >= 0 && $0 < 1 })
        seen.insert(Array(u.prefix(100)))
        sums.append(u.reduce(0) { $0 + Double($1) } / Double(count))
        let word = 1 << 31 | purpose.rawValue << 29 | 5 << 24 | 1
        for c in stride(from: 0, to: 640, by: 7) {
          let words = philox4x32(
            counter: [UInt32(c / 64 * 16 + c % 16), 3, word, 2], key: [21, 0])
          #expect(u[c] == Float(words[c % 64 / 16] >> 8) / Float(1 << 24), "element \(c)")
        }
      }
    }
    // Both streams have the same noise; purposes have noise of their own.
    #expect(seen.count == 3)
    let deviation = (1 / 12.0 / Double(count)).squareRoot()
    #expect(sums.allSatisfy { abs($0 - 0.5) < 5 * deviation }, "\(sums)")
  }

  @Test("Stochastic rounding keeps the mean, and integers")
  func stochasticRounding() {
    let values: [Float] = [-2.75, -1, -0.3, 0, 0.0625, 0.5, 0.9, 3, 126.999]
    let (n, stream) = (1 << 16, NormalStream(seed: 4, draw: 0))
    for (row, value) in values.enumerated() {
      var u = [Float](repeating: 0, count: n)
      stream.fillUniforms(&u, count: n, row: row, tensor: 0, .codes)
      var x = [Float](repeating: value, count: n)
      roundStochastically(&x, uniforms: u, count: n)
      let below = value.rounded(.down)
      #expect(x.allSatisfy { $0 == below || $0 == below + 1 })
      let fraction = Double(value - below)
      let mean = x.reduce(0) { $0 + Double($1) } / Double(n)
      let deviation = (fraction * (1 - fraction) / Double(n)).squareRoot()
      #expect(abs(mean - Double(value)) <= 5 * deviation, "\(value): \(mean)")
      // Rounding to nearest would not pass.
      #expect(
        fraction == 0 || fraction == 0.5
          || abs(Double(value.rounded()) - Double(value)) > 5 * deviation)
    }
  }
}
