internal import Glibc

/// A process as the kernel lists it.
struct ListedProcess: Sendable, Equatable {
  /// Its id.
  let id: pid_t
  /// Its parent's.
  let parent: pid_t
  /// Its program's name, 15 bytes at most.
  let name: String
  /// `Z` for one that has ended and isn't collected yet.
  let state: Character
  /// Its resident pages, bytes.
  let bytes: Int

  /// The process that `/proc/<id>/stat` describes; nil for one that is gone.
  ///
  /// > Source: Linux man-pages, proc_pid_stat(5): fields 3, 4 and 24 behind the name in brackets, which may
  ///   itself hold brackets.
  init?(_ id: pid_t) {
    guard let text = smallFile("/proc/\(id)/stat"), let open = text.firstIndex(of: "("),
      let close = text.lastIndex(of: ")"), open < close
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 21, let state = fields[0].first, let parent = pid_t(fields[1]),
      let pages = Int(fields[21])
    else { return nil }
    self.id = id
    self.parent = parent
    self.state = state
    name = String(text[text.index(after: open)..<close])
    bytes = max(0, pages) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// All processes below `root`, ended ones included; `root` itself isn't among them.
  ///
  /// - Throws: ``FileError`` where processes can't be listed.
  static func below(_ root: pid_t) throws(FileError) -> [ListedProcess] {
    let all = try listFolder("/proc").compactMap { pid_t($0) }.compactMap { ListedProcess($0) }
    let children = Dictionary(grouping: all, by: \.parent)
    var found: [ListedProcess] = []
    var open = [root]
    while let next = open.popLast() {
      let own = children[next] ?? []
      found += own
      open += own.map(\.id)
    }
    return found
  }
}
