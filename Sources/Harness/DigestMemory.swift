internal import Glibc

/// Digests of files that were hashed before, by path, size and time of change.
///
/// Hashing a checkpoint takes seconds to minutes; a second plan shouldn't. The memory is a text file
/// in the cache folder, one line per path. It only saves time: when it can't be read or written,
/// files are hashed again.
package struct DigestMemory {
  private let file: String
  private var entries: [String: Entry] = [:]

  private struct Entry: Equatable {
    var bytes: Int
    var changedNanoseconds: Int
    var digest: String
  }

  /// The memory of a cache folder.
  package init(cache: String) {
    file = cache + "/digests.tsv"
    guard let bytes = try? readFile(file) else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 3)
      guard fields.count == 4, fields[0].utf8.count == 64, let size = Int(fields[1]),
        let changed = Int(fields[2])
      else {
        continue
      }
      entries[String(fields[3])] = Entry(
        bytes: size, changedNanoseconds: changed, digest: String(fields[0]))
    }
  }

  /// SHA-256 of the file at `path`, remembered or computed.
  package mutating func digest(ofFile path: String) throws(FileError) -> String {
    guard let status = FileStatus(of: path) else { throw FileError("read", path, code: ENOENT) }
    if let entry = entries[path], entry.bytes == status.bytes,
      entry.changedNanoseconds == status.changedNanoseconds
    {
      return entry.digest
    }
    let digest = try Harness.digest(ofFile: path)
    entries[path] = Entry(
      bytes: status.bytes, changedNanoseconds: status.changedNanoseconds, digest: digest)
    save()
    return digest
  }

  private func save() {
    let lines = entries.sorted { $0.key < $1.key }
      .filter { !$0.key.contains("\n") }
      .map { "\($0.value.digest)\t\($0.value.bytes)\t\($0.value.changedNanoseconds)\t\($0.key)\n" }
    try? makeFolder(parent(of: file))
    try? writeDurably(Array(lines.joined().utf8), to: file)
  }
}
