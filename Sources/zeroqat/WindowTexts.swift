internal import ArgumentParser
internal import Harness
internal import Records
internal import System
internal import Tasks
internal import Tokenizers
internal import Worker

/// What stands in the windows that a record scored, where its text and its tokenizer are on this machine.
///
/// The text is cut into windows anew, and is only believed if its tokens have the digest that the record names. The tokenizer
/// of a `.gguf` file isn't read here.
final class WindowTexts {
  private let options: WorkOptions
  private let letters: Int
  private var streams: [String: Stream?] = [:]
  private var plans: [String: [CellAddress: Cell]] = [:]

  /// One text, tokenized.
  private struct Stream {
    let windows: TokenWindows<TestSplit>
    let tokenizer: any Tokenizer
  }

  /// Texts as cells of this checkout read them; of each window so many letters are shown.
  init(_ options: WorkOptions, letters: Int = 80) {
    self.options = options
    self.letters = letters
  }

  /// The beginning of a window's text, in one line; nil where it isn't to be had.
  ///
  /// Whatever is wrong with a file is no reason to say nothing of a regression: then there is no text.
  func text(of record: RunRecord, window index: Int) -> String? {
    guard let digest = record.digests.first(where: { $0.name == "tokens.test" })?.text else {
      return nil
    }
    let key = "\(digest) \(record.cell.protocolSettings.testWindows ?? -1)"
    if streams[key] == nil { streams[key] = .some(stream(of: record, digest)) }
    guard let stream = streams[key] ?? nil, index < stream.windows.count,
      let bytes = try? stream.tokenizer.decode(Array(stream.windows[index]))
    else { return nil }
    return beginning(of: String(decoding: bytes, as: UTF8.self))
  }

  private func stream(of record: RunRecord, _ digest: String) -> Stream? {
    for cell in [record.cell, plannedCell(at: record.cell.address)].compactMap(\.self) {
      let settings = cell.protocolSettings
      guard cell.model.path.hasPrefix("/"),
        settings.test.parts.allSatisfy({ $0.path.hasPrefix("/") && isReadable($0.path) }),
        let folder = try? TokenizerFolder(cell.model.path),
        let bytes = try? assembledText(of: settings.test),
        let tokens = try? TokenStream<TestSplit>(
          bytes, folder.tokenizer, beginning: settings.bos),
        Harness.digest(of: tokens.littleEndianBytes) == digest,
        let windows = try? TokenWindows(
          tokens, windowTokens: settings.windowTokens, limit: settings.testWindows,
          selection: WindowSelection(for: settings.test.join))
      else { continue }
      return Stream(windows: windows, tokenizer: folder.tokenizer)
    }
    return nil
  }

  /// The cell that the checkout's grid has there, with paths of this machine; nil where there is none.
  private func plannedCell(at address: CellAddress) -> Cell? {
    let key = "\(address.table)/\(address.scale)"
    if plans[key] == nil { plans[key] = (try? planned(address)) ?? [:] }
    return plans[key]?[address]
  }

  private func planned(_ address: CellAddress) throws -> [CellAddress: Cell] {
    var arguments = ["--scale", address.scale, "--budget", Budget.full.rawValue]
    if let root = options.root { arguments += ["--root", root] }
    if let results = options.results { arguments += ["--results", results] }
    let options = try TableOptions.parse(arguments)
    let place = try TableAtScale(address.table, options)
    return Dictionary(
      try place.plan(options).entries.compactMap { entry in
        entry.cell.map { (entry.point.address, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The first letters, white space drawn together.
  private func beginning(of text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count > letters ? "\(line.prefix(letters))…" : line
  }
}
