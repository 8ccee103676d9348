/// The one of `names` that was probably meant by `name`, or nil when none is near enough.
///
/// Near enough means at most a third of the letters, or one of a short name, inserted, removed,
/// replaced or swapped with their neighbour; upper and lower case count as equal. The first of equally
/// near ones wins.
/// - Complexity: O(names × length²).
public func nearestName(to name: String, in names: [String]) -> String? {
  let wanted = Array(name.lowercased().utf8)
  // A name this long is data in the wrong place, not a slip of the finger.
  guard !wanted.isEmpty, wanted.count <= 128 else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in names {
    let other = Array(candidate.lowercased().utf8)
    let longer = max(wanted.count, other.count)
    let limit = min(max(1, longer / 3), best.map { $0.distance - 1 } ?? .max)
    guard abs(wanted.count - other.count) <= limit else { continue }
    let distance = editDistance(wanted, other)
    // Changing every letter is no likeness.
    guard distance <= limit, distance < longer else { continue }
    best = (candidate, distance)
  }
  return best?.name
}

/// Insertions, removals, replacements and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in a.indices {
    var row = [Int](repeating: 0, count: b.count + 1)
    row[0] = i + 1
    for j in b.indices {
      var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, beforePrevious[j - 1] + 1)
      }
      row[j + 1] = cost
    }
    (beforePrevious, previous) = (previous, row)
  }
  return previous[b.count]
}

/// The advice that ends a message about an unknown name: the nearest one, or all that are known.
func advice(for name: String, known: [String]) -> String {
  if let near = nearestName(to: name, in: known) { return "did you mean \(near.quoted)?" }
  if known.isEmpty { return "none is known here" }
  let shown = known.prefix(20).map { $0.quoted }.joined(separator: ", ")
  let rest = known.count > 20 ? " and \(known.count - 20) more" : ""
  return "known: \(shown)\(rest)"
}
