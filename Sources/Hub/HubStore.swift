internal import Glibc
internal import Harness
internal import System

/// A repository's folder in the hub's cache: `blobs`, `snapshots` that link to them, `refs`, and the cache's locks.
///
/// > Source: huggingface_hub's guide "Understand caching", and `file_download.py`.
struct HubStore {
  let cache: String
  let folder: String
  private let name: String

  init(_ cache: HubCache, _ repository: HubRepository) {
    self.cache = cache.path
    folder = cache.folder(of: repository.id, .models)
    name = String(folder.dropFirst(cache.path.count + 1))
  }

  func blob(_ name: BlobName) -> String { "\(folder)/blobs/\(name)" }

  /// Where a blob is written until it is whole.
  func partial(_ name: BlobName) -> String { "\(blob(name)).incomplete" }

  func snapshot(_ commit: String) -> String { "\(folder)/snapshots/\(commit)" }

  /// The commit that a branch or tag was when it was last fetched; nil where it never was.
  func commit(of revision: String) -> String? {
    if HubRepository.isCommit(revision) { return revision }
    return (try? readFile("\(folder)/refs/\(revision)")).map {
      String(decoding: $0.filter { $0 > 32 }, as: UTF8.self)
    }.flatMap { HubRepository.isCommit($0) ? $0 : nil }
  }

  /// Remembers which commit a branch or tag is.
  func remember(_ commit: String, as revision: String) throws(HubError) {
    guard revision != commit else { return }
    let path = "\(folder)/refs/\(revision)"
    do throws(FileError) {
      try makeFolder(parent(of: path))
      try writeDurably(Array(commit.utf8), to: path)
    } catch { throw .disk(error) }
  }

  /// Makes the folders that blobs and locks are put in.
  func prepare() throws(HubError) {
    do throws(FileError) {
      try makeFolder("\(folder)/blobs")
      try makeFolder("\(cache)/.locks/\(name)")
    } catch { throw .disk(error) }
  }

  /// The lock that huggingface_hub, too, takes while it writes a blob; nil where somebody has it.
  func lock(_ blob: BlobName) throws(HubError) -> OpenFile? {
    do {
      let file = try OpenFile("\(cache)/.locks/\(name)/\(blob).lock", for: .updating)
      return try file.lock() ? file : nil
    } catch { throw .disk(error) }
  }

  /// Links a snapshot's file to its blob, by a path that holds wherever the cache is moved to.
  func link(_ path: String, at commit: String, to blob: BlobName) throws(HubError) {
    let place = "\(snapshot(commit))/\(path)"
    let depth = path.utf8.count { $0 == UInt8(ascii: "/") }
    let target = String(repeating: "../", count: depth + 2) + "blobs/\(blob)"
    do throws(FileError) {
      try makeFolder(parent(of: place))
      if symlink(target, place) == 0 { return }
      guard errno == EEXIST else { throw FileError("link", place, code: errno) }
      // What is there is replaced in one step, so that whoever reads sees the old file or the new one.
      let temporary = "\(place).\(getpid()).tmp"
      unlink(temporary)
      guard symlink(target, temporary) == 0 else {
        throw FileError("link", temporary, code: errno)
      }
      try moveFile(temporary, to: place)
    } catch { throw .disk(error) }
  }

  /// Bytes that an ordinary user may still write at the folder, or at the nearest one above that is there.
  var freeBytes: Int? {
    var place = folder
    while FileStatus(of: place) == nil, parent(of: place) != place, place != "." {
      place = parent(of: place)
    }
    var facts = statvfs()
    guard statvfs(place, &facts) == 0 else { return nil }
    return Int(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
  }
}
