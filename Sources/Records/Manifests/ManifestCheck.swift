package import JSONText
internal import Vocabulary

extension ModelManifest {
  /// Holds the manifest to the rules that its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one.
  package func check(in document: JSONDocument, folder: String) throws(JSONError) {
    try checkHead(
      schema: schema, current: Self.currentSchema, name: name, folder: folder, in: document)
    try checkFiles(files, hasOrigin: origin != nil, in: document)
    try checkPlace(in: document)
    for (index, anchor) in anchors.enumerated() {
      let place = "/anchors/\(index)"
      guard anchor.perplexity >= 1 else {
        throw document.error(
          at: place + "/perplexity", "a perplexity is at least 1; found \(anchor.perplexity)")
      }
      guard anchor.relativeTolerance > 0, anchor.relativeTolerance < 1 else {
        throw document.error(
          at: place + "/relativeTolerance",
          "expected a share between 0 and 1, found \(anchor.relativeTolerance)")
      }
    }
  }
}

extension ModelManifest {
  /// Files are in the repository, in a package or with the user; a variant has none.
  private func checkPlace(in document: JSONDocument) throws(JSONError) {
    if committed == true {
      guard origin == nil else {
        throw document.error(at: "/committed", "committed files come from no package")
      }
      let needed = synthetic == true ? ["config.json"] : ["config.json", "model.safetensors"]
      for name in needed
      where !files.contains(where: { $0.name == name }) {
        throw document.error(at: "/files", "expected '\(name)' among the committed files")
      }
      for (index, file) in files.enumerated() where file.sha256 == nil || file.bytes == nil {
        throw document.error(
          at: "/files/\(index)", "a committed file needs its 'bytes' and 'sha256'")
      }
    }
    if synthetic == true, committed != true {
      throw document.error(
        at: "/synthetic",
        "expected \"committed\": true beside it; the configuration is all there is")
    }
    guard let variant else { return }
    guard files.isEmpty, origin == nil, committed == nil, hub == nil, synthetic == nil else {
      throw document.error(at: "/variant", "a variant has no files of its own")
    }
    guard variant.of != name else {
      throw document.error(at: "/variant/of", "a model isn't a variant of itself")
    }
    try variant.outliers.check(at: "/variant/outliers", in: document)
  }
}

extension OutlierChannels {
  /// Holds the transform to what keeps a model's function.
  fileprivate func check(at place: String, in document: JSONDocument) throws(JSONError) {
    guard (2...4096).contains(factor), factor.nonzeroBitCount == 1 else {
      throw document.error(
        at: place + "/factor", "expected a power of two from 2 to 4096, found \(factor)")
    }
    guard !channels.isEmpty else {
      throw document.error(at: place + "/channels", "expected at least one channel")
    }
    for (index, channel) in channels.enumerated() {
      guard channel >= 0, !channels[..<index].contains(channel) else {
        throw document.error(
          at: "\(place)/channels/\(index)",
          "expected an index from 0 that isn't there yet, found \(channel)")
      }
    }
  }
}

extension DatasetManifest {
  /// Holds the manifest to the rules that its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one.
  package func check(in document: JSONDocument, folder: String) throws(JSONError) {
    try checkHead(
      schema: schema, current: Self.currentSchema, name: name, folder: folder, in: document)
    try checkOrigins(in: document)
    try checkFiles(files, hasOrigin: isFetchable, in: document)
    try checkTasks(in: document)
    if !tasks.isEmpty, join == nil, splits.isEmpty { return }
    guard join != nil else { throw document.error(at: "", "missing required member 'join'") }
    guard !splits.isEmpty else {
      throw document.error(at: "/splits", "a dataset needs a way to split it")
    }
    for (index, split) in splits.enumerated() {
      for (name, parts) in [
        ("train", split.train), ("development", split.development), ("test", split.test),
      ] {
        let place = "/splits/\(index)/\(name)"
        guard !parts.isEmpty else { throw document.error(at: place, "expected at least one part") }
        for (i, part) in parts.enumerated() {
          try check(part, at: "\(place)/\(i)", in: document)
        }
      }
      try checkDisjoint(
        split.train + split.development + split.test, at: "/splits/\(index)", in: document)
    }
  }

