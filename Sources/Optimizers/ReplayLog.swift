import Digests
import System

/// The append-only journal of zeroth-order training: base weights + log = final weights, bit for bit.
///
/// Layout, little-endian: a header frame that binds the log to one cell, then one frame per probe and
/// one per evaluation. A frame is `length: u32, kind: u32, payload, crc32: u32` over all before it.
/// A torn last frame (a kill in mid-write) is cut off when the log is opened.
public final class ReplayLog {
  /// Scores taken while training, so that a resumed run needn't take them again.
  public struct Evaluation: Sendable, Equatable {
    /// Updates done.
    public var step: Int
    /// Mean NLL of each development window, nats per token.
    public var development: [Double]
    /// Mean NLL of each test window, nats per token.
    public var test: [Double]

    /// An evaluation from its parts.
    public init(step: Int, development: [Double], test: [Double]) {
      self.step = step
      self.development = development
      self.test = test
    }
  }

  private enum Kind: UInt32 { case header = 1, probe = 2, evaluation = 3 }

  /// The file.
  public let path: String
  /// Probes in the log, in order.
  public private(set) var probes: [Probe] = []
  /// Evaluations in the log, in order.
  public private(set) var evaluations: [Evaluation] = []
  /// Bytes at the end that weren't a whole frame and were cut off.
  public private(set) var discardedBytes = 0
  private let file: OpenFile

  /// Opens the log at `path`, or starts a new one.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - binding: Text that names the cell and base weights; a log that is bound to another
  ///   is refused.
  /// - Throws: ``ReplayLogError``.
  public init(path: String, binding: String) throws(ReplayLogError) {
    self.path = path
    var bytes: [UInt8] = []
    do {
      file = try OpenFile(path, for: .updating)
      try file.read { bytes.append(contentsOf: $0) }
    } catch { throw ReplayLogError(error) }
    var (offset, isBound) = (0, false)
    while let frame = Self.frame(in: bytes, at: offset) {
      guard let kind = Kind(rawValue: frame.kind), let content = Payload(frame.payload) else {
        break
      }
      if !isBound {
        guard kind == .header else { break }
        let found = String(decoding: frame.payload, as: UTF8.self)
        guard found == binding else {
          throw ReplayLogError(path: path, expected: binding, found: found)
        }
        isBound = true
      } else if kind == .probe, let probe = content.probe {
        probes.append(probe)
      } else if kind == .evaluation, let evaluation = content.evaluation {
        evaluations.append(evaluation)
      } else {
        break
      }
      offset = frame.end
    }
    discardedBytes = bytes.count - offset
    do { try file.truncate(to: offset) } catch { throw ReplayLogError(error) }
    if !isBound { try write(.header, Array(binding.utf8)) }
  }

  /// Appends one probe.
  public func append(_ probe: Probe) throws(ReplayLogError) {
    try write(.probe, Payload(probe: probe).bytes)
    probes.append(probe)
  }

  /// Appends an evaluation, and makes the log durable.
  public func append(_ evaluation: Evaluation) throws(ReplayLogError) {
    try write(.evaluation, Payload(evaluation: evaluation).bytes)
    evaluations.append(evaluation)
    try sync()
  }

  /// Makes the log durable.
  public func sync() throws(ReplayLogError) {
    do { try file.sync() } catch { throw ReplayLogError(error) }
  }

  /// Drops probes of an unfinished step, so that only whole steps of `directions` probes remain.
  public func keepWholeSteps(of directions: Int) -> [Probe] {
    // A step's probes are all at the same weights, so a partial step must be probed again; its frames
    // stay in the file and are overruled by the later ones with the same step and direction.
    var whole: [Probe] = []
    var current: [Probe] = []
    for probe in probes {
      if probe.direction == 0 { current = [] }
      current.append(probe)
      if current.count == directions {
        whole.append(contentsOf: current)
        current = []
      }
    }
    return whole
  }

  private func write(_ kind: Kind, _ payload: [UInt8]) throws(ReplayLogError) {
    var frame: [UInt8] = []
    frame.append(littleEndian: UInt32(payload.count))
    frame.append(littleEndian: kind.rawValue)
    frame.append(contentsOf: payload)
    frame.append(littleEndian: crc32(frame))
    do { try file.write(frame) } catch { throw ReplayLogError(error) }
  }

  private static func frame(in bytes: [UInt8], at offset: Int)
    -> (kind: UInt32, payload: ArraySlice<UInt8>, end: Int)?
  {
    guard offset + 12 <= bytes.count else { return nil }
    let length = Int(bytes.littleEndian(at: offset) as UInt32)
    let end = offset + 8 + length + 4
    guard length <= 1 << 24, end <= bytes.count else { return nil }
    let body = Array(bytes[offset..<end - 4])
    guard crc32(body) == bytes.littleEndian(at: end - 4) as UInt32 else { return nil }
    return (bytes.littleEndian(at: offset + 4), bytes[offset + 8..<end - 4], end)
  }
}

/// Why a replay log can't be used.
public struct ReplayLogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// What happened.
  public var reason: String

  init(_ error: FileError) {
    path = error.path
    reason = "can't \(error.operation) the replay log: \(error.reason)"
  }

  init(path: String, expected: String, found: String) {
    self.path = path
    reason = "the replay log belongs to another run; expected \(expected), found \(found)"
  }

  /// One line: file and reason.
  public var description: String { "\(path): \(reason)" }
}
