/// Why an answer didn't come, or not all of it.
package struct TransportError: Error, Sendable, Equatable {
  /// What happened.
  package enum Cause: Sendable, Equatable {
    /// The name leads nowhere.
    case unknownHost
    /// Nobody listens there, or nothing comes back.
    case noConnection
    /// It took too long, or stood still.
    case tooSlow
    /// It ended before its end.
    case cut
    /// The other side's certificate isn't trusted.
    case untrusted(String)
    /// The proxy's name leads nowhere, or the proxy refused.
    case proxy(String)
    /// There is no libcurl to do it with.
    case noLibrary(String)
    /// What else libcurl says, with its number.
    case other(String, code: Int)
  }

  /// Whom it was asked of: host and port.
  package var host: String
  /// What happened.
  package var cause: Cause

  /// An error from its parts.
  package init(host: String, cause: Cause) {
    self.host = host
    self.cause = cause
  }

  /// Whether it may go better another time.
  var isPassing: Bool {
    switch cause {
    case .unknownHost, .noConnection, .tooSlow, .cut: true
    // Received data that make no sense, a handshake that broke off, HTTP/2's frames and streams.
    case .other(_, let code): [8, 16, 35, 92].contains(code)
    case .untrusted, .proxy, .noLibrary: false
    }
  }

  /// The error behind a number of libcurl's; nil for 0.
  ///
  /// > Source: libcurl-errors(3).
  init?(code: Int, words: String, host: String) {
    let cause: Cause
    switch code {
    case 0: return nil
    case 6: cause = .unknownHost
    case 7: cause = .noConnection
    case 28: cause = .tooSlow
    case 18, 52, 55, 56: cause = .cut
    case 60, 77: cause = .untrusted(words)
    case 5, 97: cause = .proxy(words)
    default: cause = .other(words, code: code)
    }
    // A proxy's refusal to connect comes as an error of receiving.
    let isProxy = code == 56 && words.contains("CONNECT")
    self.init(host: host, cause: isProxy ? .proxy(words) : cause)
  }
}

extension TransportError: CustomStringConvertible {
  /// What happened, in one line.
  package var description: String {
    switch cause {
    case .unknownHost: "the name '\(host)' leads nowhere: no network, or a proxy is needed"
    case .noConnection: "no connection to \(host)"
    case .tooSlow: "\(host) is silent, or too slow"
    case .cut: "the connection to \(host) was cut"
    case .untrusted(let words):
      "\(host) isn't trusted (\(words)); the first of REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE that is set "
        + "names a file of certificates"
    case .proxy(let words): "the proxy on the way to \(host) refuses: \(words)"
    case .noLibrary(let words):
      "libcurl can't be used: \(words); 'apt-get install libcurl4' brings it"
    case .other(let words, let code): "\(host): \(words) (libcurl's error \(code))"
    }
  }
}
