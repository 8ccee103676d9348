internal import Harness
internal import System

/// What the environment says of the hub: the variables that huggingface_hub reads, with its meanings.
///
/// > Source: `constants.py` and `utils/_auth.py` of huggingface_hub.
package struct HubSettings: Sendable {
  /// Where the hub is.
  package let endpoint: WebAddress
  /// What opens its gated repositories; nil for none.
  package let token: HubToken?
  /// The variable that forbids to ask the hub; nil where it may be asked.
  package let offlineVariable: String?
  /// How connections are made.
  package let connections: ConnectionSettings

  /// The hub's address where no variable names another.
  package static let standardEndpoint = "https://huggingface.co"

  /// Settings from their parts.
  package init(
    endpoint: WebAddress, token: HubToken?, offlineVariable: String? = nil,
    connections: ConnectionSettings = ConnectionSettings()
  ) {
    self.endpoint = endpoint
    self.token = token
    self.offlineVariable = offlineVariable
    self.connections = connections
  }

  /// The settings by the environment.
  ///
  /// The token is that of HF_TOKEN, else of HUGGING_FACE_HUB_TOKEN, else of the file that HF_TOKEN_PATH names, by
  /// default `token` in HF_HOME.
  ///
  /// - Throws: ``HubError/badSetting(variable:reason:)``.
  package init(_ environment: [String: String]) throws(HubError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    func isTrue(_ name: String) -> Bool {
      value(name).map { ["1", "ON", "YES", "TRUE"].contains($0.uppercased()) } ?? false
    }
    let named = value("HF_ENDPOINT")
    guard let endpoint = WebAddress(named ?? Self.standardEndpoint), !endpoint.target.contains("?")
    else {
      throw .badSetting(
        variable: "HF_ENDPOINT",
        reason:
          "expected an http or https address without credentials, such as \(Self.standardEndpoint)")
    }
    let offline =
      value("HF_HUB_OFFLINE") != nil
      ? (isTrue("HF_HUB_OFFLINE") ? "HF_HUB_OFFLINE" : nil)
      : isTrue("TRANSFORMERS_OFFLINE") ? "TRANSFORMERS_OFFLINE" : nil
    self.init(
      endpoint: endpoint,
      token: isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : try Self.token(environment),
      offlineVariable: offline, connections: ConnectionSettings(environment))
  }

  private static func token(_ environment: [String: String]) throws(HubError) -> HubToken? {
    func trimmed(_ text: String) -> String {
      String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
      guard let text = environment[name].map(trimmed), !text.isEmpty else { continue }
      guard let token = HubToken(text, source: name) else {
        throw .badSetting(variable: name, reason: "it has characters that no token has")
      }
      return token
    }
    let home =
      HubCache.folder(named: "HF_HOME", in: environment)
      ?? HubCache.folder(named: "XDG_CACHE_HOME", in: environment).map { $0 + "/huggingface" }
      ?? (environment["HOME"] ?? "") + "/.cache/huggingface"
    let named = HubCache.folder(named: "HF_TOKEN_PATH", in: environment)
    let path = named ?? home + "/token"
    guard FileStatus(of: path) != nil else { return nil }
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch {
      throw .badSetting(
        variable: named == nil ? path : "HF_TOKEN_PATH", reason: "\(error)")
    }
    let text = trimmed(String(decoding: bytes, as: UTF8.self))
    if text.isEmpty { return nil }
    guard let token = HubToken(text, source: "'\(path)'") else {
      throw .badSetting(variable: path, reason: "it has characters that no token has")
    }
    return token
  }
}
