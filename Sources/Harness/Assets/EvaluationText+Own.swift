internal import Records
internal import System
internal import Vocabulary

extension EvaluationText {
  /// The protocol of an evaluation whose text is a file, or a text of `datasets/` by name.
  ///
  /// A file is scored whole, of a text of `datasets/` the test part. A method that looks at no text gets none;
  /// another one gets the train and development parts of the text that is scored, or of the one that was named
  /// for it.
  ///
  /// - Throws: ``SingleEvaluationError``, ``HarnessError`` for files of a dataset that aren't there, `FileError`.
  static func own(
    _ evaluation: SingleEvaluation, windowTokens: Int, bos: BeginningOfSequencePolicy,
    _ catalog: Catalog, from base: String, _ locator: inout AssetLocator, looksAtText: Bool
  ) throws -> EvaluationProtocol {
    let nothing = TextSource(parts: [], join: .plain)
    var settings = EvaluationProtocol(
      id: "", train: nothing, development: nothing, test: nothing, windowTokens: windowTokens,
      testWindows: evaluation.testWindows, developmentWindows: evaluation.developmentWindows,
      bos: bos)
    switch try OwnText(evaluation.text, from: base, catalog) {
    case .file(let path):
      settings.id = "\(path.split(separator: "/").last ?? "")-\(windowTokens)"
      settings.test = try whole(path, &locator)
      try checkCharacters(path, as: evaluation.text)
    case .dataset(let name):
      settings = try dataset(name, settings, catalog, &locator)
    }
    guard looksAtText else {
      guard evaluation.calibration == nil else {
        throw SingleEvaluationError.needlessCalibration(method: evaluation.methodName)
      }
      (settings.train, settings.development) = (nothing, nothing)
      return settings
    }
    guard let calibration = evaluation.calibration else {
      if settings.train.parts.isEmpty {
        throw SingleEvaluationError.noCalibration(
          method: evaluation.methodName, known: textsHere(catalog, &locator))
      }
      return settings
    }
    switch try OwnText(calibration, from: base, catalog) {
    case .file(let path):
      (settings.train, settings.development) = try cut(path, &locator)
      try checkCharacters(path, as: calibration)
      settings.id += "+\(path.split(separator: "/").last ?? "")"
    case .dataset(let name):
      let other = try dataset(name, settings, catalog, &locator)
      (settings.train, settings.development) = (other.train, other.development)
      settings.id += "+\(name)"
    }
    // The worker refuses overlapping bytes of one file; here the same words in two files show as well.
    let scored = Set(settings.test.parts.filter { $0.from == 0 && $0.to == nil }.map(\.digest))
    for part in settings.train.parts where scored.contains(part.digest) {
      throw SingleEvaluationError.sameText(path: part.path)
    }
    return settings
  }

  /// Sees that a file is UTF-8: bytes of another encoding would be scored without a word.
  private static func checkCharacters(_ path: String, as name: String) throws {
    let bytes = try readFile(path)
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var (rest, parser, place) = (bytes.makeIterator(), Unicode.UTF8.ForwardParser(), 0)
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let character): place += character.count
      case .error: throw SingleEvaluationError.notUTF8(path: name, byte: place)
      case .emptyInput: return
      }
    }
  }

  /// How a file of the user's own is read otherwise than byte by byte, in words; nil where it isn't.
  ///
  /// - Throws: `FileError` for a file that can't be read.
  static func lineEnds(
    of evaluation: SingleEvaluation, from base: String, _ catalog: Catalog
  ) throws -> String? {
    guard case .file(let path) = try OwnText(evaluation.text, from: base, catalog) else {
      return nil
    }
    let bytes = try readFile(path)
    let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    let count = bytes.indices.dropLast().count {
      bytes[$0] == carriageReturn && bytes[$0 + 1] == lineFeed
    }
    guard count > 0 else { return nil }
    return "\(count) lines of the text end in CR LF, which is read as LF, as Python reads text"
  }

  /// A file as a text.
  private static func whole(_ path: String, _ locator: inout AssetLocator) throws -> TextSource {
    TextSource(
      parts: [TextPart(path: path, digest: try locator.digest(ofFile: path))], join: .plain)
  }

  /// Nine tenths of a file to look at, and the last one to choose on, cut behind a line if there is one.
  private static func cut(_ path: String, _ locator: inout AssetLocator) throws -> (
    train: TextSource, development: TextSource
  ) {
    let digest = try locator.digest(ofFile: path)
    let bytes = try readFile(path)
    // Nine tenths of fewer bytes are none.
    guard bytes.count >= 10 else {
      throw SingleEvaluationError.shortCalibration(path: path, bytes: bytes.count)
    }
    var border = bytes.count / 10 * 9
    if let line = bytes[border...].firstIndex(of: UInt8(ascii: "\n")), line + 1 < bytes.count {
      border = line + 1
    } else {
      while border < bytes.count, bytes[border] & 0xC0 == 0x80 { border += 1 }
    }
    func part(_ from: Int, _ to: Int?) -> TextSource {
      TextSource(parts: [TextPart(path: path, digest: digest, from: from, to: to)], join: .plain)
    }
    return (part(0, border), part(border, nil))
  }

  /// The three parts of a text of `datasets/`, in windows and a number of them as `settings` has them.
  private static func dataset(
    _ name: String, _ settings: EvaluationProtocol, _ catalog: Catalog,
    _ locator: inout AssetLocator
  ) throws -> EvaluationProtocol {
    let text = try EvaluationText(
      among: ["\(name)-\(settings.windowTokens)"], forced: nil, catalog: catalog, locator: &locator)
    for case .corrupt(let error) in text.files.map(\.state) { throw error }
    let missing = text.files.filter { !$0.exists }.map(\.path)
    let scale = GridScale(testWindows: settings.testWindows)
    guard missing.isEmpty, let found = text.settings(for: scale, bos: settings.bos) else {
      throw HarnessError.missingTexts(missing, dataset: name)
    }
    return found
  }

  /// Names of the texts of `datasets/` whose files are on this machine.
  private static func textsHere(_ catalog: Catalog, _ locator: inout AssetLocator) -> [String] {
    catalog.datasets.filter { name in
      guard let texts = try? DatasetTexts(of: name, catalog: catalog, locator: &locator) else {
        return false
      }
      return texts.assets.allSatisfy(\.exists)
    }
  }
}

/// What somebody named as a text.
private enum OwnText {
  case file(path: String)
  case dataset(name: String)

  /// A file that is there, else a text of `datasets/`.
  init(_ name: String, from base: String, _ catalog: Catalog) throws {
    let path = name.hasPrefix("/") ? name : base + "/" + name
    let status = FileStatus(of: path)
    if let status, !status.isFolder {
      guard status.bytes > 0 || !status.isRegular else {
        throw SingleEvaluationError.emptyText(path: name)
      }
      self = .file(path: path)
      return
    }
    guard catalog.datasets.contains(name) else {
      if status?.isFolder == true { throw SingleEvaluationError.textIsFolder(path: name) }
      let texts = catalog.datasets.filter {
        (try? catalog.dataset($0))?.splits.isEmpty == false
      }
      let neighbours = name.contains("/") ? (try? listFolder(parent(of: path))) ?? [] : []
      let last = String(name.split(separator: "/").last ?? "")
      throw SingleEvaluationError.noText(
        name, suggestion: suggestion(for: last, among: neighbours.isEmpty ? texts : neighbours))
    }
    self = .dataset(name: name)
  }
}
