package import Records

/// What other pages quote of a rendered table, so that nobody types it.
package enum PageExcerpt {
  /// What held and what didn't at each scale, for a table's README; undecided orders stay in the table.
  ///
  /// `pages` are the rendered tables in the order of their scales. A table of records that the grid no longer
  /// asks for may be older than the section, and is left out.
  package static func held(of pages: [(scale: Scale, markdown: String)]) -> String {
    let parts = pages.compactMap { page -> String? in
      let lines = section("What held", of: page.markdown)
      let kept = withoutUndecided(lines)
      guard kept.contains(where: { !$0.isEmpty }) else { return nil }
      let file = "table-\(page.scale.rawValue).md"
      return "Scale `\(page.scale.rawValue)` ([`\(file)`](\(file)), which also lists the undecided "
        + "orders):\n\n" + kept.joined(separator: "\n")
    }
    return parts.isEmpty ? "No records are committed yet." : parts.joined(separator: "\n\n")
  }

  /// The warning about the scale and the section on perplexity, for the README of the repository; `path` is
  /// where the rendered table stands from there.
  package static func perplexities(of markdown: String, at path: String) -> String {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let warning = markdown.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { !$0.hasPrefix("> **Substituted") }.prefix { $0 != ">" && !$0.isEmpty }
    let lines = section("Perplexity", of: markdown).map { line in
      var text = String(line)
      // What stands further below in the table isn't here.
      text.replaceFirst("are judged below,", with: "are judged in the [whole table](\(path)),")
      text.replaceFirst(") are below.", with: ") are there.")
      text = text.replacing("](#", with: "](\(path)#")
      return text.replacing(/\]\(([^)#\/]*\.svg\))/) { "](\(folder)\($0.output.1)" }
    }
    return (warning.map(String.init) + [""] + lines).joined(separator: "\n")
  }

  /// The lines below the heading that begins with `title`, up to the next one of its level.
  private static func section(_ title: String, of markdown: String) -> [Substring] {
    let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(where: { $0.hasPrefix("## \(title)") }) else { return [] }
    return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
  }

  /// The lines of the section without its list of undecided orders.
  private static func withoutUndecided(_ lines: [Substring]) -> [Substring] {
    var isUndecided = false
    return lines.filter { line in
      if line.hasPrefix("**") { isUndecided = line.hasPrefix("**Undecided") }
      if isUndecided, line.hasPrefix("- ") || line.hasPrefix("**") { return false }
      if let first = line.first, first != "-", first != "*" { isUndecided = false }
      return true
    }
  }
}

extension String {
  /// Puts `new` in the place of the first `old`, if there is one.
  fileprivate mutating func replaceFirst(_ old: String, with new: String) {
    if let range = firstRange(of: old) { replaceSubrange(range, with: new) }
  }
}
