internal import Glibc

/// The environment of this process.
package func processEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  var entry = environ
  // SAFETY: environ is a null-terminated list of C strings (environ(7)); nothing here changes it.
  while let text = entry.pointee {
    let line = String(cString: text)
    if let equals = line.firstIndex(of: "=") {
      variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
    }
    entry = entry.advanced(by: 1)
  }
  return variables
}
