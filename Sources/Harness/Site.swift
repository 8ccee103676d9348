internal import Glibc
internal import System

/// Where everything is: the checkout, the results, the cache, and the environment that decides.
package struct Site: Sendable {
  /// The checkout: the folder that holds `tables`, `models` and `datasets`.
  package let root: String
  /// Where records go.
  package let results: String
  /// Downloads and what is remembered about them.
  package let cache: String
  /// Environment variables.
  package let environment: [String: String]

  /// A site whose folders are known.
  package init(root: String, results: String, cache: String, environment: [String: String]) {
    self.root = root
    self.results = results
    self.cache = cache
    self.environment = environment
  }

  /// Finds the checkout from `root` if named, otherwise upward from the working folder and then
  /// from the executable.
  ///
  /// The cache is `$XDG_CACHE_HOME/zeroqat`, by default `~/.cache/zeroqat`; a relative
  /// `XDG_CACHE_HOME` is ignored, as the XDG specification says.
  ///
  /// - Throws: ``HarnessError/noCheckout(_:)``, or ``FileError`` when there is no working folder.
  package init(root: String?, results: String?, environment: [String: String]) throws {
    if root == "" { throw HarnessError.emptyFolder(option: "--root") }
    if results == "" { throw HarnessError.emptyFolder(option: "--results") }
    let found: String
    if let root {
      found = try absolute(root)
      guard Self.isCheckout(found) else { throw HarnessError.noCheckout(found) }
    } else {
      let current = try absolute(".")
      guard
        let above = Self.checkout(above: current)
          ?? Self.executable.flatMap({ Self.checkout(above: parent(of: $0)) })
      else { throw HarnessError.noCheckout(current) }
      found = above
    }
    self.init(
      root: found, results: try results.map { try absolute($0) } ?? found + "/results",
      cache: Self.cacheFolder(environment), environment: environment)
  }

  /// The checkout, or where there is none and none was named, a site without tables and models in the
  /// working folder: enough for a model of one's own.
  ///
  /// - Throws: As ``init(root:results:environment:)``.
  package static func anywhere(root: String?, results: String?, environment: [String: String])
    throws -> Site
  {
    do {
      return try Site(root: root, results: results, environment: environment)
    } catch HarnessError.noCheckout where root == nil {
      let here = try absolute(".")
      return Site(
        root: here, results: try results.map { try absolute($0) } ?? here + "/results",
        cache: cacheFolder(environment), environment: environment)
    }
  }

  private static func cacheFolder(_ environment: [String: String]) -> String {
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? "/tmp") + "/.cache"
    return base + "/zeroqat"
  }

  /// The grid of a table.
  package func gridPath(of table: String) -> String { "\(root)/tables/\(table)/grid.json" }

  private static func isCheckout(_ folder: String) -> Bool {
    FileStatus(of: folder + "/tables")?.isFolder == true
      && FileStatus(of: folder + "/models")?.isFolder == true
  }

  private static func checkout(above folder: String) -> String? {
    var folder = folder
    while !isCheckout(folder) {
      let above = parent(of: folder)
      if above == folder || above == "." { return nil }
      folder = above
    }
    return folder
  }

  private static var executable: String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}
