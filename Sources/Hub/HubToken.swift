internal import System

/// The secret that opens a hub's gated and private repositories.
///
/// It is in no description, no error and no log: only ``header`` spells it, for the hub's own address.
package struct HubToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let secret: String
  /// Where it was read: a variable's name, or a file.
  package let source: String

  /// A token and where it was read; nil where it has characters that no line of a request may have.
  package init?(_ secret: String, source: String) {
    guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    self.secret = secret
    self.source = source
  }

  /// The line of a request that shows it.
  var header: String { "Authorization: Bearer \(secret)" }

  /// Where it is from; never what it is.
  package var description: String { "(the token of \(source))" }

  /// The same.
  package var debugDescription: String { description }

  /// Nothing to look into.
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
