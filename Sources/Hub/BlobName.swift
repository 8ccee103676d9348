internal import Digests

/// What the bytes of a file are called, in the hub's cache and in its answers: a digest of them.
package struct BlobName: Sendable, Hashable, CustomStringConvertible {
  /// Which digest.
  package enum Kind: Sendable {
    /// SHA-256 of the bytes: a large file's.
    case sha256
    /// What git calls the bytes: SHA-1 of `blob `, their number, a zero and themselves.
    case gitBlob
  }

  /// Which digest.
  package let kind: Kind
  /// Its digits, in lower case.
  package let text: String

  /// The name in an `ETag` or `X-Linked-Etag`; nil where that is neither digest.
  package init?(etag: String) {
    var text = etag[...]
    if text.hasPrefix("W/") { text = text.dropFirst(2) }
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
      text = text.dropFirst().dropLast()
    }
    let digits = text.lowercased()
    if Self.isHex(digits, digits: 64) {
      kind = .sha256
    } else if Self.isHex(digits, digits: 40) {
      kind = .gitBlob
    } else {
      return nil
    }
    self.text = digits
  }

  /// The digits.
  package var description: String { text }

  /// The digest as a reader knows it.
  package var words: String { kind == .sha256 ? "SHA-256" : "git's SHA-1" }

  static func isHex(_ text: String, digits: Int) -> Bool {
    text.utf8.count == digits && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }
}

/// The digest of a file's bytes as they come.
struct BlobHash {
  private enum Running {
    case sha256(SHA256)
    case gitBlob(SHA1)
  }

  private var running: Running

  /// A digest of no bytes yet, of a file that will have `bytes`.
  init(_ kind: BlobName.Kind, bytes: Int) {
    switch kind {
    case .sha256: running = .sha256(SHA256())
    case .gitBlob:
      var hash = SHA1()
      hash.update(Array("blob \(bytes)\0".utf8))
      running = .gitBlob(hash)
    }
  }

  /// Takes in more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch running {
    case .sha256(var hash):
      hash.update(bytes: bytes)
      running = .sha256(hash)
    case .gitBlob(var hash):
      hash.update(bytes: bytes)
      running = .gitBlob(hash)
    }
  }

  /// The digits.
  var hex: String {
    switch running {
    case .sha256(let hash): hash.finalize().hex
    case .gitBlob(let hash): hash.hex
    }
  }
}
