import Glibc

// What tests of files need from the system.

/// The exponential function.
func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm.
func logarithm(_ x: Double) -> Double { log(x) }

/// Why a call failed.
struct SystemError: Error {
  var code: Int32
}

/// Makes an empty folder.
func makeFolder(_ path: String) throws {
  guard mkdir(path, 0o777) == 0 else { throw SystemError(code: errno) }
}

/// Puts a symbolic link where this process would write the temporary file for `path`.
func linkTemporaryName(of path: String, to target: String) throws {
  guard symlink(target, "\(path).\(getpid()).tmp") == 0 else { throw SystemError(code: errno) }
}

/// Resident KiB of this process's mappings of a file, from `/proc/self/smaps`.
func residentKiB(ofMapping path: String) -> Int? {
  guard let stream = fopen("/proc/self/smaps", "r") else { return nil }
  defer { fclose(stream) }
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  var isInside = false
  var total: Int?
  while getline(&line, &capacity, stream) > 0, let line {
    let words = String(cString: line).split(whereSeparator: \.isWhitespace)
    guard let first = words.first else { continue }
    if first == "Rss:", isInside, words.count > 1 {
      total = (total ?? 0) + (Int(words[1]) ?? 0)
    } else if !first.hasSuffix(":") {
      isInside = words.last.map { $0 == path } ?? false
    }
  }
  return total
}
