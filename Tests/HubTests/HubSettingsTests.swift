import Hub
import TestSupport
import Testing

/// What the environment says of the hub.
@Suite struct HubSettingsTests {
  @Test func nothingSet() throws {
    let settings = try HubSettings(["HOME": "/home/someone"])
    #expect(settings.endpoint.text == "https://huggingface.co/")
    #expect(settings.token == nil && settings.offlineVariable == nil)
    #expect(settings.connections == ConnectionSettings())
  }

  @Test func theTokenIsOfAVariableOrAFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("  hf_file\n", to: "token")
    let home = ["HF_HOME": folder.path]
    #expect(try HubSettings(home).token?.source == "'\(folder.path)/token'")
    #expect(try HubSettings(home.merging(["HF_TOKEN": "hf_x"]) { $1 }).token?.source == "HF_TOKEN")
    #expect(
      try HubSettings(home.merging(["HUGGING_FACE_HUB_TOKEN": "hf_x"]) { $1 }).token?.source
        == "HUGGING_FACE_HUB_TOKEN")
    #expect(
      try HubSettings(home.merging(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]) { $1 }).token == nil)
    try folder.write("hf_other", to: "mine")
    let named = ["HF_HOME": "/nowhere", "HF_TOKEN_PATH": folder.path("mine")]
    #expect(try HubSettings(named).token?.source == "'\(folder.path)/mine'")
    #expect(try HubSettings(["XDG_CACHE_HOME": folder.path]).token == nil)
    try folder.write("", to: "token")
    #expect(try HubSettings(home).token == nil)
  }

  @Test func theTokenIsNeverSpelled() throws {
    let token = try #require(HubToken("hf_secret", source: "HF_TOKEN"))
    var text = ""
    dump(token, to: &text)
    text += "\(token) \(String(reflecting: token)) \(String(describing: Optional(token)))"
    #expect(!text.contains("hf_secret"), "\(text)")
    #expect("\(token)" == "(the token of HF_TOKEN)")
  }

  @Test func aTokenWithALineEndIsRefusedUnseen() throws {
    do {
      _ = try HubSettings(["HF_TOKEN": "hf_a\r\nX-Injected: b"])
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == "HF_TOKEN: it has characters that no token has")
    }
  }

  @Test(arguments: ["huggingface.co", "ftp://hub", "https://user:word@hub", "https://hub/?x"])
  func noEndpoint(text: String) throws {
    do {
      _ = try HubSettings(["HF_ENDPOINT": text])
      Issue.record("accepted")
    } catch {
      #expect(
        "\(error)"
          == "HF_ENDPOINT: expected an http or https address without credentials, such as https://huggingface.co"
      )
      #expect(error.exitStatus == 2)
    }
  }

  @Test func offline() throws {
    #expect(try HubSettings(["HF_HUB_OFFLINE": "yes"]).offlineVariable == "HF_HUB_OFFLINE")
    #expect(
      try HubSettings(["TRANSFORMERS_OFFLINE": "ON"]).offlineVariable == "TRANSFORMERS_OFFLINE")
    #expect(
      try HubSettings(["HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"]).offlineVariable == nil)
  }

  @Test func proxies() {
    let settings = ConnectionSettings([
      "http_proxy": "a:1", "HTTP_PROXY": "b:1", "ALL_PROXY": "c:1", "NO_PROXY": "d",
      "SSL_CERT_FILE": "/e", "CURL_CA_BUNDLE": "/f",
    ])
    #expect(settings.httpProxy == "a:1" && settings.httpsProxy == "c:1")
    #expect(settings.noProxy == "d" && settings.certificates == "/f")
  }
}
