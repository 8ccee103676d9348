internal import CKernels
internal import Glibc
public import Tensors

/// What products of integer codes are computed with; all give the same bits.
public enum IntegerPath: Sendable, CaseIterable {
  /// Plain C, on every processor.
  case scalar
  /// 16-bit products of AVX2.
  case avx2
  /// Byte products of AVX-512 VNNI.
  case vnni

  /// The fastest that this processor has.
  public static let best: IntegerPath = {
    switch zq_best_integer_path() {
    case zq_integer_vnni: .vnni
    case zq_integer_avx2: .avx2
    default: .scalar
    }
  }()

  /// Those that this processor has.
  public static var available: [IntegerPath] {
    switch best {
    case .vnni: [.scalar, .avx2, .vnni]
    case .avx2: [.scalar, .avx2]
    case .scalar: [.scalar]
    }
  }

  var kernel: zq_integer_path {
    switch self {
    case .scalar: zq_integer_scalar
    case .avx2: zq_integer_avx2
    case .vnni: zq_integer_vnni
    }
  }
}

/// What undoes the grid of one row of weight codes.
public struct CodeRow: Sendable {
  /// Δ.
  public var scale: Float
  /// z, an integer.
  public var zero: Float
  /// The output's bias; 0 where there is none.
  public var bias: Float

  /// A row's grid and bias.
  public init(scale: Float, zero: Float, bias: Float) {
    self.scale = scale
    self.zero = zero
    self.bias = bias
  }
}

/// Scratch space of ``integerLinear(_:outputs:into:path:scratch:row:)``, kept from one call to the next.
public final class IntegerScratch: @unchecked Sendable {
  // SAFETY: one product runs at a time, and each of its threads has a part of its own.
  private var buffer = ByteBuffer(byteCount: 0)

  /// No space yet.
  public init() {}

  /// Bytes that a product of these sizes takes.
  public static func byteCount(outputs: Int, columns: Int, threads: Int) -> Int {
    let layout = PanelLayout(columns: columns)
    return min(threads, tileCount(outputs, size: layout.rows)) * layout.bytes
  }

  fileprivate func storage(threads: Int, each bytes: Int) -> UnsafeMutableRawPointer {
    if buffer.byteCount < threads * bytes { buffer = ByteBuffer(byteCount: threads * bytes) }
    return buffer.base
  }
}

