/// An http or https address: what this program asks of one, and no more.
///
/// > Source: RFC 3986 (generic syntax), RFC 9110 §4.2 (http and https).
package struct WebAddress: Sendable, Equatable {
  /// `http` or `https`.
  package let scheme: String
  /// The host in lower case, an IPv6 address in its brackets.
  package let host: String
  /// The port; the scheme's own where none is written.
  package let port: Int
  /// Path and query, beginning with `/`.
  package let target: String

  /// Reads an absolute address; nil for another scheme, credentials, a fragment, or characters that no address has.
  package init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
      let colon = text.firstRange(of: "://")
    else { return nil }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = text[colon.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest[authority.endIndex...]
    guard let (host, port) = Self.parts(of: authority, standard: scheme == "http" ? 80 : 443) else {
      return nil
    }
    (self.scheme, self.host, self.port) = (scheme, host, port)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }

  private init(_ base: WebAddress, target: String) {
    (scheme, host, port) = (base.scheme, base.host, base.port)
    self.target = target
  }

  private static func parts(of authority: Substring, standard: Int) -> (String, Int)? {
    guard !authority.contains("@") else { return nil }
    let border =
      authority.hasPrefix("[")
      ? authority.lastIndex(of: "]").map { authority.index(after: $0) }
      : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let border else { return nil }
    let (host, tail) = (authority[..<border], authority[border...])
    guard !host.isEmpty else { return nil }
    if tail.isEmpty || tail == ":" { return (host.lowercased(), standard) }
    guard tail.first == ":", let port = Int(tail.dropFirst()), (1...65535).contains(port) else {
      return nil
    }
    return (host.lowercased(), port)
  }

  /// Scheme, host and port: who gets what is sent.
  package var origin: String {
    let standard = scheme == "http" ? 80 : 443
    return "\(scheme)://\(host)" + (port == standard ? "" : ":\(port)")
  }

  /// Host and port, for a reader.
  ///
  /// The rest of an address may hold signatures that open a file to whoever has them.
  package var words: String { port == 80 || port == 443 ? host : "\(host):\(port)" }

  /// The whole address.
  package var text: String { origin + target }

  /// Whether bytes to it stay on this machine.
  package var isLoopback: Bool {
    host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
  }

  /// Whether only this machine or whoever has the certificate reads what is sent.
  package var isPrivate: Bool { scheme == "https" || isLoopback }

  /// Another target below this address's path; `path` begins with `/` and has its query.
  package func with(_ path: String) -> WebAddress {
    let base = target.hasSuffix("/") ? String(target.dropLast()) : target
    return WebAddress(self, target: base + path)
  }

  /// Where the `Location` of an answer from here leads; nil where that is no http or https address.
  package func following(_ location: String) -> WebAddress? {
    if location.contains("://"), let colon = location.firstIndex(of: ":"),
      location[..<colon].allSatisfy({
        $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0))
      })
    {
      return WebAddress(location)
    }
    if location.hasPrefix("//") { return WebAddress("\(scheme):\(location)") }
    guard !location.isEmpty else { return nil }
    if location.hasPrefix("/") { return WebAddress(origin + location) }
    let path = target.prefix { $0 != "?" }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return WebAddress(origin + folder + location)
  }

  /// A text as a part of a path: everything but letters, digits and `-._~` as `%` and two digits, and `/` where
  /// `keepsSlashes` doesn't keep it.
  package static func encoded(_ text: String, keepsSlashes: Bool) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { encoded, byte in
      let character = Character(UnicodeScalar(byte))
      let isPlain =
        byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
      if isPlain || byte == UInt8(ascii: "/") && keepsSlashes {
        encoded.append(character)
      } else {
        encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}
