internal import Glibc

/// The bytes of the file at `path`; JSON texts beyond 1 GiB are refused.
func readFile(_ path: String) throws(JSONError) -> [UInt8] {
  func failure(_ reason: String) -> JSONError {
    JSONError(file: path, line: 0, column: 0, pointer: "", reason: reason)
  }
  // Opening a pipe that nobody writes to would wait for ever; regular files don't mind.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    throw failure("can't open the file: \(String(cString: strerror(errno)))")
  }
  defer { close(descriptor) }
  var status = stat()
  let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
  guard kind == S_IFREG || kind == S_IFDIR else { throw failure("it isn't a regular file") }
  let limit = 1 << 30
  let chunk = 1 << 16
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: chunk)
  while true {
    let count = read(descriptor, &buffer, chunk)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw failure("can't read the file: \(String(cString: strerror(errno)))")
    }
    bytes.append(contentsOf: buffer[..<count])
    if bytes.count > limit { throw failure("the file is larger than 1 GiB") }
  }
}
