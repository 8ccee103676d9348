package import Digests
package import JSONText
package import Records
internal import System

/// What the tasks of one submission are to run: a file that each of them reads.
///
/// A cell is here as it was planned, so that a task needs neither grid nor manifests, and can't plan another one.
package struct TaskList: Codable, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1

  /// Version of this layout.
  package var schema = TaskList.currentSchema
  /// Which run of a table it belongs to.
  package var run: String
  /// Which of the run's submissions it is.
  package var submission: Int
  /// The folder of all results, from the root.
  package var results: String
  /// The table.
  package var table: String
  /// The scale.
  package var scale: String
  /// Threads inside each cell.
  package var threads: Int
  /// The program that runs a cell; null for the one that reads this.
  package var worker: String?
  /// Files that cells stand on, as they were when they were planned.
  package var files: [DigestedFile]
  /// The tasks, by their numbers from 0.
  package var tasks: [ClusterTask]
}

/// The cells that one task runs, one after the other.
package struct ClusterTask: Codable, Sendable, Equatable {
  /// In this order.
  package var cells: [TaskCell]
}

/// One cell of a task.
package struct TaskCell: Codable, Sendable, Equatable {
  /// What the plan calls it.
  package var name: String
  /// The cell.
  package var cell: Cell
  /// Numbers of its files in ``TaskList/files``.
  package var files: [Int]
  /// Ids of full-precision cells that must have a record before.
  package var after: [String]
  /// What those are held to; null where nothing is known.
  package var anchor: Anchor?
}

extension TaskList {
  /// Reads a list and holds it to its rules.
  ///
  /// - Throws: `JSONError` where it isn't one.
  package init(contentsOf path: String) throws(JSONError) {
    let document = try JSONDocument(contentsOf: path)
    self = try document.decode(TaskList.self)
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build reads schema \(Self.currentSchema)")
    }
    guard results.hasPrefix("/") else {
      throw document.error(at: "/results", "expected a path from the root, found '\(results)'")
    }
    guard (1...1024).contains(threads) else {
      throw document.error(at: "/threads", "expected 1 to 1024, found \(threads)")
    }
    guard Scale(rawValue: scale) != nil else {
      throw document.error(
        at: "/scale",
        "unknown scale '\(scale)'; "
          + suggestion(for: scale, among: Scale.allCases.map(\.rawValue)))
    }
    for (number, task) in tasks.enumerated() {
      for (index, cell) in task.cells.enumerated() {
        let place = "/tasks/\(number)/cells/\(index)"
        for (position, file) in cell.files.enumerated() where !files.indices.contains(file) {
          throw document.error(
            at: "\(place)/files/\(position)",
            "expected a number below \(files.count), found \(file)")
        }
      }
    }
  }

  /// The store that its records go to.
  package var store: ResultStore {
    ResultStore(results: results, table: table, scale: Scale(rawValue: scale) ?? .tiny)
  }
}
