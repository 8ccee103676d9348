import Glibc
import JSONText
import Records
import TestSupport
import Testing

/// The program as the harness starts it for one cell, over a fixture.
struct CellProgram {
  let fixture: CellFixture

  init() throws { fixture = try CellFixture() }

  /// Beside the tests' own executable.
  private static var program: String {
    get throws {
      let own = try #require(realpath("/proc/self/exe", nil))
      defer { free(own) }
      let path = String(cString: own)
      let folder = try #require(path.lastIndex(of: "/"))
      return path[..<folder] + "/zeroqat"
    }
  }

  /// How a process ended: its status, or minus its signal.
  typealias Ending = Int32

  /// Writes the cell, and empties the work folder unless it is to be resumed.
  func prepare(_ settings: CellFixture.Settings, work: String = "work") throws {
    try fixture.folder.write(fixture.cell(settings), to: "cell.json")
    unlink(fixture.folder.path("\(work)/replay.log"))
    unlink(fixture.folder.path("record.json"))
  }

  /// Runs the prepared cell, and kills it after so many microseconds, if any.
  ///
  /// With `stages`, trainings are shared in the folder of that name.
  func run(
    threads: Int = 1, killAfter microseconds: UInt32? = nil, variables: [String] = [],
    stages: String? = nil
  ) throws -> Ending {
    let arguments =
      [
        try Self.program, "cell", "--spec", fixture.folder.path("cell.json"), "--out",
        fixture.folder.path("record.json"), "--threads", "\(threads)", "--work",
        fixture.folder.path("work"),
      ] + (stages.map { ["--stages", fixture.folder.path($0)] } ?? [])
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let core = getenv("OPENBLAS_CORETYPE").map { "OPENBLAS_CORETYPE=" + String(cString: $0) }
    var environment: [UnsafeMutablePointer<CChar>?] =
      (variables.isEmpty ? [core].compactMap { $0 } : variables).map { strdup($0) } + [nil]
    defer { for word in words + environment { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let errors = fixture.folder.path("errors")
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    var child = pid_t()
    let code = posix_spawn(&child, arguments[0], &actions, nil, &words, &environment)
    try #require(code == 0, "\(arguments[0]): \(String(cString: strerror(code)))")
    if let microseconds {
      usleep(microseconds)
      kill(child, SIGKILL)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { try #require(errno == EINTR) }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : -signal
  }

  /// What the program wrote to standard error.
  func errors() throws -> String {
    String(decoding: try TemporaryFolder.bytes(of: fixture.folder.path("errors")), as: UTF8.self)
  }

  var hasRecord: Bool { access(fixture.folder.path("record.json"), F_OK) == 0 }

  func record() throws -> RunRecord {
    try JSONDocument(contentsOf: fixture.folder.path("record.json")).decode(RunRecord.self)
  }

  /// The record's text without its measurement: what must be the same, byte for byte.
  func comparable() throws -> String {
    var record = try record()
    record.measurement = nil
    return try jsonText(of: record, style: .pretty)
  }
}
