package import Digests
internal import Glibc
package import System

/// Digests of files that were hashed before, by path and all that the file system says of them.
///
/// Hashing a checkpoint takes seconds to minutes; a second plan shouldn't. The memory is a text file
/// in the cache folder, one line per path. It only saves time: when it can't be read or written,
/// files are hashed again.
package struct DigestMemory {
  private let file: String
  private var entries: [String: DigestedFile] = [:]
  /// The files that were asked for, with what was answered.
  package private(set) var answered: [String: DigestedFile] = [:]

  /// The memory of a cache folder.
  package init(cache: String) {
    file = cache + "/digests.tsv"
    guard let bytes = try? readFile(file) else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 6)
      guard fields.count == 7, fields[0].utf8.count == 64, let size = Int(fields[1]),
        let modified = Int(fields[2]), let changed = Int(fields[3]), let device = UInt64(fields[4]),
        let inode = UInt64(fields[5])
      else {
        continue
      }
      let path = String(fields[6])
      entries[path] = DigestedFile(
        path: path, digest: String(fields[0]),
        facts: FileFacts(
          bytes: size, modifiedNanoseconds: modified, changedNanoseconds: changed, device: device,
          inode: inode))
    }
  }

  /// SHA-256 of the file at `path`, remembered or computed.
  package mutating func digest(ofFile path: String) throws(FileError) -> String {
    guard FileStatus(of: path) != nil else { throw FileError("read", path, code: ENOENT) }
    if let entry = entries[path], entry.facts == FileFacts(of: path) {
      answered[path] = entry
      return entry.digest
    }
    let entry: DigestedFile
    do { entry = try DigestedFile(reading: path) } catch { throw error.during("read", path) }
    keep([entry])
    return entry.digest
  }

  /// Whether the digest of the file at `path` is known.
  package func remembers(_ path: String) -> Bool {
    guard let entry = entries[path] else { return false }
    return entry.facts == FileFacts(of: path)
  }

  /// Takes in what was digested elsewhere.
  package mutating func keep(_ files: [DigestedFile]) {
    var isNew = false
    for entry in files {
      entries[entry.path] = nil
      answered[entry.path] = nil
      // Of a file from a clock that is ahead, nobody can say that its facts would change with it.
      guard entry.facts.isSettled else { continue }
      entries[entry.path] = entry
      answered[entry.path] = entry
      isNew = true
    }
    if isNew { save() }
  }

  private func save() {
    let lines = entries.values.sorted { $0.path < $1.path }
      .filter { !$0.path.contains("\n") }
      .map { entry in
        let facts = entry.facts
        return "\(entry.digest)\t\(facts.bytes)\t\(facts.modifiedNanoseconds)\t"
          + "\(facts.changedNanoseconds)\t\(facts.device)\t\(facts.inode)\t\(entry.path)\n"
      }
    try? makeFolder(parent(of: file))
    try? writeDurably(Array(lines.joined().utf8), to: file)
  }
}
