internal import Glibc

/// How much memory a machine has, and how much of it a cell may need.
package enum MachineMemory {
  /// Bytes that this machine has, or `Int.max` where the kernel doesn't say.
  package static var bytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || pages <= 0 ? .max : bytes
  }

  /// Bytes that are left to the kernel and everything else that runs: half a gibibyte.
  package static let reserve = 1 << 29

  /// Whether a machine of so many bytes has room for a cell of so many.
  package static func holds(_ cell: Int, on machine: Int = bytes) -> Bool {
    cell <= machine - min(reserve, machine)
  }
}
