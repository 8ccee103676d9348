/// The entry of `names` that a person most likely meant by `name`, or nil when none is close.
///
/// Close means an edit distance (insertions, deletions, substitutions) of at most a third of the
/// longer of the two, and at least one shared character. Ties go to the earlier entry.
///
/// - Complexity: O(`names.count` · length²).
package func nearestName(to name: String, among names: [String]) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in names {
    let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
    let longest = max(name.utf8.count, candidate.utf8.count)
    guard distance < longest, distance <= max(1, (longest + 2) / 3) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
  }
  return best?.name
}

/// The phrase that ends an error about an unknown name: the nearest one, or the whole list.
package func suggestion(for name: String, among names: [String]) -> String {
  if let nearest = nearestName(to: name, among: names) { return "did you mean '\(nearest)'?" }
  if names.isEmpty { return "there is none to choose from" }
  return "known: " + names.map { "'\($0)'" }.joined(separator: ", ")
}

/// Levenshtein's distance in bytes, with two rows.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var previous = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var current = [i + 1]
    for (j, y) in b.enumerated() {
      current.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}
