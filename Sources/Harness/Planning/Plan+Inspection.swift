import Records
internal import System

extension Plan {
  /// Has a worker open every model that a cell would use: files that don't hold a model end the run
  /// before its first cell.
  ///
  /// - Parameters:
  ///   - executable: The program that understands `inspect PATH`.
  ///   - environment: Its whole environment.
  /// - Throws: ``HarnessError/unreadableModel(reason:)`` with the worker's own words,
  ///   ``HarnessError/cannotStart(_:)``.
  package func inspectModels(
    executable: String, environment: [String: String]
  ) throws(HarnessError) {
    var paths: [String] = []
    for entry in entries where entry.willRun {
      guard let path = entry.cell?.model.path, !paths.contains(path) else { continue }
      paths.append(path)
    }
    for path in paths {
      var tail = OutputTail()
      let worker = ChildProcess(
        executable: executable, arguments: ["inspect", path], environment: environment)
      let ending: ChildProcess.Ending
      do { ending = try worker.run { tail.append($0) } } catch { throw .cannotStart(error) }
      guard ending.exit != .status(0), ending.interruption == nil else { continue }
      var reason = tail.reason ?? "\(path): the worker ended without a word"
      if let prefix = reason.firstRange(of: "error: "), prefix.lowerBound == reason.startIndex {
        reason.removeSubrange(prefix)
      }
      throw .unreadableModel(reason: reason)
    }
  }
}
