internal import Records
internal import Vocabulary

/// Where the pages of a report are, and how they lead to each other.
struct SiteMap: Sendable {
  /// The front page.
  static let front = "index.html"
  /// The page of all claims.
  static let claims = "claims.html"

  /// Whether all pages are in one file, so that links are to places in it.
  let isSingleFile: Bool
  /// The page of each record.
  private(set) var records: [RecordName: String] = [:]
  /// The page of each table at a scale, by `<table>/<scale>`; of a table of words, by its name.
  private(set) var tables: [String: String] = [:]
  /// Whether there is a page of claims.
  var hasClaims = false

  /// A map without pages.
  init(isSingleFile: Bool) { self.isSingleFile = isSingleFile }

  /// Gives a table, and each record that it shows, its page.
  mutating func add(_ contents: TableContents) {
    let (table, scale) = (contents.grid.table, contents.scale.rawValue)
    tables["\(table)/\(scale)"] = "tables/\(table)-\(scale).html"
    for record in contents.records {
      let name = RecordName(record)
      guard records[name] == nil else { continue }
      let address = record.cell.address
      let task = address.task.map { ".\($0)" } ?? ""
      let file = "\(address.row).\(address.column).seed\(address.seed)\(task)"
      records[name] = "records/\(table)/\(scale)/\(file.asFileName).html"
    }
  }

  /// Gives a table of words its page.
  mutating func add(words table: String) { tables[table] = "tables/\(table).html" }

  /// What leads from a page to a place of another one.
  func address(of target: String, _ heading: String? = nil, from page: String) -> String {
    if isSingleFile { return "#" + Self.identifier(heading, on: target) }
    let fragment = heading.map { "#\($0)" } ?? ""
    if target == page, heading != nil { return fragment }
    let up = String(repeating: "../", count: page.count { $0 == "/" })
    return up + target + fragment
  }

  /// How a place is named in the one file that has all pages.
  static func identifier(_ heading: String?, on page: String) -> String {
    let name = page.hasSuffix(".html") ? String(page.dropLast(5)) : page
    let slug = name.map { $0 == "/" ? "--" : String($0) }.joined()
    return slug + (heading.map { "---\($0)" } ?? "")
  }
}

extension String {
  /// The text with a hyphen in the place of everything that a path or an address could stumble over.
  var asFileName: String {
    let kept = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+")
    return String(map { kept.contains($0) ? $0 : "-" })
  }

  /// The text as the name of a heading: small letters, digits, hyphens.
  var asIdentifier: String {
    var name = ""
    for character in lowercased() {
      if character.isLetter || character.isNumber {
        name.append(character)
      } else if character == " " || character == "-" {
        name.append("-")
      }
    }
    return name.isEmpty ? "part" : name
  }
}
