/// How connections are made: proxies, certificates, and how long one may take or stand still.
package struct ConnectionSettings: Sendable, Equatable {
  /// The proxy to http addresses; empty for none.
  package var httpProxy = ""
  /// The proxy to https addresses; empty for none.
  package var httpsProxy = ""
  /// Hosts that are asked without a proxy, separated by commas.
  package var noProxy = ""
  /// A file with the certificates that are trusted; nil for the system's.
  package var certificates: String?
  /// Seconds to a connection.
  package var connectSeconds = 15.0
  /// Seconds that a small answer may take in all.
  package var answerSeconds = 60.0
  /// Bytes a second below which a transfer is too slow.
  package var leastBytes = 1024
  /// Seconds that a transfer may be too slow.
  package var stallSeconds = 30

  /// Without a proxy, with the system's certificates.
  package init() {}

  /// The settings by the environment.
  ///
  /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in small letters before capitals; the certificates of
  /// REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE.
  package init(_ environment: [String: String]) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    let all = first("all_proxy", "ALL_PROXY") ?? ""
    httpProxy = first("http_proxy", "HTTP_PROXY") ?? all
    httpsProxy = first("https_proxy", "HTTPS_PROXY") ?? all
    noProxy = first("no_proxy", "NO_PROXY") ?? ""
    certificates = first("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
  }
}
