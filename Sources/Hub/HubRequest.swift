/// One request.
package struct HubRequest: Sendable {
  /// What is asked for.
  package enum Method: String, Sendable {
    /// The head and the body.
    case get = "GET"
    /// The head alone.
    case head = "HEAD"
  }

  /// What is asked for.
  package var method: Method
  /// Where.
  package var address: WebAddress
  /// Lines of its head, of which one may hold a token: nobody prints them.
  package var headers: [String]
  /// Whether the whole answer must come within ``ConnectionSettings/answerSeconds``.
  package var isSmall: Bool

  /// A request from its parts.
  package init(
    _ method: Method, _ address: WebAddress, headers: [String] = [], isSmall: Bool = true
  ) {
    self.method = method
    self.address = address
    self.headers = headers
    self.isSmall = isSmall
  }
}

/// The head of an answer.
package struct ResponseHead: Sendable, Equatable {
  /// The status, 200 for good.
  package var status: Int
  /// Names in small letters, and values.
  package var fields: [(name: String, value: String)] = []

  /// A head from its status.
  package init(status: Int) { self.status = status }

  /// The value of the last field of that name, written in small letters.
  package subscript(_ name: String) -> String? { fields.last { $0.name == name }?.value }

  /// Compares status and fields.
  package static func == (a: ResponseHead, b: ResponseHead) -> Bool {
    a.status == b.status && a.fields.elementsEqual(b.fields, by: ==)
  }

  /// Whether it sends elsewhere.
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }
}

/// Takes an answer as it comes.
package protocol ResponseSink: AnyObject {
  /// The head is there; throwing ends the transfer.
  func begin(_ head: ResponseHead) throws
  /// More of the body is there; throwing ends the transfer.
  func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// Does requests: libcurl, or what a test has in its place.
package protocol HubTransport: AnyObject {
  /// Does one request; redirects aren't followed.
  ///
  /// - Throws: What the sink throws, ``TransportError``, or ``HubError/interrupted``.
  func perform(_ request: HubRequest, into sink: any ResponseSink) throws
}
