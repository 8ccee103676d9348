package import System

/// Why something of the hub can't be fetched.
package enum HubError: Error, Sendable, Equatable {
  /// No id of the hub.
  case notAnID(String, reason: String)
  /// Nothing that git takes for a branch, tag or commit.
  case badRevision(String)
  /// A variable, or the file that it stands for, has no such value.
  case badSetting(variable: String, reason: String)
  /// The hub may not be asked, and the cache hasn't all of it: what is missing.
  case offline(variable: String, id: String, revision: String, missing: String)
  /// The hub wants to know who asks; `token` is where one was read that it doesn't accept.
  case unauthorized(id: String, token: String?)
  /// Whoever wants it must ask its owner first; `token` is where one was read.
  case gated(id: String, page: String, token: String?)
  /// The hub refuses, in its own words.
  case forbidden(id: String, reason: String?)
  /// There is no such repository, or nobody may see it.
  case noRepository(id: String, hasToken: Bool)
  /// The repository has no such revision.
  case noRevision(id: String, revision: String)
  /// The repository has no such file.
  case noFile(path: String, id: String)
  /// The hub wants less to do, for longer than one may wait.
  case tooMany(host: String, seconds: Int?)
  /// The hub had this status each time.
  case unavailable(host: String, status: Int, attempts: Int)
  /// An answer didn't come, each time.
  case transport(TransportError, attempts: Int)
  /// A status that nobody expects there.
  case unexpected(host: String, status: Int)
  /// An answer sent somewhere where one doesn't go.
  case badRedirect(host: String, reason: String)
  /// An answer is longer than any of its kind.
  case answerTooLong(host: String, bytes: Int)
  /// What the hub sent isn't a listing.
  case badListing(id: String, reason: String)
  /// A file's name leads out of its folder, or can't be shown.
  case unsafeName(String, id: String)
  /// No file is of the patterns.
  case nothingMatches(id: String, patterns: [String], known: [String])
  /// Not a model in the hub's layout.
  case noConfiguration(id: String, gguf: [String])
  /// A model without weights that could be read.
  case noWeights(id: String, gguf: [String])
  /// The index of the weights' parts can't be used.
  case badIndex(path: String, reason: String)
  /// What the hub says of a file isn't what a hub says, or contradicts itself.
  case badFacts(path: String, reason: String)
  /// A file hasn't the size that the hub promised.
  case wrongSize(path: String, expected: Int, found: Int)
  /// A file hasn't the bytes that the hub promised.
  case wrongDigest(path: String, expected: BlobName, found: String)
  /// It doesn't fit on the disk.
  case noSpace(bytes: Int, free: Int, folder: String)
  /// The disk refused.
  case disk(FileError)
  /// A signal came.
  case interrupted

  /// How the program ends: 2 where the user must do something first, 3 where the same command goes on from there.
  package var exitStatus: Int32 {
    switch self {
    case .tooMany, .unavailable, .wrongSize, .wrongDigest, .disk, .interrupted: 3
    case .transport(let error, _): error.isPassing ? 3 : 2
    default: 2
    }
  }

  /// Text from elsewhere as it may be shown: without control characters, and not too long.
  package static func shown(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          $0.properties.generalCategory == .control || $0.properties.isDefaultIgnorableCodePoint
            ? "?" : $0
        }.prefix(200)))
  }
}
