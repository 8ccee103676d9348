internal import Digests

/// SHA-256 of `bytes`, lowercase hex.
package func digest(of bytes: [UInt8]) -> String {
  var state = SHA256()
  state.update(bytes)
  return state.finalized().hex
}

/// SHA-256 of the file at `path`, lowercase hex; a mebibyte of it is in memory at a time.
package func digest(ofFile path: String) throws(FileError) -> String {
  var state = SHA256()
  try readFile(path) { state.update($0) }
  return state.finalized().hex
}
