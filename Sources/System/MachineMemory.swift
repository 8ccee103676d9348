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
  /// > Source: Linux man-pages, cgroups(7); Linux, Documentation/admin-guide/cgroup-v2.rst, `memory.max` and
  ///   `memory.high`, beyond which a process is slowed to a standstill, and cgroup-v1/memory.rst,
  ///   `memory.limit_in_bytes`.
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
      let mounts: [String]
      let files: [String]
      if fields[1].isEmpty {
        // Beside version 1, version 2 has a folder of its own.
        (mounts, files) = ([root, root + "/unified"], ["memory.max", "memory.high"])
      } else if fields[1].split(separator: ",").contains("memory") {
        (mounts, files) = ([root + "/memory"], ["memory.limit_in_bytes"])
      } else {
        continue
      }
      // A group's limit holds for all groups in it. A container sees its own group as the mount's root, and `..`
      // where the process is outside of it.
      var names = fields[2].split(separator: "/").filter { $0 != ".." }
      while true {
        for mount in mounts {
          let folder = ([mount] + names.map(String.init)).joined(separator: "/")
          for file in files {
            // `max`, a file that isn't there, and more than a machine word holds are no limit.
            let text = smallFile("\(folder)/\(file)")?.prefix { $0.isNumber }
            if let limit = text.flatMap({ Int($0) }), limit > 0 { limits.append(limit) }
          }
        }
        if names.popLast() == nil { break }
      }
    }
    return limits.min()
  }

  /// The most that is left to the kernel and everything else that runs: half a gibibyte.
  package static let reserve = 1 << 29

  /// Whether there is room for a cell of so many bytes, where a process may use `machine` bytes.
  ///
  /// Left to others is the reserve, and no more than an eighth of what is there, as in a small control group.
  package static func holds(_ cell: Int, on machine: Int = bytes) -> Bool {
    cell <= machine - min(reserve, machine / 8)
  }
}

/// Logical processors that this process may use.
package func onlineProcessors() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
