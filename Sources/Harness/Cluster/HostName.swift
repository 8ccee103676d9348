internal import Glibc

/// This machine's name among those of a cluster.
package enum HostName {
  /// As the kernel has it, without characters that can't stand in a file's name.
  package static var current: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    // SAFETY: nodename ends in a zero byte (uname(2)).
    let text = withUnsafeBytes(of: &name.nodename) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return String(text.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "_" })
  }
}
