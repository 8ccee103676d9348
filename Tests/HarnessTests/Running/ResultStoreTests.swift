import Harness
import JSONText
import Records
import System
import TestSupport
import Testing

@Suite struct ResultStoreTests {
  let folder: TemporaryFolder
  let store: ResultStore

  init() throws {
    folder = try TemporaryFolder()
    store = ResultStore(results: folder.path, table: "t", scale: .small)
  }

  static func record(_ status: RunStatus = .finished) throws -> RunRecord {
    var cell = CellIdentityTests.sample
    cell.id = try cell.computedID
    return RunRecord(cell: cell, status: status, reason: status == .failed ? "why" : nil)
  }

  @Test func savesReadsAndReplaces() throws {
    let record = try Self.record()
    #expect(store.entry(record.cell.id) == .none)
    try store.save(try Self.record(.failed))
    try store.save(record)
    #expect(store.entry(record.cell.id) == .record(record))
    #expect(try store.records() == [record])
    #expect(try listFolder(store.folder) == [record.cell.id + ".json"])
    #expect(store.path(of: "0a") == folder.path("t/small/0a.json"))
  }

  @Test func aRecordUnderAnotherNameIsCorrupt() throws {
    let record = try Self.record()
    try store.save(record)
    let path = store.path(of: "0123456789abcdef")
    try writeDurably(readFile(store.path(of: record.cell.id)), to: path)
    #expect(
      store.entry("0123456789abcdef")
        == .corrupt(
          reason: "\(path): expected the record of cell 0123456789abcdef, "
            + "found that of \(record.cell.id)"))
  }

  @Test func aRecordOfAnotherSchemaIsCorrupt() throws {
    var record = try Self.record()
    record.schema = 7
    try store.save(record)
    let path = store.path(of: record.cell.id)
    #expect(
      store.entry(record.cell.id)
        == .corrupt(reason: "\(path): schema 7 isn't supported; this build reads schema 2"))
  }

  /// Cut off anywhere, a record is never taken for a sound one.
  @Test func truncationIsAlwaysNoticed() throws {
    let record = try Self.record()
    try store.save(record)
    let path = store.path(of: record.cell.id)
    let whole = try readFile(path)
    // The last byte is the final newline, without which the text is still whole.
    for length in stride(from: 0, to: whole.count - 1, by: 7) {
      try writeDurably(Array(whole[..<length]), to: path)
      guard case .corrupt(let reason) = store.entry(record.cell.id) else {
        Issue.record("cut to \(length) bytes, the record still counts")
        return
      }
      #expect(reason.hasPrefix(path))
    }
  }

  @Test func settingAsideKeepsTheBytes() throws {
    let record = try Self.record()
    try makeFolder(store.folder)
    try writeDurably(Array("{".utf8), to: store.path(of: record.cell.id))
    try store.setAside(record.cell.id)
    #expect(store.entry(record.cell.id) == .none)
    #expect(try readFile(store.path(of: record.cell.id) + ".corrupt") == Array("{".utf8))
    #expect(try store.removeLeftovers() == [store.path(of: record.cell.id) + ".corrupt"])
    #expect(try listFolder(store.folder).isEmpty)
  }

  /// A file where a folder should be: refused for every user, the administrator included.
  @Test func anUnwritableFolderIsAClearError() throws {
    let file = try folder.write("", to: "file")
    let store = ResultStore(results: file, table: "t", scale: .small)
    let error = #expect(throws: HarnessError.self) { try store.save(Self.record()) }
    #expect(
      error?.description == "cannot make the folder '\(file)/t/small': Not a directory; "
        + "nothing is lost: finished cells are kept, "
        + "free the disk or name another folder with --results")
  }

  @Test func theLockIsExclusiveAndGivenBack() throws {
    do {
      let lock = try StoreLock(folder: folder.path)
      let error = #expect(throws: HarnessError.self) {
        _ = try StoreLock(folder: folder.path).isHeld
      }
      #expect(
        error?.description == "the results folder '\(folder.path)' is in use by process "
          + "\(ownProcessID()); wait for it, or name another folder with --results")
      let lockIsHeld = lock.isHeld
      #expect(lockIsHeld)
    }
    let again = try StoreLock(folder: folder.path)
    let againIsHeld = again.isHeld
    #expect(againIsHeld)
  }

  @Test func aLockInAMissingFolderIsAClearError() throws {
    let error = #expect(throws: HarnessError.self) {
      _ = try StoreLock(folder: folder.path("none")).isHeld
    }
    #expect(
      error?.description.hasPrefix(
        "cannot write '\(folder.path("none"))/.lock': No such file or directory") == true)
  }
}
