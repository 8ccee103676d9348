package import JSONText
package import Records
internal import System

/// `tables/certificates.json` of a checkout.
package struct CertificateFile: Sendable {
  /// Where it is.
  package let path: String

  /// The file of a checkout; nothing is touched yet.
  package init(_ site: Site) { path = "\(site.root)/tables/certificates.json" }

  /// What it holds; nothing where there is none.
  ///
  /// - Throws: `JSONError` with the place.
  package func read() throws(JSONError) -> Certificates {
    guard FileStatus(of: path) != nil else { return Certificates() }
    let document = try JSONDocument(contentsOf: path)
    let book = try document.decode(Certificates.self)
    guard book.schema == Certificates.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(book.schema) isn't supported; this build reads schema "
          + "\(Certificates.currentSchema)")
    }
    return book
  }

  /// Replaces what it holds.
  ///
  /// - Throws: ``FileError`` when the folder can't be written.
  package func write(_ book: Certificates) throws {
    try writeDurably(Array(try jsonText(of: book, style: .pretty).utf8), to: path)
  }
}