/// `y = x · Ŵᵀ + b` of quantized tokens and quantized weights, summed in integers.
///
/// `y[t][n] = Δx·Δw · Σₖ (qx − zx)(qw − zw) + b[n]`: the sum is exact, so that only the multiplication by the
/// scales rounds, and neither threads nor instruction sets matter.
/// Equals the float product of the fake-quantized operands but for that product's own rounding.
///
/// > Shape: `tokens` are `[T, K]`, `y` is `[T, outputs]`; K is at most 65,536.
///
/// > Source: Jacob et al. 2018, arXiv:1712.05877, section 2.3.
///
/// - Parameters:
///   - tokens: The quantized activations.
///   - outputs: N, rows of the weight.
///   - y: Gets the outputs.
///   - path: What to compute with.
///   - scratch: Space to work in.
///   - row: Writes the K codes of a row of the weight and returns its grid; `weights` is room for K
///     numbers. Called once per row, on any thread.
/// - Complexity: O(T · K · N).
public func integerLinear(
  _ tokens: QuantizedTokens, outputs: Int, into y: Matrix, path: IntegerPath = .best,
  scratch: IntegerScratch,
  row:
    @Sendable (
      _ index: Int, _ codes: UnsafeMutablePointer<UInt8>, _ weights: UnsafeMutablePointer<Float>
    ) -> CodeRow
) {
  precondition(
    y.rows == tokens.rows && y.columns == outputs && tokens.columns <= 65_536,
    "[\(tokens.rows), \(tokens.columns)] × \(outputs) outputs into [\(y.rows), \(y.columns)]")
  let (columns, padded) = (tokens.columns, tokens.padded)
  let (panelRows, tokenBlock) = (Int(ZQ_PANEL_ROWS), 96)
  let layout = PanelLayout(columns: columns)
  let tileRows = layout.rows
  let tiles = tileCount(outputs, size: tileRows)
  let threads = min(Threads.count, tiles)
  let space = scratch.storage(threads: threads, each: layout.bytes)
  // SAFETY: every thread writes its own part of the space and its own tile's columns of y.
  nonisolated(unsafe) let base = space
  forEachTile(tiles, threads: threads) { tile, thread in
    let range = tileRange(tile, of: outputs, size: tileRows)
    let part = layout.part(base + thread * layout.bytes)
    let panels = tileCount(range.count, size: panelRows)
    if range.count % panelRows != 0 {
      // Rows that aren't there: any codes would do but for their sums.
      memset(part.codes, 0, tileRows * padded)
    }
    for offset in 0..<panels * panelRows {
      let panel = part.codes + offset / panelRows * panelRows * padded
      guard offset < range.count else {
        part.scales[offset] = 0
        part.zeros[offset] = 0
        part.sums[offset] = 0
        part.biases[offset] = 0
        continue
      }
      let grid = row(range.lowerBound + offset, part.row, part.weights)
      part.scales[offset] = grid.scale
      part.zeros[offset] = Double(grid.zero)
      part.sums[offset] = Double(zq_code_sum(part.row, columns))
      part.biases[offset] = grid.bias
      zq_interleave(part.row, offset % panelRows, columns, panel)
    }
    for block in 0..<tileCount(tokens.rows, size: tokenBlock) {
      let rows = tileRange(block, of: tokens.rows, size: tokenBlock)
      for panel in 0..<panels {
        let first = panel * panelRows
        var weights = zq_weight_panel(
          codes: part.codes + first * padded, scales: part.scales + first,
          zeros: part.zeros + first, sums: part.sums + first, biases: part.biases + first)
        zq_integer_product(
          path.kernel, tokens.codePointer + rows.lowerBound * padded, padded,
          tokens.sumPointer + rows.lowerBound, rows.count, &weights, padded,
          y.row(rows.lowerBound) + range.lowerBound + first, y.stride,
          min(panelRows, range.count - first))
      }
    }
  }
}

/// Where a thread's panels lie in its scratch space.
private struct PanelLayout {
  let rows: Int
  let columns: Int
  let padded: Int

  /// The layout of a tile of rows of so many columns.
  init(columns: Int) {
    // Three panels stay in the second-level cache beside a block of tokens.
    rows = 3 * Int(ZQ_PANEL_ROWS)
    self.columns = columns
    padded = QuantizedTokens.paddedColumns(columns)
  }

  /// Bytes of a thread's part, whole pages.
  var bytes: Int {
    (rows * padded + rows * (8 + 8 + 4 + 4) + 4 * columns + columns + 4095) / 4096 * 4096
  }

  struct Part {
    let codes: UnsafeMutablePointer<UInt8>
    let zeros: UnsafeMutablePointer<Double>
    let sums: UnsafeMutablePointer<Double>
    let scales: UnsafeMutablePointer<Float>
    let biases: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let row: UnsafeMutablePointer<UInt8>
  }

  func part(_ base: UnsafeMutableRawPointer) -> Part {
    // Panels of 128-byte steps first, so that all of them are aligned.
    let zeros = (base + rows * padded).bindMemory(to: Double.self, capacity: 2 * rows)
    let scales = UnsafeMutableRawPointer(zeros + 2 * rows).bindMemory(
      to: Float.self, capacity: 2 * rows + columns)
    return Part(
      codes: base.bindMemory(to: UInt8.self, capacity: rows * padded), zeros: zeros,
      sums: zeros + rows, scales: scales, biases: scales + rows, weights: scales + 2 * rows,
      row: UnsafeMutableRawPointer(scales + 2 * rows + columns).bindMemory(
        to: UInt8.self, capacity: columns))
  }
}
