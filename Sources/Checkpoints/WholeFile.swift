internal import System

/// Writes `bytes` under a temporary name beside `path`, syncs them to disk, and renames.
///
/// - Throws: ``CheckpointError`` of the kind `unwritable`; then what was at `path` is still there.
public func replaceFile(at path: String, with bytes: [UInt8]) throws(CheckpointError) {
  let file = try WholeFile(of: path)
  try file.append(bytes)
  try file.replace()
}

/// Removes what processes that are no more left beside `path` when they were ended in mid-write.
public func removeLeftovers(of path: String) { ReplacementFile.removeLeftovers(of: path) }

/// A checkpoint's file that takes another's place only when it is complete, in the words of this room.
struct WholeFile {
  private let file: ReplacementFile
  private let path: String

  /// Creates the temporary file beside `path`.
  init(of path: String) throws(CheckpointError) {
    self.path = path
    do { file = try ReplacementFile(of: path) } catch { throw Self.unwritable(error, path) }
  }

  /// Appends bytes.
  func append(_ bytes: [UInt8]) throws(CheckpointError) {
    do { try file.append(bytes) } catch { throw Self.unwritable(error, path) }
  }

  /// Appends floats, little-endian.
  func append(_ values: UnsafeBufferPointer<Float>) throws(CheckpointError) {
    do { try file.append(UnsafeRawBufferPointer(values)) } catch {
      throw Self.unwritable(error, path)
    }
  }

  /// Syncs what was written and gives it the final name.
  func replace() throws(CheckpointError) {
    do { try file.replace() } catch { throw Self.unwritable(error, path) }
  }

  private static func unwritable(_ error: FileError, _ path: String) -> CheckpointError {
    let object = error.operation == "create" ? " '\(error.path)'" : ""
    let reason = error.code.map { systemMessage($0) } ?? error.reason
    return CheckpointError(.unwritable, in: path, "can't \(error.operation)\(object): \(reason)")
  }
}
