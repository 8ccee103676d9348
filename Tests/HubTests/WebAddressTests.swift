import Hub
import Testing

/// Addresses, and where redirects from them lead.
@Suite struct WebAddressTests {
  @Test func parts() throws {
    let address = try #require(WebAddress("HTTPS://Hub.Example:8443/a/b?c=d#e"))
    #expect(address.scheme == "https" && address.host == "hub.example" && address.port == 8443)
    #expect(address.target == "/a/b?c=d")
    #expect(address.origin == "https://hub.example:8443")
    #expect(address.words == "hub.example:8443")
    let bare = try #require(WebAddress("http://[::1]"))
    #expect(bare.host == "[::1]" && bare.port == 80 && bare.target == "/" && bare.isLoopback)
    #expect(WebAddress("http://h?x")?.target == "/?x")
    #expect(WebAddress("https://h:443/")?.origin == "https://h")
  }

  @Test(arguments: [
    "", "h", "ftp://h/", "file:///etc/passwd", "http://", "http://:80/", "http://u:p@h/",
    "http://h:0/",
    "http://h:99999/", "http://h:8x/", "http://h/ b", "http://h/\n", "http://h\\x/", "http://[::1/",
  ]) func notAnAddress(text: String) { #expect(WebAddress(text) == nil) }

  @Test func whereARedirectLeads() throws {
    let base = try #require(WebAddress("https://hub/a/b?c"))
    #expect(base.following("https://other/x?y=http://z")?.text == "https://other/x?y=http://z")
    #expect(base.following("//other/x")?.text == "https://other/x")
    #expect(base.following("/x")?.text == "https://hub/x")
    #expect(base.following("x")?.text == "https://hub/a/x")
    #expect(base.following("/x?to=http://z")?.text == "https://hub/x?to=http://z")
    #expect(base.following("") == nil && base.following("file:///x") == nil)
  }

  @Test func pathsBelowAnother() throws {
    #expect(WebAddress("http://h/hub/")?.with("/api").text == "http://h/hub/api")
    #expect(WebAddress("http://h")?.with("/api").text == "http://h/api")
    #expect(WebAddress.encoded("a b/ü+~", keepsSlashes: true) == "a%20b/%C3%BC%2B~")
    #expect(WebAddress.encoded("refs/pr/1", keepsSlashes: false) == "refs%2Fpr%2F1")
  }

  @Test func whoReadsWhatIsSent() {
    #expect(WebAddress("http://hub/")?.isPrivate == false)
    for text in ["https://hub/", "http://localhost:1/", "http://127.0.0.1/"] {
      #expect(WebAddress(text)?.isPrivate == true)
    }
  }
}
