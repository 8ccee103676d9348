internal import System

/// The right to run one cell, on whatever machine: one process has it at a time.
///
/// A run on this machine and the tasks of a cluster may work in one results folder at a time. Each cell has a byte
/// of the file `.cells` there, which is locked as long as the cell runs: nothing is left behind for each cell,
/// and no lock file is ever removed under somebody who waits for it.
package struct CellLock: ~Copyable {
  private let file: OpenFile

  /// Takes the lock of the cell with that id; nil when another process has it.
  ///
  /// - Throws: ``HarnessError/results(_:)`` when the folder can't be written or its file system keeps no locks.
  package init?(of id: String, in store: ResultStore) throws(HarnessError) {
    let path = store.results + "/.cells"
    let locked: OpenFile?
    do { locked = try Self.locked(path, at: Self.byte(of: id)) } catch {
      throw .results(error.operation == "lock" ? error : error.during("write", path))
    }
    guard let locked else { return nil }
    file = locked
  }

  private static func locked(_ path: String, at byte: Int) throws(FileError) -> OpenFile? {
    let file = try OpenFile(path, for: .updating)
    return try file.lockByte(at: byte) ? file : nil
  }

  /// Where in the file the cell's byte is: 62 bits of its id, which is a digest.
  private static func byte(of id: String) -> Int {
    // Ids that aren't digests are of tests.
    let number = UInt64(id, radix: 16) ?? id.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }
    return Int(number >> 2)
  }

  /// Always true; to be asked at the end of the work that the lock protects, which keeps it alive.
  package var isHeld: Bool { file.descriptor >= 0 }
}
