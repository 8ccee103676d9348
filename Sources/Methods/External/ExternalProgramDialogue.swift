internal import JSONText

/// The lines of an external program, held to the protocol's order and limits.
///
/// It knows nothing of processes and files: bytes come in, messages come out, or a fault does.
public struct ExternalProgramDialogue: Sendable {
  /// Bytes of a line.
  public static let longestLine = 1 << 16
  /// Bytes of all lines.
  public static let mostBytes = 1 << 22
  /// Facts and remarks that are kept, each.
  public static let mostKept = 64

  private let manifest: ExternalProgramManifest
  private let activationBits: Int?
  private var line: [UInt8] = []
  private var lines = 0
  private var bytes = 0
  private var counts: [ExternalProgramMessage.Kind: Int] = [:]
  /// The last message of all, once it came.
  public private(set) var last: ExternalProgramMessage?
  /// Whether the program has said who it is.
  public var isIntroduced: Bool { counts[.hello] != nil }

  /// The dialogue with the program that `manifest` describes, in a cell of so many bits of activations.
  public init(_ manifest: ExternalProgramManifest, activationBits: Int?) {
    self.manifest = manifest
    self.activationBits = activationBits
  }

  /// Takes in the next bytes.
  ///
  /// - Returns: The messages that they complete.
  /// - Throws: ``ExternalProgramFault`` for what the protocol doesn't know.
  public mutating func take(_ more: ArraySlice<UInt8>) throws(ExternalProgramFault)
    -> [ExternalProgramMessage]
  {
    bytes += more.count
    guard bytes <= Self.mostBytes else {
      throw fault("it wrote more than \(Self.mostBytes >> 20) MiB to its standard output")
    }
    var messages: [ExternalProgramMessage] = []
    var rest = more
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line += rest[..<end]
      rest = rest[(end + 1)...]
      try checkLength()
      messages.append(try completed())
      line = []
    }
    line += rest
    try checkLength()
    return messages
  }

  /// Takes in that no more will come.
  ///
  /// - Throws: ``ExternalProgramFault`` for half a line, or without a result; where the program ended badly, its
  ///   ending says more.
  public func finish() throws(ExternalProgramFault) {
    guard line.isEmpty else {
      throw fault("its output ends within line \(lines + 1): '\(Self.excerpt(line))'")
    }
    guard isIntroduced else { throw fault("it ended without a 'hello'") }
    guard last != nil else { throw fault("it ended without a 'result'") }
  }

  private func checkLength() throws(ExternalProgramFault) {
    guard line.count <= Self.longestLine else {
      throw fault("line \(lines + 1) of its output is longer than \(Self.longestLine) bytes")
    }
  }

  private mutating func completed() throws(ExternalProgramFault) -> ExternalProgramMessage {
    lines += 1
    let message: ExternalProgramMessage
    do throws(JSONError) {
      message = try ExternalProgramMessage(line: line, number: lines)
    } catch {
      let pointer = error.pointer.isEmpty ? "" : "\(error.pointer): "
      throw fault("\(error.file), column \(error.column): \(pointer)\(error.reason)")
    }
    let kind = message.kind
    func misplaced(_ reason: String) -> ExternalProgramFault {
      fault("line \(lines) of its output: \(reason)")
    }
    if let last {
      throw misplaced("nothing follows '\(last.kind.rawValue)', found '\(kind.rawValue)'")
    }
    guard isIntroduced || kind == .hello else {
      throw misplaced("expected 'hello' first, found '\(kind.rawValue)'")
    }
    counts[kind, default: 0] += 1
    switch message {
    case .hello(let version, let name, let release):
      guard counts[.hello] == 1 else { throw misplaced("'hello' is said once") }
      let known = ExternalProgramManifest.protocolVersion
      guard version == known else {
        throw misplaced("/protocol: expected \(known), found \(version)")
      }
      guard name == manifest.name else {
        throw misplaced(
          "/name: expected '\(manifest.name)' as in the manifest, found '\(name.prefix(60))'")
      }
      guard release == manifest.version else {
        throw misplaced(
          "/version: expected '\(manifest.version)' as in the manifest, found '\(release.prefix(60))'"
        )
      }
    case .fact, .remark:
      guard counts[kind, default: 0] <= Self.mostKept else {
        throw misplaced("more than \(Self.mostKept) lines of '\(kind.rawValue)'")
      }
    case .result(let weights, let bits):
      guard !weights.hasPrefix("/"), !weights.split(separator: "/").contains("..") else {
        throw misplaced("/weights: expected a file below the working folder, found '\(weights)'")
      }
      if let bits, bits != activationBits ?? 16 {
        throw misplaced("/activationBits: expected \(activationBits ?? 16), found \(bits)")
      }
      last = message
    case .failure: last = message
    case .progress: break
    }
    return message
  }

  private func fault(_ reason: String) -> ExternalProgramFault {
    ExternalProgramFault(manifest.name, reason)
  }

  /// The beginning of a line as a reader can see it.
  static func excerpt(_ line: [UInt8]) -> String {
    let text = String(decoding: line.prefix(60), as: UTF8.self)
    let plain = text.unicodeScalars.map { scalar in
      externalProgramTextIsPlain(String(scalar)) ? String(scalar) : "�"
    }.joined()
    return plain + (line.count > 60 ? "…" : "")
  }
}
