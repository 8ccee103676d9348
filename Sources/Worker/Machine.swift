import Glibc
import System

/// What a run ran on.
struct Machine: Sendable {
  /// CPU model name.
  let processor: String
  /// Logical processors online.
  let processors: Int
  /// Kernel and distribution.
  let operatingSystem: String
  /// Compiler version that built this program.
  let compiler: String

  /// This machine.
  static let this: Machine = {
    let processor =
      field("model name", of: "/proc/cpuinfo", separator: ":") ?? "unknown processor"
    let distribution = field("PRETTY_NAME", of: "/etc/os-release", separator: "=")
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: &name.release) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Machine(
      processor: processor, processors: onlineProcessors(),
      operatingSystem: [distribution, "Linux \(release)"].compactMap { $0 }.joined(
        separator: ", "),
      compiler: compilerVersion)
  }()

  private static var compilerVersion: String {
    #if compiler(>=6.4)
      return "Swift 6.4 or later"
    #elseif compiler(>=6.3)
      return "Swift 6.3"
    #else
      return "Swift 6.2"
    #endif
  }

  /// The value behind the first `name` in a file of `name separator value` lines.
  private static func field(_ name: String, of path: String, separator: Character) -> String? {
    for line in (smallFile(path) ?? "").split(separator: "\n") where line.hasPrefix(name) {
      guard let mark = line.firstIndex(of: separator) else { continue }
      let value = line[line.index(after: mark)...].drop { $0 == " " || $0 == "\"" }
      return String(value.last == "\"" ? value.dropLast() : value)
    }
    return nil
  }
}
