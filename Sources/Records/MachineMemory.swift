internal import Glibc

/// How much memory a machine has, and how much of it a cell may need.
package enum MachineMemory {
  /// Bytes that this process may use: the machine's, or less where a control group limits it, as schedulers of
  /// clusters and containers do; `Int.max` where the kernel doesn't say.
  package static var bytes: Int {
    min(physicalBytes, controlGroupBytes(smallFile("/proc/self/cgroup") ?? "") ?? .max)
  }

  private static var physicalBytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || pages <= 0 ? .max : bytes
  }

  /// The least limit of the control groups that a process is in, or of a group around them; nil without one.
  ///
  /// > Source: Linux man-pages, cgroups(7); Linux, Documentation/admin-guide/cgroup-v2.rst, `memory.max`, and
  ///   cgroup-v1/memory.rst, `memory.limit_in_bytes`.
  ///
  /// - Parameters:
  ///   - membership: What `/proc/self/cgroup` says: lines `hierarchy:controllers:path`.
  ///   - root: Where the hierarchies are mounted.
  /// - Returns: Bytes.
  package static func controlGroupBytes(
    _ membership: String, root: String = "/sys/fs/cgroup"
  ) -> Int? {
    var limits: [Int] = []
    for line in membership.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let mount: String
      let file: String
      if fields[1].isEmpty {
        (mount, file) = (root, "memory.max")
      } else if fields[1].split(separator: ",").contains("memory") {
        (mount, file) = (root + "/memory", "memory.limit_in_bytes")
      } else {
        continue
      }
      // A group's limit holds for all groups in it. A container sees its own group as the mount's root.
      var names = fields[2].split(separator: "/")
      while true {
        let folder = ([mount] + names.map(String.init)).joined(separator: "/")
        // `max`, and a file that isn't there, are no limit.
        let text = smallFile("\(folder)/\(file)")?.prefix { $0.isNumber }
        if let limit = text.flatMap({ Int($0) }), limit > 0 { limits.append(limit) }
        if names.popLast() == nil { break }
      }
    }
    return limits.min()
  }

  /// Bytes that are left to the kernel and everything else that runs: half a gibibyte.
  package static let reserve = 1 << 29

  /// Whether a machine of so many bytes has room for a cell of so many.
  package static func holds(_ cell: Int, on machine: Int = bytes) -> Bool {
    cell <= machine - min(reserve, machine)
  }
}
