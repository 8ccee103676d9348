internal import Digests
internal import JSONText
package import Optimizers
package import Records
internal import System

/// The probes of one cell's training as they are committed: base weights + these = its final weights.
///
/// Layout: the line `zeroqat replay 1`, a line of JSON (``Header``), then both losses of each probe in order,
/// L₊ and L₋ as little-endian doubles, and the SHA-256 of all before in hex. Gradients aren't stored, as they follow:
/// `g = clip(L₊ − L₋, ±d) / 2ε`. So a step takes 16 bytes a direction, and 10,000 steps 160 kB.
package struct ReplayFile: Sendable, Equatable {
  /// What the probes belong to.
  package struct Header: Codable, Sendable, Equatable {
    /// Where the cell stands.
    package var cell: CellAddress
    /// SHA-256 of the base weights, as the cell names it.
    package var model: String
    /// The cell's seed, which all directions follow from.
    package var seed: UInt64
    /// Updates.
    package var steps: Int
    /// Directions of a step, q.
    package var directions: Int
    /// ε of the probes, a float32 in its shortest decimal form.
    package var epsilon: Double
    /// d in nats; null where differences aren't clipped.
    package var differenceBound: Double?

    /// A header from its parts.
    package init(
      cell: CellAddress, model: String, seed: UInt64, steps: Int, directions: Int, epsilon: Double,
      differenceBound: Double?
    ) {
      self.cell = cell
      self.model = model
      self.seed = seed
      self.steps = steps
      self.directions = directions
      self.epsilon = epsilon
      self.differenceBound = differenceBound
    }
  }

  /// What the probes belong to.
  package var header: Header
  /// All probes, step by step and direction by direction.
  package var probes: [Probe]

  /// A file from its parts.
  ///
  /// - Throws: ``ReplayFileError`` for probes that aren't all of those steps, or whose gradient doesn't follow
  ///   from their losses.
  package init(_ header: Header, _ probes: [Probe], path: String) throws(ReplayFileError) {
    self.header = header
    self.probes = probes
    let count = header.steps * header.directions
    guard probes.count == count else {
      throw ReplayFileError(
        path: path,
        reason: "expected \(count) probes of \(header.steps) steps, found \(probes.count)")
    }
    for (index, probe) in probes.enumerated() {
      let expected = header.probe(at: index, plus: probe.plus, minus: probe.minus)
      guard probe == expected else {
        throw ReplayFileError(
          path: path,
          reason: "probe \(index) is \(probe), and \(expected) follows from its place and losses")
      }
    }
  }
}

extension ReplayFile.Header {
  /// The probe at a place, as it follows from both of its losses.
  func probe(at index: Int, plus: Double, minus: Double) -> Probe {
    var difference = plus - minus
    var isClipped = false
    if let bound = differenceBound, abs(difference) > bound {
      difference = difference < 0 ? -bound : bound
      isClipped = true
    }
    return Probe(
      step: index / directions, direction: index % directions, plus: plus, minus: minus,
      projectedGradient: difference / (2 * Double(Float(epsilon))), isClipped: isClipped)
  }
}

extension ReplayFile {
  private static let title = Array("zeroqat replay 1\n".utf8)
  private static let digestBytes = 64

  /// The file's bytes.
  ///
  /// - Throws: `JSONError` for a header that can't be written.
  package func bytes() throws -> [UInt8] {
    var bytes = Self.title + Array(try jsonText(of: header, style: .canonical).utf8) + [10]
    for value in probes.flatMap({ [$0.plus, $0.minus] }) {
      for byte in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * byte)))
      }
    }
    return bytes + Array(sha256Hex(of: bytes).utf8)
  }

  /// Reads a file.
  ///
  /// - Throws: ``ReplayFileError`` for one that isn't whole, or isn't as it was written.
  package init(contentsOf path: String) throws(ReplayFileError) {
    func damaged(_ reason: String) -> ReplayFileError {
      ReplayFileError(path: path, reason: reason)
    }
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw damaged(error.reason) }
    guard bytes.starts(with: Self.title) else {
      throw damaged("expected a replay file, which begins with 'zeroqat replay 1'")
    }
    let end = bytes.count - Self.digestBytes
    guard end > Self.title.count,
      Array(sha256Hex(of: Array(bytes[..<end])).utf8) == Array(bytes[end...])
    else {
      throw damaged(
        "its contents and the SHA-256 at its end disagree: it was damaged or cut short since it was written"
      )
    }
    let body = bytes[Self.title.count..<end]
    guard let newline = body.firstIndex(of: 10) else { throw damaged("it has no header") }
    do {
      header = try JSONDocument(text: Array(body[..<newline]), file: path).decode(Header.self)
    } catch { throw damaged("its header can't be read: \(error)") }
    let values = body[(newline + 1)...]
    guard header.steps >= 1, header.directions >= 1, header.steps < 1 << 32,
      header.directions < 1 << 16, values.count == header.steps * header.directions * 16
    else {
      throw damaged(
        "its header tells of \(header.steps) steps with \(header.directions) directions, and it has "
          + "\(values.count) bytes of losses")
    }
    func value(_ index: Int) -> Double {
      let start = values.startIndex + 8 * index
      let pattern = (0..<8).reduce(UInt64(0)) { $0 | UInt64(values[start + $1]) << UInt64(8 * $1) }
      return Double(bitPattern: pattern)
    }
    let read = header
    probes = (0..<values.count / 16).map {
      read.probe(at: $0, plus: value(2 * $0), minus: value(2 * $0 + 1))
    }
  }
}

/// Why a replay file can't be used.
package struct ReplayFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  package var path: String
  /// What is wrong with it.
  package var reason: String

  /// An error from its parts.
  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// One line: file and reason.
  package var description: String { "\(path): error: \(reason)" }
}
