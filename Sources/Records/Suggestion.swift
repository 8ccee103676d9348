internal import JSONText

/// The phrase that ends an error about an unknown name: the nearest one, or the whole list.
package func suggestion(for name: String, among names: [String]) -> String {
  if let nearest = nearestName(to: name, in: names) { return "did you mean '\(nearest)'?" }
  if names.isEmpty { return "there is none to choose from" }
  return "known: " + names.map { "'\($0)'" }.joined(separator: ", ")
}
