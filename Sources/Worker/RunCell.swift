/// Runs the cell that the file at `path` describes and writes its record to `outputPath`.
///
/// - Throws: ``WorkerError/notBuiltYet``: the worker isn't there yet.
package func runCell(
  specification path: String, output outputPath: String, threads: Int, workFolder: String
) throws {
  throw WorkerError.notBuiltYet
}

/// What keeps a cell from being run.
package enum WorkerError: Error, CustomStringConvertible {
  /// There is no worker in this build.
  case notBuiltYet

  /// One line for the user.
  package var description: String { "the worker isn't built yet" }
}
