internal import System

/// The bytes of the file at `path`; JSON texts beyond 1 GiB are refused.
func jsonBytes(of path: String) throws(JSONError) -> [UInt8] {
  let limit = 1 << 30
  var bytes: [UInt8] = []
  do {
    try OpenFile(path, for: .reading).read { piece throws(FileError) in
      bytes.append(contentsOf: piece)
      if bytes.count > limit {
        throw FileError("read", path, reason: "the file is larger than 1 GiB")
      }
    }
  } catch {
    let reason =
      error.code == nil ? error.reason : "can't \(error.operation) the file: \(error.reason)"
    throw JSONError(file: path, line: 0, column: 0, pointer: "", reason: reason)
  }
  return bytes
}
