/// Which sources can change a number.
///
/// A room or file counts unless it is listed here, so that a new one is never forgotten.
public enum ScienceScope {
  /// Rooms that don't count, and why.
  public static let otherRooms: [(room: String, reason: String)] = [
    ("Records", "what it reads of grids and manifests stands in the cell, whose digest is the id"),
    ("Harness", "decides which cells run, never what is in them"),
    ("Audit", "holds records to their logs"),
    ("Hub", "fetches; a cell names what it reads by its bytes"),
    ("CCurl", "fetches; a cell names what it reads by its bytes"),
    ("Reporting", "words and tables made of records"),
    ("CFence", "starts programs; what they return is judged elsewhere"),
    ("System", "files, clocks and processes; what was read is held to its digest"),
    ("Pretraining", "makes models; a cell names them by their bytes"),
    ("Export", "writes the model that a cell's own run made; the record's digests hold it to that"),
    ("SourceDigest", "reads sources"),
    ("science-digest", "reads sources"),
    ("zeroqat", "the door: hands over and prints"),
  ]

  /// Endings and beginnings of names of files that don't count, in any room, and why.
  public static let otherFiles: [(pattern: String, reason: String)] = [
    ("*+Memory.swift", "a method's memory model: sizes of what it would allocate"),
    ("Memory*.swift", "the memory model's vocabulary"),
    ("CellMemory.swift", "the memory model of a worker's process"),
    ("*+Description.swift", "words: of errors, of progress"),
    ("MethodCatalog.swift", "the list of methods; a line more changes no other method"),
    ("Meter.swift", "measures time and memory"),
    ("Machine.swift", "says what machine it is"),
    ("WorkerProgress.swift", "lines on standard error"),
    ("Metric.swift", "words of columns; how a score is made stands in Tasks"),
    ("PairedComparison.swift", "judges records"),
    ("StudentDistribution.swift", "judges records"),
    ("JSONError.swift", "says what is wrong with a text"),
    ("Locator.swift", "says where in a text"),
    ("TextPosition.swift", "says where in a text"),
    ("NearestName.swift", "proposes what might have been meant"),
    ("Quoting.swift", "words of errors"),
  ]

  /// The room whose files are methods' own.
  public static let methodRoom = "Methods"

  /// Whether the file at `path` can change a number.
  public static func counts(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard parts.count > 2, parts[0] == "Sources", let name = parts.last else { return false }
    guard [".swift", ".c", ".h", ".modulemap"].contains(where: { name.hasSuffix($0) }) else {
      return false
    }
    return !otherRooms.contains { $0.room == parts[1] }
      && !otherFiles.contains { matches(String(name), $0.pattern) }
  }

  /// Whether `name` is `pattern`, in which one `*` stands for any text.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
    let head = pattern[..<star]
    let tail = pattern[pattern.index(after: star)...]
    return name.count >= head.count + tail.count && name.hasPrefix(head) && name.hasSuffix(tail)
  }
}
