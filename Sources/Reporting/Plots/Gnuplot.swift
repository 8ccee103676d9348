internal import Glibc

/// Runs gnuplot as a child process.
package enum Gnuplot {
  /// The picture of a training's course as SVG text.
  ///
  /// - Throws: As ``svg(program:script:)``.
  package static func svg(
    of plot: TrajectoryPlot, program: String = "gnuplot"
  ) throws(GnuplotError) -> String {
    try svg(program: program) { plot.script(output: $0) }
  }

  /// A grid's figure as SVG text.
  ///
  /// - Throws: As ``svg(program:script:)``.
  package static func svg(
    of plot: FigurePlot, program: String = "gnuplot"
  ) throws(GnuplotError) -> String {
    try svg(program: program) { plot.script(output: $0) }
  }

  /// The picture that a script draws into the file it is given, the same bytes for the same script and
  /// gnuplot version.
  ///
  /// gnuplot's own name, version and date are taken out of the SVG. `program` is looked for in
  /// `PATH` unless it holds a slash.
  ///
  /// - Throws: ``GnuplotError/missing(program:)`` when there is no gnuplot, which shouldn't stop
  ///   anything but the picture.
  static func svg(
    program: String, script text: (_ output: String) -> String
  ) throws(GnuplotError) -> String {
    let folder = try temporaryFolder()
    let script = folder + "/plot.gp"
    let output = folder + "/plot.svg"
    let messages = folder + "/messages"
    defer {
      for file in [script, output, messages] { unlink(file) }
      rmdir(folder)
    }
    try write(text(output), to: script)
    let status = try run(program, script: script, messages: messages)
    guard status == 0 else {
      let said = String(decoding: read(messages) ?? [], as: UTF8.self)
      throw .failed(status: status, messages: said)
    }
    guard let bytes = read(output), !bytes.isEmpty else {
      throw .failed(status: 0, messages: "no picture was written")
    }
    return withoutOrigin(String(decoding: bytes, as: UTF8.self))
  }

  /// The SVG without what differs between two builds of gnuplot that draw the same.
  static func withoutOrigin(_ svg: String) -> String {
    svg.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { line in
        !line.contains("<desc>Produced by GNUPLOT") && !line.contains("<title>Gnuplot</title>")
      }
      .joined(separator: "\n")
  }

  private static func temporaryFolder() throws(GnuplotError) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/zeroqat-plot-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .temporaryFile(path: parent, code: errno)
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func write(_ text: String, to path: String) throws(GnuplotError) {
    guard let file = fopen(path, "w") else { throw .temporaryFile(path: path, code: errno) }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw .temporaryFile(path: path, code: errno)
    }
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, 65_536, file)
      if count == 0 { return bytes }
      bytes += chunk.prefix(count)
    }
  }

  /// Starts the program on the script and waits for it; its messages go to a file.
  private static func run(
    _ program: String, script: String, messages: String
  ) throws(GnuplotError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, messages, flags, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(script), nil]
    defer { arguments.forEach { free($0) } }
    var child = pid_t()
    let code = posix_spawnp(&child, program, &actions, nil, &arguments, environ)
    if code == ENOENT { throw .missing(program: program) }
    guard code == 0 else { throw .notStarted(program: program, code: code) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) == -1 {
      guard errno == EINTR else { throw .notStarted(program: program, code: errno) }
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }
}

/// Why there is no picture; the table stands without it.
package enum GnuplotError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program isn't installed.
  case missing(program: String)
  /// The program is there but doesn't start.
  case notStarted(program: String, code: Int32)
  /// The program ended with an error.
  case failed(status: Int32, messages: String)
  /// A file for the child can't be written.
  case temporaryFile(path: String, code: Int32)

  /// What happened and what to do.
  package var description: String {
    switch self {
    case .missing(let program):
      "no plot: '\(program)' is not installed; on Debian: apt-get install gnuplot-nox"
    case .notStarted(let program, let code):
      "no plot: '\(program)' could not be started: \(errorText(code))"
    case .failed(let status, let messages):
      "no plot: gnuplot ended with status \(status): \(messages)"
    case .temporaryFile(let path, let code):
      "no plot: cannot write in '\(path)': \(errorText(code))"
    }
  }
}

/// The system's words for an error code.
private func errorText(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
