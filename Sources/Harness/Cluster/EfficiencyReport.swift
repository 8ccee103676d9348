internal import Records
internal import System

/// What tasks asked for and what they used: too much of it makes everybody wait, this run among them.
///
/// Times are of the tasks' own journals, memory of the records.
package struct EfficiencyReport: Sendable, CustomStringConvertible {
  /// Tasks that asked for the same.
  package struct Line: Sendable, Equatable {
    /// What each asked for.
    package var request: TaskRequest
    /// How many tasks.
    package var tasks = 0
    /// How often they were started.
    package var starts = 0
    /// Seconds that they took together.
    package var seconds = 0.0
    /// Seconds of the longest start.
    package var longest = 0.0
    /// Bytes at the fullest cell's peak.
    package var peakBytes = 0
  }

  /// By what was asked for.
  package private(set) var lines: [Line] = []

  /// Reads what the tasks of these submissions left in a run's folder.
  ///
  /// - Throws: ``HarnessError/results(_:)`` where it can't be listed.
  package init(_ submissions: [Ledger.Submission], _ store: ResultStore, folder: String) throws {
    for submission in submissions {
      let index =
        lines.firstIndex { $0.request == submission.request }
        ?? {
          lines.append(Line(request: submission.request))
          return lines.count - 1
        }()
      for (task, ids) in submission.tasks.enumerated() {
        let journals: [TaskJournal]
        do {
          journals = try TaskJournal.all(
            submission: submission.number, task: task, in: folder + "/tasks")
        } catch { throw HarnessError.results(error) }
        lines[index].tasks += 1
        lines[index].starts += journals.count
        for journal in journals {
          lines[index].seconds += journal.seconds
          lines[index].longest = max(lines[index].longest, journal.seconds)
        }
        for id in ids {
          guard case .record(let record) = store.entry(id), let known = record.measurement else {
            continue
          }
          lines[index].peakBytes = max(lines[index].peakBytes, known.peakResidentBytes)
        }
      }
    }
  }

  /// A line for each; empty where nothing ran.
  package var description: String {
    let ran = lines.filter { $0.starts > 0 }
    guard !ran.isEmpty else { return "" }
    return (["asked for and used:"] + ran.map(\.words)).joined(separator: "\n")
  }
}

extension EfficiencyReport.Line {
  fileprivate var words: String {
    let asked = Double(starts) * Double(request.minutes) * 60
    let again = starts > tasks ? " started \(starts) times" : ""
    return
      "  \(request.words): \(counted(tasks, "task"))\(again), \(durationInWords(asked)) asked, "
      + "\(durationInWords(seconds)) used (\(percent(seconds, of: asked))), "
      + "the longest \(durationInWords(longest)); memory at most \(peakBytes >> 20) MiB "
      + "(\(percent(Double(peakBytes >> 20), of: Double(request.mebibytes))))"
  }

  private func percent(_ part: Double, of whole: Double) -> String {
    "\(rounded(whole > 0 ? part / whole * 100 : 0, digits: 1)) %"
  }
}