  private func checkTasks(in document: JSONDocument) throws(JSONError) {
    for (index, task) in tasks.enumerated() {
      let place = "/tasks/\(index)"
      if tasks[..<index].contains(where: { $0.name == task.name }) {
        throw document.error(at: place + "/name", "the task '\(task.name)' is listed twice")
      }
      guard !task.splits.isEmpty else {
        throw document.error(at: place + "/splits", "a task needs a way to split it")
      }
      for (number, split) in task.splits.enumerated() {
        let place = "\(place)/splits/\(number)"
        let (name, needed) =
          task.use == .fineTuning ? ("train", split.train) : ("test", split.test)
        guard !needed.isEmpty else {
          throw document.error(
            at: place, "a task for \(task.use.rawValue) needs a file in '\(name)'")
        }
        let parts = [
          ("train", split.train), ("development", split.development), ("test", split.test),
        ]
        for (name, parts) in parts {
          for (i, part) in parts.enumerated() {
            try check(part, at: "\(place)/\(name)/\(i)", in: document)
          }
        }
        try checkDisjoint(split.parts, at: place, in: document)
        try checkAnswers(parts, at: place, in: document)
      }
      try task.examples.check(at: place + "/examples", in: document)
      if let tokens = task.contextTokens, tokens < 1 {
        throw document.error(
          at: place + "/contextTokens", "expected a positive number of tokens, found \(tokens)")
      }
    }
  }

  /// Either no part says which option is right, or all do, and every split has each of at least two.
  private func checkAnswers(
    _ splits: [(name: String, parts: [DatasetPart])], at place: String, in document: JSONDocument
  ) throws(JSONError) {
    let all = splits.flatMap { $0.parts.compactMap(\.answer) }
    guard let last = all.max() else { return }
    for (name, parts) in splits where !parts.isEmpty {
      for (i, part) in parts.enumerated() {
        guard let answer = part.answer, answer >= 0 else {
          throw document.error(
            at: "\(place)/\(name)/\(i)",
            "expected 'answer', an index from 0, as other parts of the task have it, found "
              + (part.answer.map { "\($0)" } ?? "none"))
        }
      }
      if let missing = (0...max(last, 1)).first(where: { !parts.map(\.answer).contains($0) }) {
        throw document.error(
          at: "\(place)/\(name)", "expected a part for every answer, found none for \(missing)")
      }
    }
  }

  /// Every package is there once, and every file names one that is there.
  private func checkOrigins(in document: JSONDocument) throws(JSONError) {
    let names = (origins ?? []).map(\.package)
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw document.error(
        at: "/origins/\(index)/package", "the package '\(name)' is listed twice")
    }
    for (index, file) in files.enumerated() {
      guard let name = file.package, !names.contains(name) else { continue }
      throw document.error(
        at: "/files/\(index)/package",
        "unknown package '\(name)'; \(suggestion(for: name, among: names))")
    }
  }

  private func check(_ part: DatasetPart, at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    guard let file = files.first(where: { $0.name == part.file }) else {
      throw document.error(
        at: place + "/file",
        "unknown file '\(part.file)'; \(suggestion(for: part.file, among: files.map(\.name)))")
    }
    let end = part.to ?? file.bytes ?? Int.max
    guard part.from >= 0, part.from < end, end <= file.bytes ?? Int.max else {
      throw document.error(
        at: place, "the bytes \(part.from)..<\(end) aren't a part of '\(part.file)'")
    }
  }

  /// No byte is in two splits: what is trained on is never scored.
  private func checkDisjoint(_ parts: [DatasetPart], at place: String, in document: JSONDocument)
    throws(JSONError)
  {
    for (i, a) in parts.enumerated() {
      for b in parts[..<i] where a.file == b.file {
        if a.from < b.to ?? Int.max && b.from < a.to ?? Int.max {
          throw document.error(
            at: place,
            "parts overlap: '\(a.file)' from byte \(max(a.from, b.from)) is in two of them")
        }
      }
    }
  }
}

private func checkHead(
  schema: Int, current: Int, name: String, folder: String, in document: JSONDocument
) throws(JSONError) {
  guard schema == current else {
    throw document.error(
      at: "/schema", "schema \(schema) isn't supported; this build reads schema \(current)")
  }
  guard name == folder else {
    throw document.error(at: "/name", "expected the folder's name '\(folder)', found '\(name)'")
  }
}

private func checkFiles(_ files: [AssetFile], hasOrigin: Bool, in document: JSONDocument)
  throws(JSONError)
{
  for (index, file) in files.enumerated() {
    let place = "/files/\(index)"
    if file.name.isEmpty || file.name.contains("/") || file.name.hasPrefix(".") {
      throw document.error(at: place + "/name", "expected a bare file name, found '\(file.name)'")
    }
    if files[..<index].contains(where: { $0.name == file.name }) {
      throw document.error(at: place + "/name", "the file '\(file.name)' is listed twice")
    }
    if hasOrigin && (file.member == nil || file.sha256 == nil || file.bytes == nil) {
      throw document.error(
        at: place, "a file from a package needs its 'member', 'bytes' and 'sha256'")
    }
    if let sha256 = file.sha256, !isDigest(sha256) {
      throw document.error(
        at: place + "/sha256", "expected 64 lowercase hex digits, found '\(sha256)'")
    }
  }
}

/// Whether `text` is a SHA-256 digest as this project writes it.
func isDigest(_ text: String) -> Bool {
  text.utf8.count == 64
    && text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
}
