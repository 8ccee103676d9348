import Glibc
import System
import TestSupport
import Testing

/// What a cell may need is what the machine has, or what the process's control groups leave of it.
struct MachineMemoryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a file of a hierarchy, with the folders around it.
  private func put(_ text: String, to name: String) throws {
    var path = folder.path
    for part in name.split(separator: "/").dropLast() {
      path += "/\(part)"
      mkdir(path, 0o755)
    }
    try folder.write(text, to: name)
  }

  @Test("The least limit around a process counts, in both versions of control groups")
  func leastLimit() throws {
    try put("max\n", to: "job/step/memory.max")
    try put("8589934592\n", to: "job/memory.max")
    try put("17179869184\n", to: "memory.max")
    #expect(MachineMemory.controlGroupBytes("0::/job/step\n", root: folder.path) == 8 << 30)
    #expect(MachineMemory.controlGroupBytes("0::/\n", root: folder.path) == 16 << 30)
    try put("4294967296\n", to: "memory/slurm/memory.limit_in_bytes")
    try put("9223372036854771712\n", to: "memory/memory.limit_in_bytes")
    let membership = "4:cpu,memory:/slurm\n1:cpu:/\n0::/job\n"
    #expect(MachineMemory.controlGroupBytes(membership, root: folder.path) == 4 << 30)
    // A container that doesn't see its own path has its limit at the mount's root.
    try put("2147483648\n", to: "memory/memory.limit_in_bytes")
    let container = "4:memory:/docker/0123:4\n0::/../..\n"
    #expect(MachineMemory.controlGroupBytes(container, root: folder.path) == 2 << 30)
    try put("1073741824\n", to: "unified/job/memory.high")
    #expect(MachineMemory.controlGroupBytes("0::/job\n", root: folder.path) == 1 << 30)
  }

  @Test("No group, no file and no number are no limit")
  func noLimit() throws {
    try put("max\n", to: "free/memory.max")
    try put("0\n", to: "zero/memory.max")
    try put("18446744073709551615\n", to: "vast/memory.max")
    for membership in [
      "", "0::/free", "0::/gone", "0::/zero", "0::/vast", "nonsense", "3:cpu:/free", "::",
    ] {
      #expect(
        MachineMemory.controlGroupBytes(membership, root: folder.path) == nil, "\(membership)")
    }
    #expect((1 << 28..<1 << 46).contains(MachineMemory.bytes))
  }

  @Test("A reserve is left, of little memory an eighth")
  func reserve() {
    #expect(
      MachineMemory.holds(15 << 29, on: 8 << 30) && !MachineMemory.holds(15 << 29 + 1, on: 8 << 30))
    #expect(MachineMemory.holds(448 << 20, on: 512 << 20))
    #expect(!MachineMemory.holds(449 << 20, on: 512 << 20) && !MachineMemory.holds(1, on: 0))
  }
}
